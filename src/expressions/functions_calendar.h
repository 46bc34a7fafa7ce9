// The parts of an instant, as the calendar functions share them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/timestamp.h"
#include "expressions/kernel.h"

namespace larder {

/// Names the units of date_trunc and date_diff.
enum class CalendarUnit : std::uint8_t {
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
};

/// Parses the name of a unit, singular or plural, whatever its case. Fails with kValueOutOfRange and lists the units.
Result<CalendarUnit> ParseCalendarUnit(std::string_view name);

/// Parses a unit for an argument.
struct CalendarUnitParse {
  Result<CalendarUnit> operator()(KernelCall&, std::string_view name) const { return ParseCalendarUnit(name); }
};
/// Reads the name of a unit.
template <>
class ArgumentReader<std::optional<CalendarUnit>> : public ParsedReader<CalendarUnit, CalendarUnitParse> {
  using ParsedReader::ParsedReader;
};

/// Returns a / b and a mod b, rounded toward minus infinity; b is positive.
constexpr std::int64_t FloorQuotient(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
constexpr std::int64_t FloorRemainder(std::int64_t a, std::int64_t b) { return a % b + (a % b < 0 ? b : 0); }

/// Returns the day, since the epoch, that holds a time; and its date.
inline std::int64_t DayOf(std::int64_t time_us) { return FloorQuotient(time_us, kMicrosPerDay); }
inline CivilDate CivilOf(std::int64_t time_us) { return CivilFromDays(DayOf(time_us)); }

/// Returns 1 for Monday to 7 for Sunday.
inline std::int64_t IsoWeekday(std::int64_t day) { return FloorRemainder(day + 3, 7) + 1; }

/// Returns how many days a month has.
int DaysInMonth(std::int64_t year, int month);

inline constexpr Failure kUnknownZone = {Reason::kInvalidData, "unknown time zone",
                                         "name an IANA zone such as 'Europe/Berlin'; try(...) gives null"};
inline constexpr Failure kUnknownUnit = {Reason::kInvalidData, "unknown unit of time", "try(...) gives null"};
inline constexpr Failure kInstantOverflow = {Reason::kValueOutOfRange, "an instant does not fit",
                                             "try(...) gives null"};

using ZoneArgument = const std::optional<const TimeZone*>&;
using UnitArgument = const std::optional<CalendarUnit>&;

}  // namespace larder
