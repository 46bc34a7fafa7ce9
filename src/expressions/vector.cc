#include "expressions/vector.h"

#include <algorithm>
#include <cstring>

#include "base/timestamp.h"
#include "expressions/syntax_tree.h"
#include "text/number_text.h"
#include "text/utf8.h"

namespace larder {
namespace {

constexpr std::int64_t kMaxShownElements = 20;
constexpr std::size_t kMaxShownBytes = 80;

std::string ShownText(std::string_view text) {
  std::string shown;
  AppendValidUtf8(text.substr(0, kMaxShownBytes), shown);
  return QuoteText(shown) + (text.size() > kMaxShownBytes ? "..." : "");
}

std::string ListText(const Vector& vector, std::int64_t row) {
  const auto span = vector.At<ListSpan>(row);
  std::string text = "[";
  for (std::int64_t i = 0; i < std::min(span.length, kMaxShownElements); ++i) {
    if (i > 0) text += ", ";
    text += ValueText(*vector.elements, span.offset + i);
  }
  return text + (span.length > kMaxShownElements ? ", ...]" : "]");
}

std::string FloatText(ExpressionType type, double value) {
  return type.Is(TypeKind::kFloat32) ? FormatFloat32(static_cast<float>(value)) : FormatFloat64(value);
}

}  // namespace

Storage StorageOf(ExpressionType type) {
  if (!type.is_value()) return Storage::kInteger;
  switch (type.value.kind) {
    case TypeKind::kBool:
      return Storage::kBool;
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kDate:
      return Storage::kInteger;
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return Storage::kFloat;
    case TypeKind::kString:
    case TypeKind::kBytes:
      return Storage::kText;
    case TypeKind::kList:
      return Storage::kList;
  }
  LARDER_CHECK(false);
}

std::string_view KeepText(Arena& arena, std::string_view text) {
  if (text.empty()) return {};
  char* copy = Allocate<char>(arena, static_cast<std::int64_t>(text.size()));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

std::string ValueText(const Vector& vector, std::int64_t row) {
  if (!vector.IsValid(row)) return "null";
  switch (StorageOf(vector.type)) {
    case Storage::kBool:
      return vector.At<std::uint8_t>(row) != 0 ? "true" : "false";
    case Storage::kFloat:
      return FloatText(vector.type, vector.At<double>(row));
    case Storage::kText:
      return ShownText(vector.At<std::string_view>(row));
    case Storage::kList:
      return ListText(vector, row);
    case Storage::kInteger:
      break;
  }
  const auto value = vector.At<std::int64_t>(row);
  if (vector.type.Is(TypeKind::kTimestamp)) return "timestamp " + QuoteText(FormatInstant(value));
  if (vector.type.Is(TypeKind::kDate)) return "date " + QuoteText(FormatDate(value));
  if (vector.type.is_duration()) return std::to_string(value) + "us";
  return std::to_string(value);
}

}  // namespace larder
