// The window columns of an entity table, part by part as memory allows, given in pieces of any size.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "windows/window_join.h"

namespace larder {

/// Joins a left side with window views: reads a part of it, joins that with one view after another (JoinWindows), and
/// gives the columns in the order of the rows. Not thread-safe. Borrows readers of events and what the context names.
class WindowJoinStream {
 public:
  /// Takes one reader of events for each join. The schema of `left` is the same for every join.
  WindowJoinStream(std::vector<WindowJoin> joins, std::vector<FeatureRows*> events,
                   std::shared_ptr<arrow::RecordBatchReader> left, const ExecutionContext& context);

  /// Returns the columns of the next `row_count` rows, a view each for the joins. The left side has as many rows left.
  /// Fails as JoinWindows and the reader do.
  Result<std::vector<JoinedView>> Next(std::int64_t row_count);

  const std::vector<WindowJoin>& joins() const { return joins_; }
  /// Returns the counts of each join so far.
  std::span<const ViewStatistics> statistics() const { return statistics_; }

 private:
  Status ReadPart();
  std::int64_t PartRows() const;

  std::vector<WindowJoin> joins_;
  std::vector<FeatureRows*> events_;
  std::shared_ptr<arrow::RecordBatchReader> left_;
  const ExecutionContext context_;
  std::vector<ViewStatistics> statistics_;
  std::vector<JoinedView> part_;  // one for each join
  std::int64_t part_rows_ = 0;
  std::int64_t given_rows_ = 0;  // of the part
};

}  // namespace larder
