// Parquet files: read, and written.
#pragma once

#include <memory>

#include "columnar/arrow_io.h"
#include "columnar/table_file.h"
#include "columnar/table_writer.h"

namespace larder {

/// Opens a file that begins as Parquet does. INT96 timestamps are read in microseconds, since nanoseconds would not
/// reach beyond the year 2262; digits below are kInexactValue with file, column and row.
Result<std::unique_ptr<TableFile>> OpenParquetFile(const OpenedFile& opened, const TableFileOptions& options);

/// Begins to write a file, as told at TableWriter. Columns of 4 and 8 bytes become pages without the library's help,
/// which takes several times as long; a schema with lists is written by the library alone. `file` outlives the writer.
Result<std::unique_ptr<FormatWriter>> NewParquetWriter(const std::shared_ptr<arrow::Schema>& schema, WritableFile& file,
                                                       const TableWriterOptions& options);

}  // namespace larder
