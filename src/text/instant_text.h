// Dates and moments of the civil calendar as ISO text.
#pragma once

#include <cstddef>
#include <cstdint>

namespace larder {

/// Holds a moment of the proleptic Gregorian calendar, UTC.
struct CivilMoment {
  std::int64_t year = 1970;
  int month = 1;               ///< 1 to 12
  int day = 1;                 ///< 1 to 31
  std::int64_t us_of_day = 0;  ///< microseconds since midnight
};

/// The most characters that a moment takes.
inline constexpr std::size_t kMaxInstantChars = 48;

/// Writes `2015-01-02` to `out`, which has room for kMaxInstantChars; returns the end. A year outside 0 to 9999 takes
/// as many digits as it needs.
char* WriteDate(const CivilMoment& moment, char* out);

/// Writes `2015-01-02T13:05:00Z`, with a fraction of six digits when it is not zero, or always; as WriteDate.
char* WriteInstant(const CivilMoment& moment, bool always_micros, char* out);

}  // namespace larder
