#include "cli/bench_tables.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

#include "columnar/convert.h"
#include "columnar/table_file.h"
#include "serving/json_columns.h"
#include "text/number_text.h"

namespace larder {
namespace {

using VisitColumn = std::function<Status(std::size_t, const std::string&, const arrow::Array&)>;

// Gives each column of each batch in Larder's types; returns the number of rows.
Result<std::int64_t> VisitTable(FileSystem& files, const std::string& path, const VisitColumn& visit) {
  LARDER_ASSIGN_OR_RETURN(const auto file, OpenTableFile(files, path, {}));
  ReadRequest read;
  read.columns = file->schema()->field_names();
  LARDER_ASSIGN_OR_RETURN(const auto stream, file->Read(read));
  std::int64_t row_count = 0;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (!batch) break;
    row_count += batch->rows->num_rows();
    if (row_count * static_cast<std::int64_t>(read.columns.size()) > kMaxBenchValues) {
      return Status(Reason::kLimitExceeded, path + " has more than " + std::to_string(kMaxBenchValues) + " values",
                    "give a smaller table");
    }
    for (std::size_t i = 0; i < read.columns.size(); ++i) {
      const auto& column = batch->rows->column(static_cast<int>(i));
      LARDER_ASSIGN_OR_RETURN(const ValueType type, InternalTypeOf(*column->type()));
      LARDER_ASSIGN_OR_RETURN(const auto converted, Convert(column, {type, read.columns[i]}));
      LARDER_RETURN_IF_ERROR(visit(i, read.columns[i], *converted));
    }
  }
  if (row_count == 0 || read.columns.empty()) {
    return Status(Reason::kInvalidData, path + " has no rows", "give a table with at least one row");
  }
  return row_count;
}

template <class Array, class Value>
void AppendNumbers(const arrow::Array& column, std::vector<Value>& values) {
  const auto& numbers = static_cast<const Array&>(column);
  for (std::int64_t row = 0; row < numbers.length(); ++row) values.push_back(static_cast<Value>(numbers.Value(row)));
}

// An answer carries the shortest text of a float32: who reads it as a float64 gets another number than by widening.
double AsAnswered(float value) {
  if (!std::isfinite(value)) return std::numeric_limits<double>::quiet_NaN();
  const std::string text = FormatFloat32(value);
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Keeps the values of a column as an answer carries them.
Status AppendExpected(const arrow::Array& column, ExpectedColumn& expected) {
  for (std::int64_t row = 0; row < column.length(); ++row) expected.is_null.push_back(column.IsNull(row));
  switch (column.type_id()) {
    case arrow::Type::DOUBLE:
      AppendNumbers<arrow::DoubleArray>(column, expected.floats);
      return {};
    case arrow::Type::FLOAT: {
      const auto& numbers = static_cast<const arrow::FloatArray&>(column);
      for (std::int64_t row = 0; row < numbers.length(); ++row) {
        expected.floats.push_back(AsAnswered(numbers.Value(row)));
      }
      return {};
    }
    case arrow::Type::INT64:
      expected.kind = ExpectedKind::kInteger;
      AppendNumbers<arrow::Int64Array>(column, expected.integers);
      return {};
    case arrow::Type::INT32:
      expected.kind = ExpectedKind::kInteger;
      AppendNumbers<arrow::Int32Array>(column, expected.integers);
      return {};
    case arrow::Type::BOOL:
      expected.kind = ExpectedKind::kBool;
      AppendNumbers<arrow::BooleanArray>(column, expected.integers);
      return {};
    case arrow::Type::STRING: {
      expected.kind = ExpectedKind::kText;
      const auto& texts = static_cast<const arrow::StringArray&>(column);
      for (std::int64_t row = 0; row < texts.length(); ++row) expected.texts.emplace_back(texts.GetView(row));
      return {};
    }
    default:
      return Status(Reason::kTypeMismatch,
                    "cannot expect values of '" + expected.name + "': " + column.type()->ToString(),
                    "leave the column out");
  }
}

}  // namespace

Result<std::vector<KeyColumn>> ReadKeyColumns(FileSystem& files, const std::string& path) {
  std::vector<KeyColumn> keys;
  const auto keep = [&](std::size_t index, const std::string& name, const arrow::Array& column) -> Status {
    if (index == keys.size()) keys.push_back({name});
    for (std::int64_t row = 0; row < column.length(); ++row) {
      AppendJsonValue(column, row, {true}, keys[index].values.emplace_back());
    }
    return {};
  };
  LARDER_ASSIGN_OR_RETURN(const std::int64_t row_count, VisitTable(files, path, keep));
  for (KeyColumn& key : keys) key.key_count = row_count;
  return keys;
}

Result<ExpectedValues> ReadExpectedValues(FileSystem& files, const std::string& path) {
  ExpectedValues expected;
  const auto keep = [&](std::size_t index, const std::string& name, const arrow::Array& column) -> Status {
    if (index == expected.columns.size()) expected.columns.push_back({name});
    return AppendExpected(column, expected.columns[index]);
  };
  LARDER_ASSIGN_OR_RETURN(expected.key_count, VisitTable(files, path, keep));
  return expected;
}

}  // namespace larder
