// Values and tables as text for people and CSV.
#pragma once

#include <cstdint>
#include <string>

#include <arrow/type_fwd.h>

#include "base/status.h"

namespace larder {

/// Appends the text of one value that is not null: integers in digits; floats in the shortest text that reads back to
/// the same bits, with a point or exponent, nan, inf, -inf; true, false; instants and dates as ISO text; strings as
/// they are; bytes as base64; lists as JSON; values of other types as Arrow prints them.
void AppendValueText(const arrow::Array& values, std::int64_t row, std::string& text);

/// Says how much of a table to show.
struct TextTableShape {
  std::int64_t row_limit = 20;  ///< rows shown; a line tells how many there are beside them
  int column_width_limit = 40;  ///< longer texts are cut and end in an ellipsis
};

/// Returns the first rows as an aligned table: names, then a line, then rows; numbers stand right, all else left; nulls
/// are empty. `total_rows` counts all rows of the result, of which `rows` may be a part. Wide characters count two.
std::string FormatTable(const arrow::RecordBatch& rows, std::int64_t total_rows, const TextTableShape& shape);

}  // namespace larder
