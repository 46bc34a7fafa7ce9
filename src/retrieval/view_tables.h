// The offline rows of views, opened for a job: one pinned snapshot of each source, shared by the views on it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "engine/feature_rows.h"
#include "engine/join_plan.h"
#include "registry/registry_snapshot.h"
#include "retrieval/project.h"
#include "sources/view_rows.h"

namespace larder {

/// Gives a view's rows to the engine. Borrows them.
class ViewFeatureRows final : public FeatureRows {
 public:
  explicit ViewFeatureRows(const ViewRows& rows) : rows_(rows) {}

  Result<std::unique_ptr<OrdinalBatchPieces>> Keys(const KeyScan& scan) override;
  Result<std::unique_ptr<OrdinalBatchPieces>> Values(const ValueFetch& fetch) override;

  /// Says that of files that are unchanged rows before `from_us` are of no use; of the others all are.
  void SetIncremental(std::int64_t from_us, std::function<bool(const FileInfo&)> is_unchanged) {
    from_us_ = from_us;
    is_unchanged_ = std::move(is_unchanged);
  }

 private:
  const ViewRows& rows_;
  std::int64_t from_us_ = INT64_MIN;
  std::function<bool(const FileInfo&)> is_unchanged_;
};

/// Holds the open rows of the views of one job. Not thread-safe.
class ViewTables {
 public:
  /// Files are read into `pool`, which outlives this; nullptr: Arrow's default.
  ViewTables(Project& project, const RegistrySnapshot& snapshot, arrow::MemoryPool* pool = nullptr)
      : project_(project), snapshot_(snapshot), pool_(pool) {}

  /// Opens the rows of each view; two views on one source share its snapshot. Once for a job.
  Status Open(std::span<const ResolvedView> views);

  /// Returns the rows of the `index`-th view.
  ViewRows& rows(std::size_t index) { return *tables_[index].rows; }
  FeatureRows& feature_rows(std::size_t index) { return *tables_[index].feature_rows; }
  ViewFeatureRows& view_feature_rows(std::size_t index) { return *tables_[index].feature_rows; }
  /// Returns how the engine sees the columns of the `index`-th view.
  KeyLayout key_layout(std::size_t index) const;
  /// Returns the read counts of the `index`-th view's source, which views on one source share.
  ReadStatistics read_statistics(std::size_t index) const { return tables_[index].snapshot->statistics(); }

 private:
  struct Table {
    std::shared_ptr<SourceSnapshot> snapshot;
    std::unique_ptr<ViewRows> rows;
    std::unique_ptr<ViewFeatureRows> feature_rows;
  };

  Project& project_;
  const RegistrySnapshot& snapshot_;
  arrow::MemoryPool* const pool_;
  std::map<std::string, std::shared_ptr<SourceSnapshot>> sources_;  // by canonical text
  std::vector<Table> tables_;
};

/// Pins the files of a source with the CSV types that the registry recorded for it. Reads into `pool`, which outlives
/// the snapshot; nullptr: Arrow's default.
Result<std::shared_ptr<SourceSnapshot>> TakeSourceSnapshot(Project& project, const RegistrySnapshot& snapshot,
                                                           const std::shared_ptr<const Source>& source,
                                                           arrow::MemoryPool* pool = nullptr);

/// Returns a view as the sources module names it: of a window view the plain view of its events.
ViewOfSource ToViewOfSource(const ResolvedView& view);

}  // namespace larder
