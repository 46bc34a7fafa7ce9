// Typed tables written as text: what a case puts into files, and what it expects to get.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/value_type.h"

namespace larder::cases {

/// Splits a line at commas that stand outside of quotes, brackets, parentheses and angle brackets; blanks around a cell
/// go. Quotes stay.
std::vector<std::string> SplitCells(std::string_view line);

/// Holds the cells of a table as they stand, under names and the text of types.
struct TextTable {
  std::vector<std::string> names;
  std::vector<std::string> types;
  std::vector<std::vector<std::string>> rows;
};

/// Reads `name: type, ...` and one line a row; empty lines are left out. Fails with kInvalidFile when a row has another
/// number of cells than the head, naming the row.
Result<TextTable> ReadTextTable(std::string_view body);

/// Makes the Arrow table. Types are those of definitions (int64, list<float32>, ...) and, for files that others write,
/// int8 int16 uint8 uint16 uint32 uint64, large_string, dictionary, fixed_bytes(N), decimal(P,S), date64,
/// timestamp[s|ms|us|ns] and timestamp[UNIT, ZONE]. Cells: `null`; numbers, nan, inf, -inf; true, false; ISO text for
/// dates and instants (a bare integer counts the unit); bytes in hexadecimal; strings bare or in double quotes; lists
/// as [1; 2; null]. Fails with kInvalidFile and the cell.
Result<std::shared_ptr<arrow::Table>> MakeTable(const TextTable& text);

/// Writes the table of a block to `path` (parquet, csv, csv.gz, arrow), with at most `row_group_rows` rows a row group.
Status WriteTable(const arrow::Table& table, const std::string& path, std::int64_t row_group_rows);

/// Reads a table that a command wrote or will read, as InInternalTypes gives it; a CSV file has columns of strings.
Result<std::shared_ptr<arrow::Table>> ReadTable(const std::string& path);

/// Returns the table with every column in its internal type; durations become int64 microseconds.
Result<std::shared_ptr<arrow::Table>> InInternalTypes(const std::shared_ptr<arrow::Table>& table);

/// Returns nothing when both have the same columns, internal types, rows and values (floats by their bits, all NaN
/// alike), else one line that says where the first difference is.
std::optional<std::string> Difference(const arrow::Table& expected, const arrow::Table& actual);

/// Returns the text of a value for comparisons and messages: strings in quotes, "null" for a null.
std::string CellText(const arrow::ChunkedArray& column, std::int64_t row);

}  // namespace larder::cases
