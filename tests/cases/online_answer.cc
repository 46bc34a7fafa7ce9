#include "tests/cases/online_answer.h"

#include <arrow/api.h>
#include <simdjson.h>

#include <array>
#include <cmath>
#include <cstdlib>

#include "base/timestamp.h"

namespace larder::cases {
namespace {

using simdjson::dom::element;

constexpr std::array<std::string_view, 3> kAbsent = {"NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"};

// What a cell of a case says about one value.
struct ExpectedValue {
  std::string text;     // of the value; empty when absent
  std::string status;   // PRESENT or why there is no value
  std::string instant;  // empty: not compared
};

ExpectedValue ReadCell(const std::string& cell) {
  ExpectedValue expected{cell, "PRESENT", ""};
  const std::size_t mark = cell.rfind(" @ ");
  if (mark != std::string::npos) expected = {cell.substr(0, mark), "PRESENT", cell.substr(mark + 3)};
  for (const std::string_view absent : kAbsent) {
    if (expected.text == absent) expected = {"", std::string(absent), expected.instant};
  }
  return expected;
}

// The element as the text that CellText gives for a value of this type; a note when the JSON type is wrong.
std::string ScalarText(element value, const std::string& type) {
  const auto wrong = [&] { return "a JSON " + simdjson::minify(value) + " where " + type + " stands"; };
  if (value.is_null()) return "null";
  if (type == "float32" || type == "float64") {
    if (value.type() != simdjson::dom::element_type::DOUBLE) return wrong();
    const double number = value.get_double().value();
    arrow::DoubleBuilder doubles;
    arrow::FloatBuilder floats;
    std::shared_ptr<arrow::Array> array;
    const bool single = type == "float32";
    const arrow::Status appended = single ? floats.Append(static_cast<float>(number)) : doubles.Append(number);
    const arrow::Status finished = single ? floats.Finish(&array) : doubles.Finish(&array);
    if (!appended.ok() || !finished.ok()) return "out of memory";
    return CellText(arrow::ChunkedArray(array), 0);
  }
  if (type == "int32" || type == "int64") return value.is_int64() ? std::to_string(value.get_int64().value()) : wrong();
  if (type == "bool") return value.is_bool() ? (value.get_bool().value() ? "true" : "false") : wrong();
  if (!value.is_string()) return wrong();
  const std::string text(value.get_string().value());
  return type == "string" ? "\"" + text + "\"" : text;
}

std::string ValueText(element value, const std::string& type) {
  if (!type.starts_with("list<") || value.is_null()) return ScalarText(value, type);
  if (!value.is_array()) return "no JSON array";
  return simdjson::minify(value);
}

// What the answer must say for this cell, in the words of ScalarText.
Result<std::string> ExpectedText(const ExpectedValue& expected, const std::string& type) {
  if (expected.status != "PRESENT") return std::string("null");
  if (expected.text == "nan" || expected.text == "inf" || expected.text == "-inf") return std::string("null");
  LARDER_ASSIGN_OR_RETURN(const auto table, MakeTable({{"value"}, {type}, {{expected.text}}}));
  std::string text = CellText(*table->column(0), 0);
  // Instants are told with six digits of the second on the wire.
  if (type == "timestamp") text = FormatInstantMicros(ParseInstant(expected.text).value());
  return text;
}

std::string Place(const TextTable& expected, std::size_t row, std::size_t column) {
  return "row " + std::to_string(row + 1) + ", " + expected.names[column] + ": ";
}

// Reads an element of one of the three lists of a column.
Result<element> At(element column, const char* list, std::size_t row) {
  element value;
  if (column[list].at(row).get(value) != simdjson::SUCCESS) {
    return Status(Reason::kMalformedJson, std::string("no ") + list + " for row " + std::to_string(row + 1));
  }
  return value;
}

Result<std::optional<std::string>> CellDifference(const ExpectedValue& expected, const std::string& type,
                                                  element column, std::size_t row) {
  LARDER_ASSIGN_OR_RETURN(const element value, At(column, "values", row));
  LARDER_ASSIGN_OR_RETURN(const element status, At(column, "statuses", row));
  LARDER_ASSIGN_OR_RETURN(const element instant, At(column, "event_timestamps", row));
  const std::string got_status = simdjson::minify(status);
  if (got_status != "\"" + expected.status + "\"") return "expected " + expected.status + "; got " + got_status;
  LARDER_ASSIGN_OR_RETURN(const std::string wanted, ExpectedText(expected, type));
  const std::string got = ValueText(value, type);
  if (wanted != got) return "expected " + wanted + "; got " + got;
  if (expected.instant.empty()) return std::nullopt;
  const std::string got_instant(instant.is_string() ? instant.get_string().value() : "no text");
  const Result<std::int64_t> got_us = ParseInstant(got_instant);
  LARDER_ASSIGN_OR_RETURN(const std::int64_t wanted_us, ParseInstant(expected.instant));
  if (!got_us.ok() || *got_us != wanted_us) return "expected event time " + expected.instant + "; got " + got_instant;
  return std::nullopt;
}

Result<std::optional<std::string>> ColumnDifference(const TextTable& expected, std::size_t column, element result) {
  simdjson::dom::array values;
  if (result["values"].get(values) != simdjson::SUCCESS)
    return Status(Reason::kMalformedJson, "a result without values");
  if (values.size() != expected.rows.size()) {
    return "rows: expected " + std::to_string(expected.rows.size()) + "; got " + std::to_string(values.size());
  }
  for (std::size_t row = 0; row < expected.rows.size(); ++row) {
    LARDER_ASSIGN_OR_RETURN(const auto difference,
                            CellDifference(ReadCell(expected.rows[row][column]), expected.types[column], result, row));
    if (difference) return Place(expected, row, column) + *difference;
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<std::string>> OnlineDifference(const TextTable& expected, std::string_view body) {
  simdjson::dom::parser parser;
  element document;
  simdjson::dom::array names;
  simdjson::dom::array results;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(document) != simdjson::SUCCESS ||
      document["metadata"]["feature_names"].get(names) != simdjson::SUCCESS ||
      document["results"].get(results) != simdjson::SUCCESS || names.size() != results.size()) {
    return Status(Reason::kMalformedJson, "no answer of an online read: " + std::string(body));
  }
  std::string wanted_names;
  for (const std::string& name : expected.names) wanted_names += (wanted_names.empty() ? "" : ", ") + name;
  std::string got_names;
  for (const element name : names) {
    got_names += (got_names.empty() ? "" : ", ") + std::string(name.get_string().value_unsafe());
  }
  if (wanted_names != got_names) return "columns: expected " + wanted_names + "; got " + got_names;
  std::size_t column = 0;
  for (const element result : results) {
    LARDER_ASSIGN_OR_RETURN(const auto difference, ColumnDifference(expected, column++, result));
    if (difference) return difference;
  }
  return std::nullopt;
}

}  // namespace larder::cases
