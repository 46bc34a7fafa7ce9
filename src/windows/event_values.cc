#include "windows/event_values.h"

#include <algorithm>
#include <utility>

#include <arrow/array.h>
#include <arrow/buffer.h>

#include "columnar/arrow_status.h"
#include "expressions/vector_arrow.h"

namespace larder {
namespace {

std::size_t WidthOf(const Vector& vector) {
  switch (StorageOf(vector.type)) {
    case Storage::kBool:
      return sizeof(std::uint8_t);
    case Storage::kInteger:
      return sizeof(std::int64_t);
    case Storage::kFloat:
      return sizeof(double);
    case Storage::kText:
      return sizeof(std::string_view);
    case Storage::kList:
      break;
  }
  return sizeof(ListSpan);
}

bool HasFailed(const Vector& vector, std::int64_t row_count) {
  for (std::int64_t row = 0; row < (vector.is_constant ? 1 : row_count); ++row) {
    if (vector.IsFailed(row)) return true;
  }
  return false;
}

}  // namespace

Result<EventValues> EventValues::Make(const WindowPlan& plan, std::span<const std::shared_ptr<arrow::Array>> columns,
                                      std::int64_t row_count,
                                      const std::function<std::string(std::int64_t)>& row_name) {
  EventValues values;
  std::vector<Vector> vectors;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    vectors.push_back(ReadArray(*columns[i], plan.columns[i].type, {0, row_count}, *values.arena_));
  }
  for (std::size_t i = 0; i < plan.expressions.size(); ++i) {
    std::vector<Vector> arguments;
    for (const std::size_t argument : plan.arguments[i]) arguments.push_back(vectors[argument]);
    values.values_.push_back(plan.expressions[i].EvaluateVectors(arguments, row_count, *values.arena_));
    if (!HasFailed(values.values_.back(), row_count)) continue;
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const std::size_t argument : plan.arguments[i]) arrays.push_back(columns[argument]);
    LARDER_RETURN_IF_ERROR(plan.expressions[i].Evaluate(arrays, row_count, {row_name}).status());
  }
  return values;
}

Vector SliceOf(const Vector& vector, std::int64_t begin) {
  if (vector.is_constant) return vector;
  Vector slice = vector;
  slice.values = static_cast<const char*>(vector.values) + static_cast<std::size_t>(begin) * WidthOf(vector);
  if (vector.valid != nullptr) slice.valid = vector.valid + begin;
  slice.failed = nullptr;
  return slice;
}

void EventValues::Slice(std::int64_t begin, std::vector<Vector>& columns) const {
  columns.clear();
  for (const Vector& vector : values_) columns.push_back(SliceOf(vector, begin));
}

Result<std::shared_ptr<arrow::Array>> ZeroTimes(std::int64_t row_count) {
  const auto type = ToArrow(ValueType::Of(TypeKind::kTimestamp));
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> bytes, FromArrow(arrow::AllocateBuffer(row_count * 8)));
  std::fill_n(reinterpret_cast<std::int64_t*>(bytes->mutable_data()), row_count, 0);
  return arrow::MakeArray(arrow::ArrayData::Make(type, row_count, {nullptr, std::move(bytes)}, 0));
}

Result<EncodedValues> EncodedValues::Make(std::span<const ValueColumn> columns,
                                          std::span<const std::shared_ptr<arrow::Array>> values,
                                          std::int64_t row_count) {
  std::vector<ValueType> types;
  for (const ValueColumn& column : columns) types.push_back(column.type);
  LARDER_ASSIGN_OR_RETURN(const RowLayout layout, RowLayout::Make(0, std::move(types)));
  LARDER_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> times, ZeroTimes(row_count));
  EncodedValues encoded;
  LARDER_RETURN_IF_ERROR(EncodeRows(layout, {values, times}, encoded.rows_));
  return encoded;
}

}  // namespace larder
