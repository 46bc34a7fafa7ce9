// Tables and results as text, for the tests of expressions.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "base/timestamp.h"
#include "expressions/bound_expression.h"
#include "expressions/vector_arrow.h"

namespace larder {

/// Describes one column of a test table: "view.name" or "name", type as in definitions, values as JSON.
struct TestColumn {
  std::string_view name;
  std::string_view type;
  std::string_view json;
};

/// Holds rows with their scope.
struct TestTable {
  NameScope scope;
  std::shared_ptr<arrow::RecordBatch> batch;
};

/// Makes a table of these columns; without any, one of a single row.
inline TestTable MakeTable(std::initializer_list<TestColumn> columns) {
  TestTable table;
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const TestColumn& column : columns) {
    const ValueType type = ParseTypeName(column.type).value();
    const std::size_t dot = column.name.find('.');
    const bool qualified = dot != std::string_view::npos;
    table.scope.Add({std::string(qualified ? column.name.substr(0, dot) : ""),
                     std::string(qualified ? column.name.substr(dot + 1) : column.name), type});
    fields.push_back(arrow::field(std::string(column.name), ToArrow(type)));
    arrays.push_back(arrow::json::ArrayFromJSONString(ToArrow(type), column.json).ValueOrDie());
  }
  const std::int64_t row_count = arrays.empty() ? 1 : arrays[0]->length();
  table.batch = arrow::RecordBatch::Make(arrow::schema(fields), row_count, arrays);
  return table;
}

/// Returns one value as the examples of the function table show it.
inline std::string ValueOf(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return "null";
  const ValueType type = FromArrow(*array.type()).value();
  Arena arena;
  const Vector vector = ReadArray(array, type, {row, 1}, arena);
  switch (type.kind) {
    case TypeKind::kString:
    case TypeKind::kBytes:
      return std::string(vector.At<std::string_view>(0));
    case TypeKind::kTimestamp:
      return FormatInstant(vector.At<std::int64_t>(0));
    case TypeKind::kDate:
      return FormatDate(vector.At<std::int64_t>(0));
    default:
      return ValueText(vector, 0);
  }
}

/// Returns a failure as the tests compare it.
inline std::string FailureText(const Status& status) {
  if (status.faults().empty()) return "error: " + std::string(status.message());
  const Fault& fault = status.faults()[0];
  return "fault " + std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": " + fault.message;
}

/// Parses and binds.
inline Result<BoundExpression> BindText(const TestTable& table, std::string_view text,
                                        const BindOptions& options = {}) {
  LARDER_ASSIGN_OR_RETURN(const Expression expression, ParseExpression(text));
  return Bind(expression, table.scope, options);
}

/// Returns the values of all rows with ", " between them, or what failed.
inline std::string Evaluated(const TestTable& table, std::string_view text, const BindOptions& options = {}) {
  const Result<BoundExpression> bound = BindText(table, text, options);
  if (!bound.ok()) return FailureText(bound.status());
  const auto array = bound->Evaluate(*table.batch);
  if (!array.ok()) return FailureText(array.status());
  EXPECT_TRUE((*array)->ValidateFull().ok()) << text;
  EXPECT_TRUE((*array)->type()->Equals(*ToArrow(bound->type()))) << text;
  EXPECT_EQ((*array)->length(), table.batch->num_rows()) << text;
  std::string values;
  for (std::int64_t row = 0; row < (*array)->length(); ++row) values += (row > 0 ? ", " : "") + ValueOf(**array, row);
  return values;
}

/// Returns the value of an expression without columns, or what failed.
inline std::string Value(std::string_view text) { return Evaluated(MakeTable({}), text); }

/// Returns the hint of what failed when the expression is parsed, bound or run; "" when nothing failed.
inline std::string HintOf(const TestTable& table, std::string_view text) {
  const Result<BoundExpression> bound = BindText(table, text);
  if (!bound.ok()) return bound.status().faults().empty() ? "" : bound.status().faults()[0].hint;
  const auto array = bound->Evaluate(*table.batch);
  return array.ok() ? "" : std::string(array.status().hint());
}

/// Returns the type of an expression.
inline std::string TypeOf(const TestTable& table, std::string_view text) {
  const Result<BoundExpression> bound = BindText(table, text);
  return bound.ok() ? TypeName(bound->type()) : FailureText(bound.status());
}

}  // namespace larder
