// Parquet files opened for reading.
#pragma once

#include <memory>

#include "columnar/arrow_io.h"
#include "columnar/table_file.h"

namespace larder {

/// Opens a file that begins as Parquet does. INT96 timestamps are read in microseconds: their nanoseconds would not
/// reach beyond the year 2262, and writers of that type count in microseconds.
Result<std::unique_ptr<TableFile>> OpenParquetFile(const OpenedFile& opened, const TableFileOptions& options);

}  // namespace larder
