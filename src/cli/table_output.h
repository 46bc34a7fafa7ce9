// Rows on the terminal: as a table for people, as JSON for programs.
#pragma once

#include <cstdint>
#include <string>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/table_text.h"

namespace larder {

/// The most rows that are shown on the terminal.
inline constexpr std::int64_t kShownRowLimit = 20;

/// Returns rows as a JSON array of objects and a line feed: numbers and truth values bare, nulls and floats that are
/// not finite null, lists as arrays, all else as its text (`AppendValueText`).
Result<std::string> RowsJson(const arrow::RecordBatch& rows);

}  // namespace larder
