#include "cli/table_output.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "text/json_writer.h"

namespace larder {
namespace {

template <class ArrayType>
auto ValueOf(const arrow::Array& array, std::int64_t row) {
  return static_cast<const ArrayType&>(array).Value(row);
}

void WriteValue(const arrow::Array& array, std::int64_t row, JsonWriter& json) {
  if (array.IsNull(row)) return json.Null();
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return json.Bool(ValueOf<arrow::BooleanArray>(array, row));
    case arrow::Type::INT32:
      return json.Integer(ValueOf<arrow::Int32Array>(array, row));
    case arrow::Type::INT64:
      return json.Integer(ValueOf<arrow::Int64Array>(array, row));
    case arrow::Type::DURATION:
      return json.Integer(ValueOf<arrow::DurationArray>(array, row));
    case arrow::Type::FLOAT:
      return json.Float32(ValueOf<arrow::FloatArray>(array, row));
    case arrow::Type::DOUBLE:
      return json.Float64(ValueOf<arrow::DoubleArray>(array, row));
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      json.BeginArray();
      for (std::int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
        WriteValue(*list.values(), i, json);
      }
      return json.EndArray();
    }
    default: {
      std::string text;
      AppendValueText(array, row, text);
      return json.String(text);
    }
  }
}

}  // namespace

Result<std::string> RowsJson(const arrow::RecordBatch& rows) {
  std::string text;
  JsonWriter json(text);
  json.BeginArray();
  for (std::int64_t row = 0; row < rows.num_rows(); ++row) {
    json.BeginObject();
    for (int column = 0; column < rows.num_columns(); ++column) {
      json.Key(rows.schema()->field(column)->name());
      WriteValue(*rows.column(column), row, json);
    }
    json.EndObject();
  }
  json.EndArray();
  return text + "\n";
}

}  // namespace larder
