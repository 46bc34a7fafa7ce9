#include "expressions/functions_cast.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/timestamp.h"
#include "expressions/kernel.h"
#include "expressions/lexer.h"
#include "text/number_text.h"
#include "text/utf8.h"

namespace larder {
namespace {

constexpr Failure kNotConvertible = {Reason::kInvalidData, "cannot convert",
                                     "correct the value, or try(...) gives null"};
constexpr Failure kDoesNotFit = {Reason::kValueOutOfRange, "a number does not fit",
                                 "use a wider type, or try(...) gives null"};
constexpr Failure kNotWhole = {Reason::kInexactValue, "a float is not whole",
                               "say how to round it: round(x), floor(x), ceil(x) or trunc(x)"};

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::int64_t BoolToInteger(bool value) { return value ? 1 : 0; }
double BoolToFloat(bool value) { return value ? 1 : 0; }
void BoolToText(std::string& out, bool value) { out = value ? "true" : "false"; }

bool IntegerToBool(std::int64_t value) { return value != 0; }
Outcome<std::int64_t> IntegerToInt32(std::int64_t value) {
  if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max()) {
    return kDoesNotFit;
  }
  return value;
}
double IntegerToFloat32(std::int64_t value) { return static_cast<double>(static_cast<float>(value)); }
double IntegerToFloat64(std::int64_t value) { return static_cast<double>(value); }
void IntegerToText(std::string& out, std::int64_t value) { AppendInteger(value, out); }

Outcome<std::int64_t> FloatToInt64(double value) {
  // 2^63 is the first float beyond int64; NaN fails both comparisons.
  constexpr double kEnd = 9223372036854775808.0;
  if (!(value >= -kEnd && value < kEnd)) return kDoesNotFit;
  if (value != std::trunc(value)) return kNotWhole;
  return static_cast<std::int64_t>(value);
}
Outcome<std::int64_t> FloatToInt32(double value) {
  const Outcome<std::int64_t> wide = FloatToInt64(value);
  return wide.is_null ? wide : IntegerToInt32(wide.value);
}
double FloatToFloat32(double value) { return static_cast<double>(static_cast<float>(value)); }
void Float32ToText(std::string& out, double value) { AppendFloat32(static_cast<float>(value), out); }
void Float64ToText(std::string& out, double value) { AppendFloat64(value, out); }

Outcome<bool> TextToBool(std::string_view text) {
  const std::string lower = LowerAscii(Trimmed(text).substr(0, 8));
  if (lower == "true" || lower == "t" || lower == "1") return true;
  if (lower == "false" || lower == "f" || lower == "0") return false;
  return kNotConvertible;
}

template <class T, class Wide>
Outcome<Wide> ParseNumber(std::string_view text) {
  std::string_view digits = Trimmed(text);
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || end != digits.data() + digits.size()) return kNotConvertible;
  if (error == std::errc::result_out_of_range) {
    // Too small to be told from zero is zero; too large does not fit.
    if constexpr (std::is_floating_point_v<T>) {
      const double magnitude = std::strtod(std::string(digits).c_str(), nullptr);
      if (std::fabs(magnitude) < 1) return static_cast<Wide>(static_cast<T>(magnitude));
    }
    return kDoesNotFit;
  }
  if (error != std::errc()) return kNotConvertible;
  return static_cast<Wide>(value);
}

Outcome<std::int64_t> TextToTimestamp(std::string_view text) {
  const Result<std::int64_t> instant_us = ParseInstant(Trimmed(text));
  if (!instant_us.ok()) return kNotConvertible;
  return *instant_us;
}
Outcome<std::int64_t> TextToDate(std::string_view text) {
  const Result<std::int32_t> days = ParseDate(Trimmed(text));
  if (!days.ok()) return kNotConvertible;
  return std::int64_t{*days};
}
Outcome<std::string_view> BytesToText(std::string_view bytes) {
  if (!IsValidUtf8(bytes)) return kNotConvertible;
  return bytes;
}

std::int64_t TimestampToDate(std::int64_t instant_us) {
  const std::int64_t days = instant_us / kMicrosPerDay;
  return instant_us % kMicrosPerDay < 0 ? days - 1 : days;
}
Outcome<std::int64_t> DateToTimestamp(std::int64_t days) {
  std::int64_t instant_us = 0;
  if (__builtin_mul_overflow(days, kMicrosPerDay, &instant_us)) return kDoesNotFit;
  return instant_us;
}
void TimestampToText(std::string& out, std::int64_t instant_us) { out = FormatInstant(instant_us); }
void DateToText(std::string& out, std::int64_t days) { out = FormatDate(days); }

void Relabel(KernelCall& call) { call.ShareValues(call.argument(0)); }

