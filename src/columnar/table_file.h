// One file of rows, opened for reading: Parquet, CSV, CSV.gz or Arrow IPC.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/file_system.h"
#include "columnar/file_format.h"
#include "columnar/value_type.h"

namespace larder {

/// Says how to read a file. The CSV parts are ignored for other formats.
struct TableFileOptions {
  std::map<std::string, ValueType> column_types = {};  ///< CSV: types by column; a column without one is string
  std::vector<std::string> null_texts = {};            ///< CSV: unquoted texts that mean null, beside the empty one
  arrow::MemoryPool* pool = nullptr;                   ///< nullptr: Arrow's default; must outlive file and batches
};

/// Holds rows that stand together in a file: a row group of Parquet. Files without such groups are one group.
struct RowGroup {
  std::int64_t first_row = 0;  ///< index in the file
  std::int64_t row_count = 0;  ///< -1: unknown before it is read (CSV, Arrow streams)
};

/// Bounds the values of a column in a row group, in the Arrow type of the file's schema. Absent: not recorded.
struct ColumnBounds {
  std::shared_ptr<arrow::Scalar> least = nullptr;
  std::shared_ptr<arrow::Scalar> greatest = nullptr;
  std::optional<std::int64_t> null_count = std::nullopt;
};

/// Says what to read. Batches never cross a row group.
struct ReadRequest {
  std::vector<std::string> columns = {};                      ///< in this order; may be empty: rows are only counted
  std::optional<std::vector<int>> row_groups = std::nullopt;  ///< ascending; absent: all
  std::int64_t batch_row_count = 65'536;                      ///< at most so many rows a batch
  bool parallel = true;                                       ///< decode columns on Arrow's pool of threads
};

/// Holds neighbouring rows of a file.
struct TableBatch {
  std::shared_ptr<arrow::RecordBatch> rows;  ///< the columns asked for; `num_rows` is right without columns, too
  std::int64_t first_row = 0;                ///< the index in the file of the first of them
};

/// Gives the batches of one read in file order. Not thread-safe; may outlive its file.
class TableBatchStream {
 public:
  virtual ~TableBatchStream() = default;
  /// Returns the next batch, never of 0 rows, or nullopt at the end. kFileChanged when the file was written to since
  /// it was opened. After a failure the stream is finished.
  virtual Result<std::optional<TableBatch>> Next() = 0;
};

/// Holds an open file. Thread-safe; reads of several threads are independent.
class TableFile {
 public:
  virtual ~TableFile() = default;

  /// Tells path, size and times as they were at the opening.
  virtual const FileInfo& info() const = 0;
  virtual FileFormat format() const = 0;
  /// Returns the columns with Arrow's types as stored; of a CSV file the internal types asked for. Names are unique.
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  virtual const std::vector<RowGroup>& row_groups() const = 0;
  /// Returns what the file records of a top-level column in a row group; all absent when nothing. Costs no read.
  virtual ColumnBounds Bounds(int row_group, const std::string& column) const = 0;
  /// Returns how many bytes of the file hold these columns of a row group; of a file without row groups, its size.
  /// Costs no read.
  virtual std::int64_t StoredBytes(int row_group, const std::vector<std::string>& columns) const = 0;
  /// Begins a read; kMissingColumn with the nearest name for a column that the file lacks. CSV: a text that does not
  /// fit its type is kInvalidData with file, line, column and text; a row with too few or too many fields, an open
  /// quote, bytes that are not UTF-8 are kInvalidFile with file and line.
  virtual Result<std::unique_ptr<TableBatchStream>> Read(const ReadRequest& request) const = 0;
  /// Fails with kFileChanged when the open file is not what it was at the opening.
  virtual Status CheckUnchanged() const = 0;
};

/// Opens a file by its content and suffix: Parquet and Arrow files are known by their first bytes, the rest is CSV if
/// the suffix says so. Errors name the path: kFileNotFound, kPermissionDenied, kIoError; kInvalidFile when it is empty,
/// not of the format that its suffix names, of an unknown suffix, or names two columns alike; kDamaged when it is cut
/// short or makes no sense, also while it is read.
Result<std::unique_ptr<TableFile>> OpenTableFile(FileSystem& files, const std::string& path,
                                                 const TableFileOptions& options);

/// Opens Arrow IPC bytes (stream or file format) that someone sent. `name` stands for the path in messages. Every batch
/// is checked in full, so hostile bytes give errors (kInvalidFile), not wild reads.
Result<std::unique_ptr<TableFile>> OpenArrowBytes(std::shared_ptr<arrow::Buffer> bytes, const std::string& name,
                                                  const TableFileOptions& options);

}  // namespace larder
