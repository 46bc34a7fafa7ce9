#include "columnar/csv_value_kernels.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/json/from_string.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "text/base64.h"

namespace larder {
namespace {

constexpr std::size_t kQuotedTextLimit = 80;  // of a text in a message

template <class Number>
CsvFit ParseNumber(std::string_view text, Number& value) {
  const char* const end = text.data() + text.size();
  const auto [parsed_to, error] = std::from_chars(text.data(), end, value);
  if (parsed_to != end || error == std::errc::invalid_argument) return CsvFit::kMisfit;
  return error == std::errc() ? CsvFit::kFits : CsvFit::kOutOfRange;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

// Leaves the words to a closed list: from_chars would read nan(...) as well.
template <class Float>
CsvFit ParseFloat(std::string_view text, Float& value) {
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.empty()) return CsvFit::kMisfit;
  const bool is_word = !((digits.front() >= '0' && digits.front() <= '9') || digits.front() == '.');
  if (is_word && !EqualsIgnoringCase(digits, "nan") && !EqualsIgnoringCase(digits, "inf") &&
      !EqualsIgnoringCase(digits, "infinity")) {
    return CsvFit::kMisfit;
  }
  const CsvFit fit = ParseNumber(text, value);
  if (fit != CsvFit::kOutOfRange) return fit;
  // Too small is not out of range: it is zero, or the C library's nearest to it. Digits and points only: no locale.
  const double nearest = std::strtod(std::string(text).c_str(), nullptr);
  if (!(std::abs(nearest) < 1)) return fit;
  value = static_cast<Float>(nearest);
  return CsvFit::kFits;
}

template <class Value>
CsvFit TakeParsed(const Result<Value>& parsed, Value& value) {
  if (parsed.ok()) {
    value = *parsed;
    return CsvFit::kFits;
  }
  return parsed.status().reason() == Reason::kInexactValue ? CsvFit::kTooFine : CsvFit::kMisfit;
}

Status Misfit(const CsvRows& rows, std::size_t row, const CsvColumn& column, CsvFit fit) {
  std::string scratch;
  std::string text(rows.text(rows.field(row, column.index), scratch));
  if (text.size() > kQuotedTextLimit) text = text.substr(0, kQuotedTextLimit) + "...";
  const std::string place =
      " (" + column.path + ":" + std::to_string(rows.lines[row]) + ", column '" + column.name + "')";
  const std::string type = TypeName(column.type);
  switch (fit) {
    case CsvFit::kOutOfRange:
      return Status(Reason::kValueOutOfRange, "value is out of the range of " + type + ": '" + text + "'" + place,
                    "declare a wider type for the column under `columns:` of its source");
    case CsvFit::kTooFine:
      return Status(Reason::kInexactValue, "instant is finer than a microsecond: '" + text + "'" + place,
                    "round it to at most six digits of the second");
    default:
      return Status(Reason::kInvalidData, "text is no " + type + ": '" + text + "'" + place,
                    "correct the file, declare the column's type under `columns:` of its source, or list the text "
                    "under `nulls:` if it stands for a null");
  }
}

// Calls `append(text)` for each value and `builder.AppendNull()` for each null; `append` returns how the text fits.
template <class Builder, class Append>
Result<std::shared_ptr<arrow::Array>> BuildColumn(const CsvRows& rows, const CsvColumn& column, const CsvNulls& nulls,
                                                  std::pair<Builder&, Append> sink) {
  auto& [builder, append] = sink;
  LARDER_RETURN_IF_ERROR(FromArrow(builder.Reserve(static_cast<std::int64_t>(rows.row_count()))));
  std::string scratch;
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    const CsvField& field = rows.field(row, column.index);
    if (nulls.IsNull(rows, field)) {
      LARDER_RETURN_IF_ERROR(FromArrow(builder.AppendNull()));
      continue;
    }
    LARDER_ASSIGN_OR_RETURN(const CsvFit fit, append(rows.text(field, scratch)));
    if (fit != CsvFit::kFits) return Misfit(rows, row, column, fit);
  }
  return FromArrow(builder.Finish());
}

template <class Builder, class Value>
Result<std::shared_ptr<arrow::Array>> BuildFixed(
    const CsvRows& rows, const CsvColumn& column, const CsvNulls& nulls,
    std::pair<arrow::MemoryPool*, CsvFit (*)(std::string_view, Value&)> how) {
  Builder builder(ToArrow(column.type), how.first);
  const auto append = [&builder, parse = how.second](std::string_view text) -> Result<CsvFit> {
    Value value{};
    const CsvFit fit = parse(text, value);
    if (fit == CsvFit::kFits) builder.UnsafeAppend(value);
    return fit;
  };
  return BuildColumn(rows, column, nulls, std::pair<Builder&, decltype(append)>(builder, append));
}

Result<std::shared_ptr<arrow::Array>> BuildTexts(const CsvRows& rows, const CsvColumn& column, const CsvNulls& nulls,
                                                 arrow::MemoryPool* pool) {
  LARDER_ASSIGN_OR_RETURN(const auto made, FromArrow(arrow::MakeBuilder(ToArrow(column.type), pool)));
  auto& builder = static_cast<arrow::BinaryBuilder&>(*made);
  const bool is_base64 = column.type.kind == TypeKind::kBytes;
  const auto append = [&builder, is_base64](std::string_view text) -> Result<CsvFit> {
    if (!is_base64) {
      LARDER_RETURN_IF_ERROR(FromArrow(builder.Append(text)));
      return CsvFit::kFits;
    }
    const std::optional<std::string> bytes = DecodeBase64(text);
    if (!bytes) return CsvFit::kMisfit;
    LARDER_RETURN_IF_ERROR(FromArrow(builder.Append(*bytes)));
    return CsvFit::kFits;
  };
  return BuildColumn(rows, column, nulls, std::pair<arrow::BinaryBuilder&, decltype(append)>(builder, append));
}

// Parses each list alone, so that a misfit has its row.
Result<std::shared_ptr<arrow::Array>> BuildLists(const CsvRows& rows, const CsvColumn& column, const CsvNulls& nulls,
                                                 arrow::MemoryPool* pool) {
  const std::shared_ptr<arrow::DataType> type = ToArrow(column.type);
  LARDER_ASSIGN_OR_RETURN(const auto builder, FromArrow(arrow::MakeBuilder(type, pool)));
  const auto append = [&](std::string_view text) -> Result<CsvFit> {
    const auto list = arrow::json::ArrayFromJSONString(type, "[" + std::string(text) + "]");
    if (!list.ok() || (*list)->length() != 1 || (*list)->IsNull(0)) return CsvFit::kMisfit;
    LARDER_RETURN_IF_ERROR(FromArrow(builder->AppendArraySlice(arrow::ArraySpan(*(*list)->data()), 0, 1)));
    return CsvFit::kFits;
  };
  return BuildColumn(rows, column, nulls, std::pair<arrow::ArrayBuilder&, decltype(append)>(*builder, append));
}

}  // namespace

