// CSV and CSV.gz files opened for reading.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/io/type_fwd.h>

#include "columnar/arrow_io.h"
#include "columnar/table_file.h"

namespace larder {

/// Begins to read the text of a CSV file from its beginning; what begins as gzip does is decompressed on the way.
Result<std::shared_ptr<arrow::io::InputStream>> OpenCsvInput(const OpenedFile& opened);

/// Fails with kInvalidFile when two columns have one name.
Status CheckCsvNames(const std::vector<std::string>& names, const std::string& path);

/// Opens a CSV file: reads its header only. kTypeMismatch for a declared type that CSV cannot hold (lists of bytes).
Result<std::unique_ptr<TableFile>> OpenCsvFile(const OpenedFile& opened, const TableFileOptions& options);

}  // namespace larder
