#include "columnar/conversion_kernels.h"

#include <arrow/api.h>
#include <arrow/util/bitmap_ops.h>
#include <arrow/util/float16.h>

#include <charconv>
#include <cmath>
#include <concepts>
#include <utility>

#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "text/number_text.h"

namespace larder {
namespace {

using ArrayResult = Result<std::shared_ptr<arrow::Array>>;

// What a kernel says of one value.
enum class Fit : std::uint8_t { kFits, kInexact, kOutOfRange };

std::string ValueText(const arrow::Array& array, std::int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::FLOAT:
      return FormatFloat64(static_cast<const arrow::FloatArray&>(array).Value(row));
    case arrow::Type::DOUBLE:
      return FormatFloat64(static_cast<const arrow::DoubleArray&>(array).Value(row));
    case arrow::Type::DATE32:
      return FormatDate(static_cast<const arrow::Date32Array&>(array).Value(row));
    default:
      break;
  }
  const auto scalar = array.GetScalar(row);
  return scalar.ok() ? (*scalar)->ToString() : "?";
}

Status DoesNotFit(const arrow::Array& array, std::int64_t row, Fit fit, const Conversion& conversion) {
  const std::string value = ValueText(array, row);
  const std::string place = ConversionPlace(conversion, row);
  if (fit == Fit::kOutOfRange) {
    return Status(Reason::kValueOutOfRange,
                  "value is out of the range of " + TypeName(conversion.target) + ": " + value + place,
                  conversion.target.kind == TypeKind::kTimestamp
                      ? "correct it where it is made: an instant is a 64-bit count of microseconds since 1970"
                      : "correct it where it is made, or declare a wider type");
  }
  return Status(Reason::kInexactValue,
                "value does not fit " + TypeName(conversion.target) + " exactly: " + value + place,
                conversion.target.kind == TypeKind::kTimestamp ? "round it to microseconds where it is made"
                                                               : "round it where it is made, or declare a wider type");
}

// Maps every value by `map(From) -> pair<To, Fit>`; nulls too (the map must not mind garbage), but only values that are
// there can fail. The first that does is named.
template <class From, class To, class Map>
ArrayResult MapValues(const arrow::Array& array, const Conversion& conversion, Map map) {
  const From* const in = array.data()->GetValues<From>(1);
  const std::int64_t length = array.length();
  auto allocated = arrow::AllocateBuffer(length * static_cast<std::int64_t>(sizeof(To)), conversion.pool);
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> values, FromArrow(std::move(allocated)));
  To* const out = values->template mutable_data_as<To>();
  for (std::int64_t row = 0; row < length; ++row) {
    const std::pair<To, Fit> mapped = map(in[row]);
    if (mapped.second != Fit::kFits && array.IsValid(row)) return DoesNotFit(array, row, mapped.second, conversion);
    out[row] = mapped.first;
  }
  LARDER_ASSIGN_OR_RETURN(auto validity, CopyValidity(array, conversion.pool));
  return arrow::MakeArray(arrow::ArrayData::Make(ToArrow(conversion.target), length, {validity, values}));
}

// The one rule of numbers: to a float rounds once, to an integer must be exact.
template <class From, class To>
std::pair<To, Fit> MapNumber(From value) {
  if constexpr (std::floating_point<To>) {
    return {static_cast<To>(value), Fit::kFits};
  } else if constexpr (std::floating_point<From>) {
    // The bounds are powers of two, so they are floats without rounding; NaN fails the comparison.
    constexpr From kLimit = static_cast<From>(std::uint64_t{1} << (sizeof(To) * 8 - 1));
    if (!(value >= -kLimit && value < kLimit) || std::trunc(value) != value) return {To{0}, Fit::kInexact};
    return {static_cast<To>(value), Fit::kFits};
  } else {
    if (std::in_range<To>(value)) return {static_cast<To>(value), Fit::kFits};
    return {To{0}, std::same_as<To, std::int64_t> ? Fit::kOutOfRange : Fit::kInexact};
  }
}

template <class From>
ArrayResult NumbersTo(const arrow::Array& array, const Conversion& conversion) {
  switch (conversion.target.kind) {
    case TypeKind::kInt32:
      return MapValues<From, std::int32_t>(array, conversion, MapNumber<From, std::int32_t>);
    case TypeKind::kInt64:
      return MapValues<From, std::int64_t>(array, conversion, MapNumber<From, std::int64_t>);
    case TypeKind::kFloat32:
      return MapValues<From, float>(array, conversion, MapNumber<From, float>);
    default:
      return MapValues<From, double>(array, conversion, MapNumber<From, double>);
  }
}

ArrayResult ConvertHalfFloats(const arrow::Array& array, const Conversion& conversion) {
  Conversion to_float = conversion;
  to_float.target = ValueType::Of(TypeKind::kFloat32);
  LARDER_ASSIGN_OR_RETURN(auto floats, (MapValues<std::uint16_t, float>(array, to_float, [](std::uint16_t bits) {
                            return std::pair(arrow::util::Float16::FromBits(bits).ToFloat(), Fit::kFits);
                          })));
  if (conversion.target == to_float.target) return floats;
  return NumbersTo<float>(*floats, conversion);
}