CsvFit ParseCsvInt(std::string_view text, std::int64_t& value) { return ParseNumber(text, value); }
CsvFit ParseCsvInt(std::string_view text, std::int32_t& value) { return ParseNumber(text, value); }
CsvFit ParseCsvFloat(std::string_view text, double& value) { return ParseFloat(text, value); }
CsvFit ParseCsvFloat(std::string_view text, float& value) { return ParseFloat(text, value); }

CsvFit ParseCsvBool(std::string_view text, bool& value) {
  value = text == "true" || text == "True" || text == "TRUE";
  return value || text == "false" || text == "False" || text == "FALSE" ? CsvFit::kFits : CsvFit::kMisfit;
}

CsvFit ParseCsvInstant(std::string_view text, std::int64_t& value) { return TakeParsed(ParseInstant(text), value); }
CsvFit ParseCsvDate(std::string_view text, std::int32_t& value) { return TakeParsed(ParseDate(text), value); }

CsvNulls::CsvNulls(std::vector<std::string> texts) : texts_(std::move(texts)) {
  for (const std::string& text : texts_) longest_ = std::max(longest_, text.size());
}

bool CsvNulls::IsNullText(std::string_view text) const {
  return std::find(texts_.begin(), texts_.end(), text) != texts_.end();
}

Result<std::shared_ptr<arrow::Array>> ConvertCsvColumn(const CsvRows& rows, const CsvColumn& column,
                                                       const CsvNulls& nulls, arrow::MemoryPool* pool) {
  switch (column.type.kind) {
    case TypeKind::kBool:
      return BuildFixed<arrow::BooleanBuilder, bool>(rows, column, nulls, {pool, &ParseCsvBool});
    case TypeKind::kInt32:
      return BuildFixed<arrow::Int32Builder, std::int32_t>(rows, column, nulls, {pool, &ParseCsvInt});
    case TypeKind::kInt64:
      return BuildFixed<arrow::Int64Builder, std::int64_t>(rows, column, nulls, {pool, &ParseCsvInt});
    case TypeKind::kFloat32:
      return BuildFixed<arrow::FloatBuilder, float>(rows, column, nulls, {pool, &ParseCsvFloat});
    case TypeKind::kFloat64:
      return BuildFixed<arrow::DoubleBuilder, double>(rows, column, nulls, {pool, &ParseCsvFloat});
    case TypeKind::kTimestamp:
      return BuildFixed<arrow::TimestampBuilder, std::int64_t>(rows, column, nulls, {pool, &ParseCsvInstant});
    case TypeKind::kDate:
      return BuildFixed<arrow::Date32Builder, std::int32_t>(rows, column, nulls, {pool, &ParseCsvDate});
    case TypeKind::kList:
      return BuildLists(rows, column, nulls, pool);
    case TypeKind::kString:
    case TypeKind::kBytes:
      break;
  }
  return BuildTexts(rows, column, nulls, pool);
}

}  // namespace larder
