// Expressions from any text: never a crash, faults lie inside the text, the canonical text reads back to itself, and a
// row alone gives what it gives among others.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "expressions/bound_expression.h"

namespace {

struct Table {
  larder::NameScope scope;
  std::shared_ptr<arrow::RecordBatch> batch;
};

Table MakeTable() {
  struct Column {
    std::string name;
    std::string type;
    std::string json;
  };
  const std::vector<Column> columns = {{"i", "int64", "[1, null, -9223372036854775808]"},
                                       {"n", "int32", "[0, 2147483647, null]"},
                                       {"f", "float64", "[0.5, null, -1e300]"},
                                       {"s", "string", R"(["2015-01-01", "Zürich", null])"},
                                       {"b", "bool", "[true, false, null]"},
                                       {"t", "timestamp", "[0, null, -9223372036854775808]"},
                                       {"d", "date", "[16436, -2147483648, null]"},
                                       {"r", "bytes", R"(["x", "", null])"},
                                       {"l", "list<float32>", "[[1, null], [], null]"},
                                       {"k", "list<string>", R"([["a", null], ["b"], null])"}};
  Table table;
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const Column& column : columns) {
    const larder::ValueType type = larder::ParseTypeName(column.type).value();
    table.scope.Add({"", column.name, type});
    fields.push_back(arrow::field(column.name, larder::ToArrow(type)));
    arrays.push_back(arrow::json::ArrayFromJSONString(larder::ToArrow(type), column.json).ValueOrDie());
  }
  table.batch = arrow::RecordBatch::Make(arrow::schema(fields), 3, arrays);
  return table;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckFault(const larder::Status& status) {
  Require(status.faults().size() == 1);
  Require(status.faults()[0].line >= 1 && status.faults()[0].column >= 1);
  Require(!status.faults()[0].message.empty());
}

void CheckEvaluation(const larder::BoundExpression& bound, const Table& table) {
  const auto whole = bound.Evaluate(*table.batch);
  if (whole.ok()) Require((*whole)->ValidateFull().ok() && (*whole)->length() == 3);
  for (std::int64_t row = 0; row < 3; ++row) {
    const auto alone = bound.Evaluate(*table.batch->Slice(row, 1));
    if (!whole.ok()) continue;
    Require(alone.ok());
    Require((*alone)->Equals(*(*whole)->Slice(row, 1), arrow::EqualOptions::Defaults().nans_equal(true)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Table kTable = MakeTable();
  const auto expression = larder::ParseExpression({reinterpret_cast<const char*>(data), size});
  if (!expression.ok()) {
    CheckFault(expression.status());
    return 0;
  }
  const std::string canonical = expression->CanonicalText();
  const auto again = larder::ParseExpression(canonical);
  // Brackets that the canonical text needs may pass the limit of depth or size.
  if (again.ok()) Require(again->CanonicalText() == canonical);
  const auto bound = larder::Bind(*expression, kTable.scope);
  if (!bound.ok()) {
    CheckFault(bound.status());
    return 0;
  }
  CheckEvaluation(*bound, kTable);
  return 0;
}
