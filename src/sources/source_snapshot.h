// A source at one moment: its files pinned, its rows by scan and by ordinal.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "columnar/ordinal_batch.h"
#include "columnar/table_file.h"
#include "definitions/source.h"
#include "definitions/source_check.h"
#include "sources/source_files.h"
#include "yaml/variables.h"

namespace larder {

class StoredFiles;

/// Holds instants from `from_us` to `to_us`, both included.
struct InstantRange {
  std::int64_t from_us = INT64_MIN;
  std::int64_t to_us = INT64_MAX;

  bool Contains(std::int64_t instant_us) const { return from_us <= instant_us && instant_us <= to_us; }
  friend bool operator==(const InstantRange&, const InstantRange&) = default;
};

/// Names the source to read and what it is read with. Borrowed parts outlive the snapshot and its streams.
struct SnapshotRequest {
  FileSystem& files;
  std::string project_root;  ///< paths of sources are relative to it
  std::shared_ptr<const Source> source;
  std::map<std::string, ValueType> csv_types = {};  ///< as recorded at the first apply; declared types go before
  /// CSV columns neither declared nor recorded: true: guessed over all files (each is read once more), false: string.
  bool guess_csv_types = true;
  Environment environment = {};       ///< what `${NAME}` in the source's path is taken from; empty: nothing is set
  arrow::MemoryPool* pool = nullptr;  ///< of decoded columns; nullptr: Arrow's default
  /// Decoded CSV columns that `KeepDecoded` names stay in memory up to so many bytes, so that a fetch after a scan does
  /// not read the text again.
  std::int64_t decoded_limit_bytes = std::int64_t{256} << 20;
};

/// Bounds the values of a column; rows outside are of no use. A bound is of the column's internal type; nullptr: open.
struct ColumnRange {
  std::string column;
  std::shared_ptr<arrow::Scalar> least = nullptr;
  std::shared_ptr<arrow::Scalar> greatest = nullptr;
};

/// Says which rows and columns to read.
struct SourceScan {
  std::vector<std::string> columns = {};  ///< after derive, in this order
  bool event_time = false;                ///< adds a column behind these: timestamp[us, UTC]; the source has one
  bool created_time = false;              ///< adds a column behind that: timestamp[us, UTC]; the source has one
  bool deletion_mark = false;             ///< adds a column behind that: bool, no nulls; the source has `deleted`
  InstantRange event_time_range = {};     ///< row groups outside are not read
  bool exact = false;                     ///< also leaves out single rows outside of the range; null times stay
  std::vector<ColumnRange> ranges = {};   ///< row groups outside are not read; single rows may stay
  /// Says from which instant on a file is of use; empty: `event_time_range.from_us` for every file.
  std::function<std::int64_t(const FileInfo&)> from_us_of_file = {};
};

/// Counts what the reads of a snapshot cost.
struct ReadStatistics {
  std::int64_t files_opened = 0;
  std::int64_t row_groups_read = 0;
  std::int64_t row_groups_pruned = 0;  ///< by times or ranges (scan), or because no wanted row is in them (fetch)
  std::int64_t bytes_read = 0;         ///< as stored, of the columns wanted in the row groups read; files without row
                                       ///< groups count whole
  std::int64_t bytes_pruned = 0;       ///< the same of row groups left out
  std::int64_t columns_read = 0;       ///< columns times files
  std::int64_t rows_decoded = 0;
  std::int64_t decoded_hits = 0;  ///< reads of a file that were answered by kept columns
};

/// Holds the files of a source as they were at one moment. Every scan and fetch reads these files and no others; one
/// that was replaced or written to since is kFileChanged with its name. Immutable but for counts and kept columns;
/// thread-safe.
class SourceSnapshot : public std::enable_shared_from_this<SourceSnapshot> {
 public:
  virtual ~SourceSnapshot() = default;

  /// Lists the files, reads their schemas and binds the source's expressions. A column has one type in all files: int32
  /// and int64 make int64, float32 and float64 make float64, a column of the null type makes any; others are
  /// kTypeMismatch with column, both files and both types. A column that some files lack is null there. Errors as for
  /// ListSourceFiles, OpenTableFile, ColumnsAfterDerive. Reads CSV files whole only when types have to be guessed.
  static Result<std::shared_ptr<SourceSnapshot>> Take(const SnapshotRequest& request);

  virtual const Source& source() const = 0;
  virtual const std::vector<SourceFile>& files() const = 0;
  /// Columns of the files, then of partition folders, with the types that they have inside Larder.
  virtual const std::vector<SourceColumn>& file_columns() const = 0;
  /// All columns, after derive.
  virtual const std::vector<SourceColumn>& columns() const = 0;
  /// The types that were guessed by `Take`: to be recorded. Empty when none was.
  virtual const std::map<std::string, ValueType>& guessed_csv_types() const = 0;
  virtual const std::shared_ptr<const StoredFiles>& stored_files() const = 0;  ///< for ViewRows

  /// Streams the rows for which `where` is true (or there is none), files in their order, ordinals ascending. `where`
  /// is asked first: derived columns that it does not need are computed for the rows that stay. Errors name file and
  /// row.
  virtual Result<std::unique_ptr<OrdinalBatchStream>> Scan(const SourceScan& scan) const = 0;

  /// Streams the columns (after derive) of exactly these rows, in ascending order. `where` is not asked again. The
  /// ordinals ascend, each once, each one that a scan gave; they are valid as long as the stream.
  virtual Result<std::unique_ptr<OrdinalBatchStream>> Fetch(const std::vector<std::string>& columns,
                                                            std::span<const std::uint64_t> ordinals) const = 0;

  /// Says that these columns (after derive) will be scanned or fetched: a CSV file that is read for some of them is
  /// decoded for all, and they are kept while they fit `decoded_limit_bytes`. Call it before the first scan.
  virtual void KeepDecoded(const std::vector<std::string>& columns) const = 0;

  /// Returns "FILE, row N" (rows count from 1) for messages.
  virtual std::string NameRow(std::uint64_t ordinal) const = 0;
  virtual ReadStatistics statistics() const = 0;
};

}  // namespace larder
