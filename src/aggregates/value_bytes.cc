#include "aggregates/value_bytes.h"

#include "base/coding.h"
#include "expressions/expression_type.h"

namespace larder {
namespace {

constexpr std::size_t kNumberBytes = 8;

void AppendScalar(const Vector& values, Storage storage, std::int64_t index, std::string& out) {
  switch (storage) {
    case Storage::kBool:
      out.push_back(static_cast<char>(values.At<std::uint8_t>(index)));
      return;
    case Storage::kInteger:
      return AppendFixed64(static_cast<std::uint64_t>(values.At<std::int64_t>(index)), out);
    case Storage::kFloat:
      return AppendFixed64(std::bit_cast<std::uint64_t>(values.At<double>(index)), out);
    case Storage::kText:
      out += values.At<std::string_view>(index);
      return;
    case Storage::kList:
      LARDER_CHECK(false);
  }
}

std::size_t ScalarBytes(Storage storage) { return storage == Storage::kBool ? 1 : kNumberBytes; }

// Calls visit(nullptr or bytes) for each element; false when the bytes are no list.
template <class Visit>
bool VisitElements(std::string_view bytes, Storage element, Visit visit) {
  ByteReader reader(bytes);
  for (std::uint64_t left = reader.ReadVarint(); left > 0 && reader.ok(); --left) {
    const std::uint8_t is_valid = reader.ReadByte();
    if (!reader.ok() || is_valid > 1) return false;
    std::string_view value;
    if (is_valid != 0) {
      value = element == Storage::kText ? reader.ReadLengthPrefixed() : reader.ReadBytes(ScalarBytes(element));
    }
    if (!reader.ok()) return false;
    visit(is_valid != 0 ? &value : nullptr);
  }
  return reader.done();
}

}  // namespace

void AppendValueBytes(const Vector& values, std::int64_t index, std::string& out) {
  const Storage storage = StorageOf(values.type);
  if (storage != Storage::kList) return AppendScalar(values, storage, index, out);
  const auto span = values.At<ListSpan>(index);
  const Storage element = StorageOf(values.type.element());
  AppendVarint(static_cast<std::uint64_t>(span.length), out);
  for (std::int64_t i = span.offset; i < span.offset + span.length; ++i) {
    const bool is_valid = values.elements->IsValid(i);
    out.push_back(is_valid ? 1 : 0);
    if (!is_valid) continue;
    if (element == Storage::kText) {
      AppendLengthPrefixed(values.elements->At<std::string_view>(i), out);
    } else {
      AppendScalar(*values.elements, element, i, out);
    }
  }
}

bool IsValueBytes(std::string_view bytes, ValueType type) {
  const Storage storage = StorageOf(ExpressionType::Of(type));
  if (storage == Storage::kText) return true;
  if (storage != Storage::kList) return bytes.size() == ScalarBytes(storage);
  return VisitElements(bytes, StorageOf(ExpressionType::Of(type.element)), [](const std::string_view* /*value*/) {});
}

void SetFromValueBytes(std::string_view bytes, ResultColumn& result, std::int64_t row) {
  const Storage storage = StorageOf(ExpressionType::Of(result.type()));
  if (storage == Storage::kText) return result.SetText(row, bytes);
  if (storage == Storage::kBool) return result.SetBool(row, bytes[0] != 0);
  if (storage == Storage::kInteger) return result.SetInteger(row, LoadFixed<std::int64_t>(bytes.data()));
  if (storage == Storage::kFloat) return result.SetFloat(row, LoadFixed<double>(bytes.data()));
  result.BeginList(row);
  const Storage element = StorageOf(ExpressionType::Of(result.type().element));
  VisitElements(bytes, element, [&](const std::string_view* value) {
    if (value == nullptr) return result.AppendNull();
    if (element == Storage::kText) return result.AppendText(*value);
    if (element == Storage::kBool) return result.AppendBool((*value)[0] != 0);
    if (element == Storage::kInteger) return result.AppendInteger(LoadFixed<std::int64_t>(value->data()));
    result.AppendFloat(LoadFixed<double>(value->data()));
  });
}

}  // namespace larder
