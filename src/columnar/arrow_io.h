// Our files as Arrow's, so that every reader and writer goes through one file system.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/io/interfaces.h>

#include "base/file_system.h"

namespace larder {

/// Makes an Arrow file that reads `file`. Failures keep our status (`FromArrow` gives it back). Thread-safe for ReadAt.
Result<std::shared_ptr<arrow::io::RandomAccessFile>> ToArrowFile(std::shared_ptr<const RandomAccessFile> file);

/// Makes an Arrow stream that appends to `file`, which must outlive it. Closing the stream does not close `file`.
std::shared_ptr<arrow::io::OutputStream> ToArrowOutput(WritableFile& file);

}  // namespace larder
