// Parquet files opened for reading.
#pragma once

#include <memory>

#include "columnar/arrow_io.h"
#include "columnar/table_file.h"

namespace larder {

/// Opens a file that begins as Parquet does. INT96 timestamps are read in microseconds, since nanoseconds would not
/// reach beyond the year 2262; digits below are kInexactValue with file, column and row.
Result<std::unique_ptr<TableFile>> OpenParquetFile(const OpenedFile& opened, const TableFileOptions& options);

}  // namespace larder
