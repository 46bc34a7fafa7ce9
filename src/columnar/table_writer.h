// One file of rows, written whole or not at all.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/type_fwd.h>

#include "base/file_system.h"

namespace larder {

/// Writes batches to a file whose format its suffix names (file_format.h): to a temporary name beside it, made durable
/// (unless the options say otherwise) and renamed by Close. Without Close, or after a failure, nothing of it is left
/// and what stood at the path stays. Not thread-safe.
///  - Parquet: row groups of at most 131,072 rows and about 16 MiB; snappy, but no codec for a column whose first rows
///    it makes hardly smaller (random numbers); dictionaries for strings and bytes only; statistics; no metadata of
///    ours.
///  - CSV, CSV.gz: header; nulls empty, empty strings ""; floats in the shortest text that reads back to the same bits;
///    instants as ISO text in UTC; bytes as base64; lists as JSON.
///  - Arrow: the IPC file format, uncompressed.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  /// Appends rows of the schema given. After a failure the writer is finished.
  virtual Status Write(const arrow::RecordBatch& rows) = 0;
  /// Makes the file appear at its path, durable. Must be called last, once.
  virtual Status Close() = 0;
};

/// Says how a file is written.
struct TableWriterOptions {
  arrow::MemoryPool* pool = nullptr;  ///< nullptr: Arrow's default
  /// Encodes on threads of its own and of Arrow, a few batches behind the caller: `Write` may tell the failure of an
  /// earlier batch. The file is the same, byte for byte.
  bool parallel = false;
  /// Waits in `Close` until the disk has the bytes. Without it a power cut may take a new file whole, or leave it
  /// damaged: for what can be made again.
  bool durable = true;
};

/// Writes batches in one format; TableWriter's promises are kept around it. Without Finish the file is not whole.
class FormatWriter {
 public:
  virtual ~FormatWriter() = default;
  virtual Status Write(const arrow::RecordBatch& rows) = 0;
  virtual Status Finish() = 0;
};

/// Begins a file. Fails with kInvalidFile and the known suffixes for an unknown one, with kTypeMismatch when the format
/// cannot hold a column's type (CSV: structs and the like). `files` must outlive it.
Result<std::unique_ptr<TableWriter>> CreateTableFile(FileSystem& files, const std::string& path,
                                                     const std::shared_ptr<arrow::Schema>& schema,
                                                     const TableWriterOptions& options = {});

/// Removes what processes that ended without a chance to clean up left beside `path` of files that should have become
/// it; returns how many. What a process that lives writes stays. Best effort: a file that cannot be removed stays, and
/// nothing fails for it.
std::int64_t RemoveLeftovers(FileSystem& files, const std::string& path);

}  // namespace larder