// Converts the elements of all lists at once; a list fails with its first element that fails.
void CastElements(KernelCall& call) {
  const Vector& lists = call.argument(0);
  std::int64_t element_count = 0;
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    const auto span = lists.At<ListSpan>(row);
    element_count = std::max(element_count, span.offset + span.length);
  }
  const ExpressionType to = call.result_type().element();
  const Kernel kernel = lists.type.element() == to ? Relabel : CastKernel(lists.type.element(), to);
  KernelCall inner({{lists.elements, 1}, element_count, to, &call.arena(), &call.zones(), true});
  kernel(inner);
  auto* elements = new (Allocate<Vector>(call.arena(), 1)) Vector(inner.Finish());
  auto* spans = call.MakeValues<ListSpan>();
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    spans[row] = lists.At<ListSpan>(row);
    for (std::int64_t i = 0; elements->failed != nullptr && i < spans[row].length; ++i) {
      if (!elements->IsFailed(spans[row].offset + i) || !call.IsWanted(row)) continue;
      call.Fail(row, *inner.first_failure());
    }
  }
  elements->failed = nullptr;
  call.SetElements(elements);
}

Kernel CastFromBool(TypeKind to) {
  if (to == TypeKind::kInt32 || to == TypeKind::kInt64) return Map<BoolToInteger>;
  if (to == TypeKind::kFloat32 || to == TypeKind::kFloat64) return Map<BoolToFloat>;
  return to == TypeKind::kString ? MapText<BoolToText> : nullptr;
}

Kernel CastFromInteger(TypeKind to) {
  if (to == TypeKind::kBool) return Map<IntegerToBool>;
  if (to == TypeKind::kInt32) return Map<IntegerToInt32>;
  if (to == TypeKind::kInt64) return Relabel;
  if (to == TypeKind::kFloat32) return Map<IntegerToFloat32>;
  if (to == TypeKind::kFloat64) return Map<IntegerToFloat64>;
  return to == TypeKind::kString ? MapText<IntegerToText> : nullptr;
}

Kernel CastFromFloat(TypeKind from, TypeKind to) {
  if (to == TypeKind::kInt32) return Map<FloatToInt32>;
  if (to == TypeKind::kInt64) return Map<FloatToInt64>;
  if (to == TypeKind::kFloat32) return Map<FloatToFloat32>;
  if (to == TypeKind::kFloat64) return Relabel;
  if (to != TypeKind::kString) return nullptr;
  return from == TypeKind::kFloat32 ? MapText<Float32ToText> : MapText<Float64ToText>;
}

Kernel CastFromString(TypeKind to) {
  if (to == TypeKind::kBool) return Map<TextToBool>;
  if (to == TypeKind::kInt32) return Map<ParseNumber<std::int32_t, std::int64_t>>;
  if (to == TypeKind::kInt64) return Map<ParseNumber<std::int64_t, std::int64_t>>;
  if (to == TypeKind::kFloat32) return Map<ParseNumber<float, double>>;
  if (to == TypeKind::kFloat64) return Map<ParseNumber<double, double>>;
  if (to == TypeKind::kTimestamp) return Map<TextToTimestamp>;
  if (to == TypeKind::kDate) return Map<TextToDate>;
  return to == TypeKind::kBytes ? Relabel : nullptr;
}

}  // namespace

Kernel CastKernel(ExpressionType from, ExpressionType to) {
  if (!from.is_value() || !to.is_value()) return nullptr;
  if (from == to) return Relabel;
  if (from.is_list()) {
    const bool castable = to.is_list() && CastKernel(from.element(), to.element()) != nullptr;
    return castable ? CastElements : nullptr;
  }
  switch (from.value.kind) {
    case TypeKind::kBool:
      return CastFromBool(to.value.kind);
    case TypeKind::kInt32:
    case TypeKind::kInt64:
      return CastFromInteger(to.value.kind);
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return CastFromFloat(from.value.kind, to.value.kind);
    case TypeKind::kString:
      return CastFromString(to.value.kind);
    case TypeKind::kBytes:
      return to.Is(TypeKind::kString) ? Map<BytesToText> : nullptr;
    case TypeKind::kTimestamp:
      if (to.Is(TypeKind::kDate)) return Map<TimestampToDate>;
      return to.Is(TypeKind::kString) ? MapText<TimestampToText> : nullptr;
    case TypeKind::kDate:
      if (to.Is(TypeKind::kTimestamp)) return Map<DateToTimestamp>;
      return to.Is(TypeKind::kString) ? MapText<DateToText> : nullptr;
    case TypeKind::kList:
      break;
  }
  return nullptr;
}

Kernel NarrowKernel(ExpressionType from, ExpressionType to) {
  if (from.is_list() && to.is_list()) {
    return NarrowKernel(from.element(), to.element()) != nullptr ? CastKernel(from, to) : nullptr;
  }
  const bool numbers = from.is_number() && to.is_number();
  return from == to || numbers || ConvertsUnasked(from, to) ? CastKernel(from, to) : nullptr;
}

}  // namespace larder
