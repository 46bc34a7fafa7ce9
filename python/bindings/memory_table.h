// A table that a program holds in memory, read as a file is.
#pragma once

#include <memory>
#include <string>

#include <arrow/type_fwd.h>

#include "columnar/table_file.h"

namespace larder {

/// Makes an "open file" of one row group out of a table in memory; `name` stands for its path in messages. The table is
/// shared, not copied. Fails with kInvalidFile when two columns have one name.
Result<std::unique_ptr<TableFile>> NewMemoryTable(std::shared_ptr<arrow::Table> table, const std::string& name);

}  // namespace larder
