// What a training set will read and write, told before anything is joined.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "columnar/table_file.h"
#include "registry/registry_snapshot.h"

namespace larder {

/// Tells about one look-up of a view. Files that several views read are counted for each.
struct ViewEstimate {
  std::string view;  ///< "last_flight@2 by airport"
  std::int64_t file_count = 0;
  std::optional<std::int64_t> row_count;  ///< of the row groups that may matter; nullopt: a file does not tell (CSV)
  std::int64_t row_groups = 0;            ///< that may matter
  std::int64_t row_groups_pruned = 0;     ///< left out: all of their rows are later than every entity row, or too old
  std::int64_t bytes = 0;         ///< at most, as stored: of the columns the view needs, in row groups that may matter
  std::int64_t bytes_pruned = 0;  ///< the same of row groups left out
};

/// Tells what is known beforehand.
struct HistoricalEstimate {
  std::optional<std::int64_t> row_count;        ///< of the entity table; nullopt: its file does not tell
  std::optional<std::int64_t> least_row_bytes;  ///< of the answer in memory, its texts and lists counted as empty
  std::vector<ViewEstimate> views;              ///< in the order of the plan
};

/// Says what files to look at for one view.
struct ViewFiles {
  const ResolvedView& view;
  std::span<const FileInfo> files;
  std::span<const std::size_t> features;  ///< that are wanted, by index
};

/// Holds what the file of an entity table records: its rows, and between which event times they lie (both included;
/// everything when nothing is recorded).
struct EntityEstimate {
  std::optional<std::int64_t> row_count;  ///< nullopt: it must be read to know (CSV, Arrow streams)
  std::int64_t from_us = INT64_MIN;
  std::int64_t to_us = INT64_MAX;
};

/// Tells what the open file of an entity table records; `time_name` is its event time column. Reads nothing.
EntityEstimate EstimateEntities(const TableFile& file, const std::string& time_name);

/// Adds up what the files' own records (Parquet footers) say; `entities` tells the times of the entity rows;
/// `keeps_old`: rows older than the ttl matter too. Opens every file, reads no row. Derived event times prune
/// nothing. Fails as OpenTableFile does.
Result<ViewEstimate> EstimateView(FileSystem& files, const ViewFiles& of, const EntityEstimate& entities,
                                  bool keeps_old);

}  // namespace larder
