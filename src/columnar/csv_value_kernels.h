// Texts of CSV fields to values: what a guess tries, a reader does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/csv_lexer.h"
#include "columnar/value_type.h"

namespace larder {

/// Tells what became of a text.
enum class CsvFit : std::uint8_t { kFits, kMisfit, kOutOfRange, kTooFine };

/// Parses digits with an optional minus; leading zeros are allowed.
CsvFit ParseCsvInt(std::string_view text, std::int64_t& value);
CsvFit ParseCsvInt(std::string_view text, std::int32_t& value);
/// Parses a decimal number, or nan, inf, infinity in any case of letters.
CsvFit ParseCsvFloat(std::string_view text, double& value);
CsvFit ParseCsvFloat(std::string_view text, float& value);
/// Parses true, True, TRUE, false, False, FALSE.
CsvFit ParseCsvBool(std::string_view text, bool& value);
/// Parses an instant to microseconds.
CsvFit ParseCsvInstant(std::string_view text, std::int64_t& value);
/// Parses a date to days.
CsvFit ParseCsvDate(std::string_view text, std::int32_t& value);

/// Knows which fields are null: unquoted and empty, or unquoted and one of some texts.
class CsvNulls {
 public:
  explicit CsvNulls(std::vector<std::string> texts);
  bool IsNull(const CsvRows& rows, const CsvField& field) const {
    if (field.is_quoted) return false;
    return field.length == 0 || (field.length <= longest_ && IsNullText(rows.raw(field)));
  }

 private:
  bool IsNullText(std::string_view text) const;

  std::vector<std::string> texts_;
  std::size_t longest_ = 0;
};

/// Says which column to convert to what, and how to speak of it.
struct CsvColumn {
  std::size_t index = 0;
  std::string name = {};
  ValueType type = ValueType::Of(TypeKind::kString);
  std::string path = {};
};

/// Converts one column of rows. Bytes are base64, lists are JSON (of values of a fixed width or strings). A text that
/// does not fit is kInvalidData (kInexactValue for an instant finer than a microsecond, kValueOutOfRange for a number
/// too large) with text, file, line and column.
Result<std::shared_ptr<arrow::Array>> ConvertCsvColumn(const CsvRows& rows, const CsvColumn& column,
                                                       const CsvNulls& nulls, arrow::MemoryPool* pool);

}  // namespace larder