// Goes over the digits, so that the result is the decimal rounded once; powers of ten in floats would round twice.
template <class Decimals, class Builder>
ArrayResult DecimalsTo(const Decimals& array, const Conversion& conversion) {
  Builder builder(conversion.pool);
  LARDER_RETURN_IF_ERROR(FromArrow(builder.Reserve(array.length())));
  for (std::int64_t row = 0; row < array.length(); ++row) {
    if (array.IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const std::string digits = array.FormatValue(row);
    typename Builder::value_type value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (parsed.ec != std::errc()) return DoesNotFit(array, row, Fit::kOutOfRange, conversion);
    builder.UnsafeAppend(value);
  }
  return FromArrow(builder.Finish());
}

template <class Decimals>
ArrayResult DecimalsTo(const arrow::Array& array, const Conversion& conversion) {
  const auto& decimals = static_cast<const Decimals&>(array);
  if (conversion.target.kind == TypeKind::kFloat32)
    return DecimalsTo<Decimals, arrow::FloatBuilder>(decimals, conversion);
  return DecimalsTo<Decimals, arrow::DoubleBuilder>(decimals, conversion);
}

template <std::int64_t kFactor>
std::pair<std::int64_t, Fit> Multiply(std::int64_t value) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(value, kFactor, &product)) return {0, Fit::kOutOfRange};
  return {product, Fit::kFits};
}

}  // namespace

std::string ConversionPlace(const Conversion& conversion, std::int64_t row) {
  const std::string row_name = conversion.name_row ? conversion.name_row(row) : "row " + std::to_string(row + 1);
  return " (column '" + conversion.column + "', " + row_name + ")";
}

Result<std::shared_ptr<arrow::Buffer>> CopyValidity(const arrow::Array& array, arrow::MemoryPool* pool) {
  if (array.null_count() == 0) return std::shared_ptr<arrow::Buffer>();
  return FromArrow(arrow::internal::CopyBitmap(pool, array.null_bitmap_data(), array.offset(), array.length()));
}

std::shared_ptr<arrow::Array> RetypeValues(const arrow::Array& array, ValueType type) {
  auto data = array.data()->Copy();
  data->type = ToArrow(type);
  return arrow::MakeArray(std::move(data));
}

ArrayResult ConvertNumbers(const arrow::Array& array, const Conversion& conversion) {
  switch (array.type_id()) {
    case arrow::Type::INT8:
      return NumbersTo<std::int8_t>(array, conversion);
    case arrow::Type::INT16:
      return NumbersTo<std::int16_t>(array, conversion);
    case arrow::Type::INT32:
      return NumbersTo<std::int32_t>(array, conversion);
    case arrow::Type::INT64:
      return NumbersTo<std::int64_t>(array, conversion);
    case arrow::Type::UINT8:
      return NumbersTo<std::uint8_t>(array, conversion);
    case arrow::Type::UINT16:
      return NumbersTo<std::uint16_t>(array, conversion);
    case arrow::Type::UINT32:
      return NumbersTo<std::uint32_t>(array, conversion);
    case arrow::Type::UINT64:
      return NumbersTo<std::uint64_t>(array, conversion);
    case arrow::Type::HALF_FLOAT:
      return ConvertHalfFloats(array, conversion);
    case arrow::Type::FLOAT:
      return NumbersTo<float>(array, conversion);
    default:
      return NumbersTo<double>(array, conversion);
  }
}

ArrayResult ConvertDecimals(const arrow::Array& array, const Conversion& conversion) {
  switch (array.type_id()) {
    case arrow::Type::DECIMAL32:
      return DecimalsTo<arrow::Decimal32Array>(array, conversion);
    case arrow::Type::DECIMAL64:
      return DecimalsTo<arrow::Decimal64Array>(array, conversion);
    case arrow::Type::DECIMAL128:
      return DecimalsTo<arrow::Decimal128Array>(array, conversion);
    default:
      return DecimalsTo<arrow::Decimal256Array>(array, conversion);
  }
}

ArrayResult ConvertTimestamps(const arrow::Array& array, const Conversion& conversion) {
  using Int = std::int64_t;
  switch (static_cast<const arrow::TimestampType&>(*array.type()).unit()) {
    case arrow::TimeUnit::SECOND:
      return MapValues<Int, Int>(array, conversion, Multiply<kMicrosPerSecond>);
    case arrow::TimeUnit::MILLI:
      return MapValues<Int, Int>(array, conversion, Multiply<1000>);
    case arrow::TimeUnit::MICRO:
      return RetypeValues(array, conversion.target);
    case arrow::TimeUnit::NANO:
      break;
  }
  return MapValues<Int, Int>(array, conversion, [](Int value) {
    return std::pair(value / 1000, value % 1000 == 0 ? Fit::kFits : Fit::kInexact);
  });
}

ArrayResult ConvertDates(const arrow::Array& array, const Conversion& conversion) {
  const bool in_days = array.type_id() == arrow::Type::DATE32;
  if (conversion.target.kind == TypeKind::kTimestamp) {
    if (!in_days) return MapValues<std::int64_t, std::int64_t>(array, conversion, Multiply<1000>);
    return MapValues<std::int32_t, std::int64_t>(array, conversion, Multiply<kMicrosPerDay>);
  }
  if (in_days) return RetypeValues(array, conversion.target);
  return MapValues<std::int64_t, std::int32_t>(array, conversion, [](std::int64_t ms) {
    constexpr std::int64_t kMillisPerDay = kMicrosPerDay / 1000;
    const std::int64_t days = ms / kMillisPerDay;
    if (ms % kMillisPerDay != 0) return std::pair(std::int32_t{0}, Fit::kInexact);
    if (!std::in_range<std::int32_t>(days)) return std::pair(std::int32_t{0}, Fit::kOutOfRange);
    return std::pair(static_cast<std::int32_t>(days), Fit::kFits);
  });
}

}  // namespace larder
