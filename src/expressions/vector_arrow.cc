#include "expressions/vector_arrow.h"

#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>

#include "columnar/arrow_status.h"

namespace larder {
namespace {

const std::uint8_t* ReadValid(const arrow::Array& array, RowRange rows, Arena& arena) {
  if (array.null_count() == 0) return nullptr;
  auto* valid = Allocate<std::uint8_t>(arena, rows.count);
  for (std::int64_t i = 0; i < rows.count; ++i) valid[i] = array.IsValid(rows.offset + i) ? 1 : 0;
  return valid;
}

template <class To, class ArrowArray>
const To* Widen(const arrow::Array& array, RowRange rows, Arena& arena) {
  const auto* values = static_cast<const ArrowArray&>(array).raw_values() + rows.offset;
  auto* widened = Allocate<To>(arena, rows.count);
  for (std::int64_t i = 0; i < rows.count; ++i) widened[i] = static_cast<To>(values[i]);
  return widened;
}

const std::uint8_t* ReadBools(const arrow::Array& array, RowRange rows, Arena& arena) {
  const auto& bools = static_cast<const arrow::BooleanArray&>(array);
  auto* values = Allocate<std::uint8_t>(arena, rows.count);
  for (std::int64_t i = 0; i < rows.count; ++i) values[i] = bools.Value(rows.offset + i) ? 1 : 0;
  return values;
}

const std::string_view* ReadTexts(const arrow::Array& array, RowRange rows, Arena& arena) {
  const auto& texts = static_cast<const arrow::BinaryArray&>(array);
  auto* values = Allocate<std::string_view>(arena, rows.count);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    values[i] = array.IsValid(rows.offset + i) ? texts.GetView(rows.offset + i) : std::string_view();
  }
  return values;
}

void ReadLists(const arrow::Array& array, RowRange rows, Arena& arena, Vector& out) {
  const ValueType element = out.type.element().value;
  const auto& lists = static_cast<const arrow::ListArray&>(array);
  auto* spans = Allocate<ListSpan>(arena, rows.count);
  const std::int64_t first = rows.count > 0 ? lists.value_offset(rows.offset) : 0;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const std::int64_t row = rows.offset + i;
    const bool valid = array.IsValid(row);
    spans[i] = valid ? ListSpan{lists.value_offset(row) - first, lists.value_length(row)} : ListSpan{};
  }
  const std::int64_t end = rows.count > 0 ? lists.value_offset(rows.offset + rows.count) : 0;
  auto* elements =
      new (Allocate<Vector>(arena, 1)) Vector(ReadArray(*lists.values(), element, {first, end - first}, arena));
  out.values = spans;
  out.elements = elements;
}

Status Capacity(const arrow::Status& status) {
  if (status.IsCapacityError())
    return Status(Reason::kLimitExceeded, "the texts of a batch pass 2 GiB", "use smaller batches");
  return FromArrow(status);
}

class BuilderAppender final : public ArrayAppender {
 public:
  BuilderAppender(ValueType type, std::unique_ptr<arrow::ArrayBuilder> builder)
      : type_(type), builder_(std::move(builder)) {}

  Status Append(const Vector& vector, std::int64_t row_count) override {
    return Capacity(AppendTo(*builder_, type_, vector, {0, row_count}));
  }
  Result<std::shared_ptr<arrow::Array>> Finish() override { return FromArrow(builder_->Finish()); }

 private:
  template <class Builder, class Stored, class Value = typename Builder::value_type>
  static arrow::Status AppendValues(arrow::ArrayBuilder& to, const Vector& from, RowRange rows) {
    auto& builder = static_cast<Builder&>(to);
    ARROW_RETURN_NOT_OK(builder.Reserve(rows.count));
    for (std::int64_t i = rows.offset; i < rows.offset + rows.count; ++i) {
      if (from.IsValid(i)) {
        builder.UnsafeAppend(static_cast<Value>(from.At<Stored>(i)));
      } else {
        builder.UnsafeAppendNull();
      }
    }
    return arrow::Status::OK();
  }

  template <class Builder, class Stored>
  static arrow::Status AppendArrays(arrow::ArrayBuilder& to, const Vector& from, RowRange rows) {
    if (from.is_constant) return AppendValues<Builder, Stored>(to, from, rows);
    return static_cast<Builder&>(to).AppendValues(from.Values<Stored>() + rows.offset, rows.count,
                                                  from.valid == nullptr ? nullptr : from.valid + rows.offset);
  }

