// Durations from numbers and back.
#include "expressions/functions_duration.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/timestamp.h"
#include "expressions/functions_by_group.h"

namespace larder {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr std::int64_t kMillisecond = 1'000;
constexpr std::int64_t kSecond = kMicrosPerSecond;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = kMicrosPerDay;
constexpr std::int64_t kWeek = 7 * kDay;

// Returns magnitude / 2^shift rounded half-even; shift is positive.
Wide ShiftRightHalfEven(Wide magnitude, int shift) {
  if (shift > 127) return 0;
  const Wide whole = magnitude >> shift;
  const Wide rest = magnitude - (whole << shift);
  const Wide half = Wide{1} << (shift - 1);
  const bool up = rest > half || (rest == half && (whole & 1) != 0);
  return up ? whole + 1 : whole;
}

Outcome<std::int64_t> Signed(Wide magnitude, bool negative) {
  const Wide limit = Wide{1} << 63;
  if (magnitude > limit || (magnitude == limit && !negative)) return kIntegerOverflow;
  const auto bits = static_cast<std::uint64_t>(magnitude);
  return static_cast<std::int64_t>(negative ? ~bits + 1 : bits);
}

template <std::int64_t unit>
Outcome<std::int64_t> FromInteger(std::int64_t count) {
  std::int64_t duration_us = 0;
  if (__builtin_mul_overflow(count, unit, &duration_us)) return kIntegerOverflow;
  return duration_us;
}
template <std::int64_t unit>
Outcome<std::int64_t> FromFloat(double count) {
  return RoundedProduct(count, unit);
}
template <std::int64_t unit>
double Total(std::int64_t duration_us) {
  return static_cast<double>(duration_us) / static_cast<double>(unit);
}
std::int64_t Same(std::int64_t duration_us) { return duration_us; }

template <std::int64_t unit>
std::vector<Overload> Makers() {
  return {{"(int64) -> duration", Map<FromInteger<unit>>}, {"(float64) -> duration", Map<FromFloat<unit>>}};
}

}  // namespace

Outcome<std::int64_t> RoundedProduct(double value, std::int64_t unit) {
  if (!std::isfinite(value)) return std::nullopt;
  if (value == 0 || unit == 0) return std::int64_t{0};
  int exponent = 0;
  // |value| = mantissa * 2^(exponent - 53) with a whole mantissa of 53 bits.
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(std::frexp(std::fabs(value), &exponent), 53));
  const auto unit_bits = static_cast<std::uint64_t>(unit);
  const Wide product = Wide{mantissa} * Wide{unit < 0 ? ~unit_bits + 1 : unit_bits};
  const bool negative = (value < 0) != (unit < 0);
  const int shift = 53 - exponent;
  if (shift > 0) return Signed(ShiftRightHalfEven(product, shift), negative);
  // The product is at least 2^52: anything shifted further than this is beyond int64.
  if (-shift > 11) return kIntegerOverflow;
  return Signed(product << -shift, negative);
}

Outcome<std::int64_t> RoundedInteger(double value) { return RoundedProduct(value, 1); }

std::vector<FunctionRow> DurationFunctions() {
  using enum FunctionGroup;
  return {
      {"microseconds", kDuration, Makers<1>(), "Makes a duration; fractions are rounded half-even to the microsecond",
       "total_microseconds(microseconds(2.5))", "2"},
      {"milliseconds", kDuration, Makers<kMillisecond>(), "Makes a duration", "total_microseconds(milliseconds(1.5))",
       "1500"},
      {"seconds", kDuration, Makers<kSecond>(), "Makes a duration", "timestamp '2015-01-01' + seconds(90)",
       "2015-01-01T00:01:30Z"},
      {"minutes", kDuration, Makers<kMinute>(), "Makes a duration", "timestamp '2015-01-01' + minutes(5.5)",
       "2015-01-01T00:05:30Z"},
      {"hours", kDuration, Makers<kHour>(), "Makes a duration", "timestamp '2015-01-01' - hours(1)",
       "2014-12-31T23:00:00Z"},
      {"days", kDuration, Makers<kDay>(), "Makes a duration of 24 hours each", "date '2015-01-01' + days(31)",
       "2015-02-01T00:00:00Z"},
      {"weeks", kDuration, Makers<kWeek>(), "Makes a duration of 7 days each", "weeks(1) / days(1)", "7.0"},
      {"total_microseconds",
       kDuration,
       {{"(duration) -> int64", Map<Same>}},
       "Gives a duration in microseconds, exactly",
       "total_microseconds(seconds(1))",
       "1000000"},
      {"total_milliseconds",
       kDuration,
       {{"(duration) -> float64", Map<Total<kMillisecond>>}},
       "Gives a duration in milliseconds",
       "total_milliseconds(seconds(1.5))",
       "1500.0"},
      {"total_seconds",
       kDuration,
       {{"(duration) -> float64", Map<Total<kSecond>>}},
       "Gives a duration in seconds",
       "total_seconds(timestamp '2015-01-01T00:01:00Z' - timestamp '2015-01-01')",
       "60.0"},
      {"total_minutes",
       kDuration,
       {{"(duration) -> float64", Map<Total<kMinute>>}},
       "Gives a duration in minutes",
       "total_minutes(hours(1.5))",
       "90.0"},
      {"total_hours",
       kDuration,
       {{"(duration) -> float64", Map<Total<kHour>>}},
       "Gives a duration in hours",
       "total_hours(days(2))",
       "48.0"},
      {"total_days",
       kDuration,
       {{"(duration) -> float64", Map<Total<kDay>>}},
       "Gives a duration in days of 24 hours",
       "total_days(hours(36))",
       "1.5"},
  };
}

}  // namespace larder
