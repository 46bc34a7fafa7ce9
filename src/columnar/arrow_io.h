// Our files as Arrow's, so that every reader and writer goes through one file system.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <arrow/io/interfaces.h>

#include "base/file_system.h"

namespace larder {

/// Remembers the first failure of reading a file: Arrow does not always pass it on. Thread-safe.
class ReadFailure {
 public:
  void Remember(const Status& failure);
  /// Returns the failure, or ok when there was none.
  Status first() const;

 private:
  mutable std::mutex mutex_;
  Status first_;
};

/// Holds a file opened for reading and what it was at that moment.
struct OpenedFile {
  std::shared_ptr<const RandomAccessFile> file;
  FileInfo info;
  std::shared_ptr<ReadFailure> failure = std::make_shared<ReadFailure>();
  Reason damage =
      Reason::kDamaged;  ///< why content that makes no sense fails; bytes of a request are the sender's fault

  /// Translates a failure that Arrow met while it read this file: the file's own failure if there was one, else as
  /// `FromArrowContent`. Ok stays ok.
  Status Translate(const arrow::Status& status, std::string_view format_name) const;

  /// Fails with kFileChanged when the open file is no longer what it was.
  Status CheckUnchanged() const;
};

/// Opens a file for reading.
Result<OpenedFile> OpenForReading(FileSystem& files, const std::string& path);

/// Makes an opened file of bytes that came with a request; `name` stands for its path in messages. Damage of them is
/// kInvalidFile.
OpenedFile OpenBytes(std::shared_ptr<arrow::Buffer> bytes, const std::string& name);

/// Makes an Arrow file that reads `file`; buffers come from `pool` (nullptr: Arrow's default). Failures keep our status
/// (`FromArrow` gives it back). Thread-safe for ReadAt.
std::shared_ptr<arrow::io::RandomAccessFile> ToArrowFile(const OpenedFile& file, arrow::MemoryPool* pool);

/// Makes an Arrow stream that appends to `file`, which must outlive it. Closing the stream does not close `file`.
std::shared_ptr<arrow::io::OutputStream> ToArrowOutput(WritableFile& file);

/// Translates a failure that Arrow met in the content of a file: a status of ours, out of memory and interruption stay
/// what they are, all else is kDamaged, "damaged Parquet file: <path>: <Arrow's words>". Ok stays ok.
Status FromArrowContent(const arrow::Status& status, const std::string& path, std::string_view format_name);

}  // namespace larder