  static arrow::Status AppendTexts(arrow::ArrayBuilder& to, const Vector& from, RowRange rows) {
    auto& builder = static_cast<arrow::BinaryBuilder&>(to);
    for (std::int64_t i = rows.offset; i < rows.offset + rows.count; ++i) {
      if (from.IsValid(i)) {
        const auto text = from.At<std::string_view>(i);
        ARROW_RETURN_NOT_OK(
            builder.Append(text.data() == nullptr ? "" : text.data(), static_cast<std::int32_t>(text.size())));
      } else {
        ARROW_RETURN_NOT_OK(builder.AppendNull());
      }
    }
    return arrow::Status::OK();
  }

  static arrow::Status AppendLists(arrow::ArrayBuilder& to, ValueType type, const Vector& from, RowRange rows) {
    auto& builder = static_cast<arrow::ListBuilder&>(to);
    for (std::int64_t i = rows.offset; i < rows.offset + rows.count; ++i) {
      if (!from.IsValid(i)) {
        ARROW_RETURN_NOT_OK(builder.AppendNull());
        continue;
      }
      ARROW_RETURN_NOT_OK(builder.Append());
      const auto span = from.At<ListSpan>(i);
      if (span.length == 0) continue;
      ARROW_RETURN_NOT_OK(
          AppendTo(*builder.value_builder(), ValueType::Of(type.element), *from.elements, {span.offset, span.length}));
    }
    return arrow::Status::OK();
  }

  static arrow::Status AppendTo(arrow::ArrayBuilder& to, ValueType type, const Vector& from, RowRange rows) {
    switch (type.kind) {
      case TypeKind::kBool:
        return AppendValues<arrow::BooleanBuilder, std::uint8_t, bool>(to, from, rows);
      case TypeKind::kInt32:
        return AppendValues<arrow::Int32Builder, std::int64_t>(to, from, rows);
      case TypeKind::kDate:
        return AppendValues<arrow::Date32Builder, std::int64_t>(to, from, rows);
      case TypeKind::kFloat32:
        return AppendValues<arrow::FloatBuilder, double>(to, from, rows);
      case TypeKind::kInt64:
        return AppendArrays<arrow::Int64Builder, std::int64_t>(to, from, rows);
      case TypeKind::kTimestamp:
        return AppendArrays<arrow::TimestampBuilder, std::int64_t>(to, from, rows);
      case TypeKind::kFloat64:
        return AppendArrays<arrow::DoubleBuilder, double>(to, from, rows);
      case TypeKind::kString:
      case TypeKind::kBytes:
        return AppendTexts(to, from, rows);
      case TypeKind::kList:
        return AppendLists(to, type, from, rows);
    }
    LARDER_CHECK(false);
  }

  ValueType type_;
  std::unique_ptr<arrow::ArrayBuilder> builder_;
};

}  // namespace

Vector ReadArray(const arrow::Array& array, ValueType type, RowRange rows, Arena& arena) {
  Vector vector;
  vector.type = ExpressionType::Of(type);
  vector.valid = ReadValid(array, rows, arena);
  switch (type.kind) {
    case TypeKind::kBool:
      vector.values = ReadBools(array, rows, arena);
      break;
    case TypeKind::kInt32:
      vector.values = Widen<std::int64_t, arrow::Int32Array>(array, rows, arena);
      break;
    case TypeKind::kDate:
      vector.values = Widen<std::int64_t, arrow::Date32Array>(array, rows, arena);
      break;
    case TypeKind::kFloat32:
      vector.values = Widen<double, arrow::FloatArray>(array, rows, arena);
      break;
    case TypeKind::kInt64:
      vector.values = static_cast<const arrow::Int64Array&>(array).raw_values() + rows.offset;
      break;
    case TypeKind::kTimestamp:
      vector.values = static_cast<const arrow::TimestampArray&>(array).raw_values() + rows.offset;
      break;
    case TypeKind::kFloat64:
      vector.values = static_cast<const arrow::DoubleArray&>(array).raw_values() + rows.offset;
      break;
    case TypeKind::kString:
    case TypeKind::kBytes:
      vector.values = ReadTexts(array, rows, arena);
      break;
    case TypeKind::kList:
      ReadLists(array, rows, arena, vector);
      break;
  }
  return vector;
}

Result<std::unique_ptr<ArrayAppender>> MakeArrayAppender(ValueType type, std::int64_t row_count) {
  auto builder = FromArrow(arrow::MakeBuilder(ToArrow(type)));
  LARDER_RETURN_IF_ERROR(builder.status());
  LARDER_RETURN_IF_ERROR(FromArrow((*builder)->Reserve(row_count)));
  return std::unique_ptr<ArrayAppender>(std::make_unique<BuilderAppender>(type, std::move(*builder)));
}

}  // namespace larder
