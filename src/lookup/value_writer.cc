#include "lookup/value_writer.h"

#include <array>
#include <cmath>

#include "base/check.h"
#include "base/timestamp.h"
#include "text/base64.h"
#include "text/json_writer.h"
#include "text/number_text.h"

namespace larder {
namespace {

/// Tells whether JSON shows a text as it is: printable ASCII without quotes and backslashes.
bool IsPlain(std::string_view text) {
  bool plain = true;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    plain &= byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
  }
  return plain;
}

}  // namespace

CivilMoment CivilMomentOf(std::int64_t instant_us) {
  const bool is_before = instant_us % kMicrosPerDay < 0;
  const CivilDate date = CivilFromDays(instant_us / kMicrosPerDay - (is_before ? 1 : 0));
  return {date.year, date.month, date.day, instant_us % kMicrosPerDay + (is_before ? kMicrosPerDay : 0)};
}

void ValueWriter::Integer(std::int64_t value) { out_.Advance(WriteInteger(value, out_.Reserve(kMaxNumberChars))); }

void ValueWriter::Float32(float value) {
  if (!std::isfinite(value)) return Null();
  out_.Advance(WriteFloat32(value, out_.Reserve(kMaxNumberChars)));
}

void ValueWriter::Float64(double value) {
  if (!std::isfinite(value)) return Null();
  out_.Advance(WriteFloat64(value, out_.Reserve(kMaxNumberChars)));
}

void ValueWriter::Text(std::string_view value) {
  if (!IsPlain(value)) {
    scratch_.clear();
    AppendJsonString(value, scratch_);
    return out_.Append(scratch_);
  }
  out_.Append('"');
  out_.Append(value);
  out_.Append('"');
}

void ValueWriter::Bytes(std::string_view value) {
  scratch_.clear();
  AppendBase64(value, scratch_);
  out_.Append('"');
  out_.Append(scratch_);
  out_.Append('"');
}

void ValueWriter::Timestamp(std::int64_t instant_us) {
  if (!iso_timestamps_) {
    return Integer(instant_us / kMicrosPerSecond - (instant_us % kMicrosPerSecond < 0 ? 1 : 0));
  }
  out_.Append('"');
  out_.Advance(WriteInstant(CivilMomentOf(instant_us), true, out_.Reserve(kMaxInstantChars)));
  out_.Append('"');
}

void ValueWriter::Date(std::int64_t days) {
  out_.Append('"');
  const CivilDate date = CivilFromDays(days);
  out_.Advance(WriteDate({date.year, date.month, date.day, 0}, out_.Reserve(kMaxInstantChars)));
  out_.Append('"');
}

template <class Values, class Index>
void ValueWriter::Scalar(const Values& values, Index index, TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return Bool(values.Bool(index));
    case TypeKind::kInt32:
      return Integer(values.Int32(index));
    case TypeKind::kInt64:
      return Integer(values.Int64(index));
    case TypeKind::kFloat32:
      return Float32(values.Float32(index));
    case TypeKind::kFloat64:
      return Float64(values.Float64(index));
    case TypeKind::kString:
      return Text(values.Bytes(index));
    case TypeKind::kBytes:
      return Bytes(values.Bytes(index));
    case TypeKind::kTimestamp:
      return Timestamp(values.Int64(index));
    case TypeKind::kDate:
      return Date(values.Int32(index));
    case TypeKind::kList:
      break;
  }
  LARDER_CHECK(false);
}

bool ValueWriter::Stored(const RowView& row, std::size_t column, ValueType type) {
  if (!type.is_list()) {
    Scalar(row, column, type.kind);
    return true;
  }
  const Result<RowListView> list = RowListView::Open(type.element, row.Bytes(column));
  if (!list.ok()) return false;
  out_.Append('[');
  for (std::int64_t i = 0; i < list->size(); ++i) {
    if (i > 0) out_.Append(',');
    list->is_null(i) ? Null() : Scalar(*list, i, type.element);
  }
  out_.Append(']');
  return true;
}

void ValueWriter::Computed(const Vector& vector, std::int64_t row, TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return Bool(vector.At<std::uint8_t>(row) != 0);
    case TypeKind::kInt32:
    case TypeKind::kInt64:
      return Integer(vector.At<std::int64_t>(row));
    case TypeKind::kFloat32:
      return Float32(static_cast<float>(vector.At<double>(row)));
    case TypeKind::kFloat64:
      return Float64(vector.At<double>(row));
    case TypeKind::kString:
      return Text(vector.At<std::string_view>(row));
    case TypeKind::kBytes:
      return Bytes(vector.At<std::string_view>(row));
    case TypeKind::kTimestamp:
      return Timestamp(vector.At<std::int64_t>(row));
    case TypeKind::kDate:
      return Date(vector.At<std::int64_t>(row));
    case TypeKind::kList:
      break;
  }
  LARDER_CHECK(false);
}

}  // namespace larder
