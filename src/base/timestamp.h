// Instants and durations: int64 microseconds, and their text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace larder {

/// The least and greatest instants that text can name: 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z.
inline constexpr std::int64_t kMinTextInstantUs = -62'135'596'800'000'000;
inline constexpr std::int64_t kMaxTextInstantUs = 253'402'300'799'999'999;

/// Stands for "the beginning of time": the event time of rows of a source without a time column.
inline constexpr std::int64_t kBeginningOfTimeUs = INT64_MIN;

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

/// Holds a date of the proleptic Gregorian calendar.
struct CivilDate {
  std::int64_t year = 1970;
  int month = 1;  ///< 1 to 12
  int day = 1;    ///< 1 to 31
};

/// Returns the days from 1970-01-01 to this date. Exact for years -30000 to 30000.
std::int64_t DaysFromCivil(CivilDate date);
/// Returns the date of a count of days since 1970-01-01.
CivilDate CivilFromDays(std::int64_t days);

/// Parses an instant in ISO 8601: `2015-01-02`, `2015-01-02T13:05`, `...:00`, `...:00.123456`, a space in place of T,
/// then nothing (UTC), `Z`, `+02`, `+02:00` or `+0200`. Fails with kInvalidTimestamp on anything else, on a date that
/// does not exist, on a year outside 0001-9999; with kInexactValue when digits below a microsecond are not zero.
Result<std::int64_t> ParseInstant(std::string_view text);

/// Parses `2015-01-02` to days since 1970-01-01. Fails with kInvalidTimestamp.
Result<std::int32_t> ParseDate(std::string_view text);

/// Returns the instant as ISO text in UTC with a Z: seconds, and a fraction of six digits only when it is not zero.
/// Instants outside the years 0001-9999 are given with as many digits of the year as it needs.
std::string FormatInstant(std::int64_t instant_us);

/// Returns ISO text with six digits of the second always: `2015-01-02T13:05:00.000000Z`.
std::string FormatInstantMicros(std::int64_t instant_us);

/// Returns `2015-01-02` for days since 1970-01-01.
std::string FormatDate(std::int64_t days);

/// Parses a duration: a whole number and one of `us ms s m h d w`, such as `250ms`. Fails with kInvalidDuration on
/// anything else, also on a sign and on an overflow of int64 microseconds.
Result<std::int64_t> ParseDuration(std::string_view text);

/// Returns a duration in the largest unit of `us ms s m h d` that divides it, such as `90s` or `7d`; zero is `0s`.
std::string FormatDuration(std::int64_t duration_us);

}  // namespace larder
