// Parts of instants, and steps of the calendar.
#include "expressions/functions_calendar.h"

#include <array>
#include <limits>

#include "expressions/functions_by_group.h"
#include "expressions/lexer.h"

namespace larder {

Result<CalendarUnit> ParseCalendarUnit(std::string_view name) {
  constexpr std::array<std::string_view, 10> kNames = {"microsecond", "millisecond", "second", "minute",  "hour",
                                                       "day",         "week",        "month",  "quarter", "year"};
  std::string lower = LowerAscii(name.substr(0, 16));
  if (lower.ends_with('s')) lower.pop_back();
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == lower) return static_cast<CalendarUnit>(i);
  }
  return Status(Reason::kValueOutOfRange, "unknown unit of time: '" + std::string(name.substr(0, 40)) + "'",
                "microsecond, millisecond, second, minute, hour, day, week, month, quarter or year");
}

int DaysInMonth(std::int64_t year, int month) {
  const CivilDate next = month == 12 ? CivilDate{year + 1, 1, 1} : CivilDate{year, month + 1, 1};
  return static_cast<int>(DaysFromCivil(next) - DaysFromCivil({year, month, 1}));
}

namespace {

std::int64_t Year(std::int64_t time_us) { return CivilOf(time_us).year; }
std::int64_t Quarter(std::int64_t time_us) { return (CivilOf(time_us).month - 1) / 3 + 1; }
std::int64_t Month(std::int64_t time_us) { return CivilOf(time_us).month; }
std::int64_t Day(std::int64_t time_us) { return CivilOf(time_us).day; }
std::int64_t Hour(std::int64_t time_us) { return FloorRemainder(time_us, kMicrosPerDay) / (3600 * kMicrosPerSecond); }
std::int64_t Minute(std::int64_t time_us) {
  return FloorRemainder(time_us, kMicrosPerDay) / (60 * kMicrosPerSecond) % 60;
}
std::int64_t Second(std::int64_t time_us) { return FloorRemainder(time_us, kMicrosPerDay) / kMicrosPerSecond % 60; }
std::int64_t Millisecond(std::int64_t time_us) { return FloorRemainder(time_us, kMicrosPerSecond) / 1000; }
std::int64_t Microsecond(std::int64_t time_us) { return FloorRemainder(time_us, kMicrosPerSecond); }
std::int64_t DayOfWeek(std::int64_t time_us) { return IsoWeekday(DayOf(time_us)); }
bool IsWeekend(std::int64_t time_us) { return DayOfWeek(time_us) >= 6; }
std::int64_t DayOfYear(std::int64_t time_us) {
  return DayOf(time_us) - DaysFromCivil({CivilOf(time_us).year, 1, 1}) + 1;
}
// ISO 8601: a week belongs to the year of its Thursday.
std::int64_t Thursday(std::int64_t time_us) { return DayOf(time_us) - IsoWeekday(DayOf(time_us)) + 4; }
std::int64_t IsoYear(std::int64_t time_us) { return CivilFromDays(Thursday(time_us)).year; }
std::int64_t IsoWeek(std::int64_t time_us) {
  const std::int64_t day = Thursday(time_us);
  return (day - DaysFromCivil({CivilFromDays(day).year, 1, 1})) / 7 + 1;
}
std::int64_t MonthLength(std::int64_t time_us) {
  const CivilDate date = CivilOf(time_us);
  return DaysInMonth(date.year, date.month);
}

template <auto part>
auto InZone(std::int64_t instant_us, ZoneArgument zone) -> Outcome<decltype(part(instant_us))> {
  if (!zone) return kUnknownZone;
  return part((*zone)->ToLocal(instant_us));
}

template <auto part>
std::vector<Overload> PartOverloads() {
  return {{"(timestamp) -> int64", Map<part>}, {"(timestamp, string) -> int64", Map<InZone<part>>}};
}

// Microseconds of the units that have one length.
std::int64_t FixedLength(CalendarUnit unit) {
  constexpr std::array<std::int64_t, 7> kLengths = {
      1, 1000, kMicrosPerSecond, 60 * kMicrosPerSecond, 3600 * kMicrosPerSecond, kMicrosPerDay, 7 * kMicrosPerDay};
  return kLengths[static_cast<std::size_t>(unit)];
}

// Counts the units from a fixed beginning to this time; a boundary between two units raises it by one.
std::int64_t UnitIndex(CalendarUnit unit, std::int64_t time_us) {
  const CivilDate date = CivilOf(time_us);
  switch (unit) {
    case CalendarUnit::kYear:
      return date.year;
    case CalendarUnit::kQuarter:
      return date.year * 4 + (date.month - 1) / 3;
    case CalendarUnit::kMonth:
      return date.year * 12 + date.month - 1;
    case CalendarUnit::kWeek:
      return FloorQuotient(DayOf(time_us) + 3, 7);
    default:
      return FloorQuotient(time_us, FixedLength(unit));
  }
}

Outcome<std::int64_t> FromDay(std::int64_t day) {
  std::int64_t time_us = 0;
  if (__builtin_mul_overflow(day, kMicrosPerDay, &time_us)) return kInstantOverflow;
  return time_us;
}

Outcome<std::int64_t> Truncated(CalendarUnit unit, std::int64_t time_us) {
  const CivilDate date = CivilOf(time_us);
  switch (unit) {
    case CalendarUnit::kYear:
      return FromDay(DaysFromCivil({date.year, 1, 1}));
    case CalendarUnit::kQuarter:
      return FromDay(DaysFromCivil({date.year, (date.month - 1) / 3 * 3 + 1, 1}));
    case CalendarUnit::kMonth:
      return FromDay(DaysFromCivil({date.year, date.month, 1}));
    case CalendarUnit::kWeek:
      return FromDay(DayOf(time_us) - IsoWeekday(DayOf(time_us)) + 1);
    default:
      break;
  }
  std::int64_t start_us = 0;
  const bool overflows = __builtin_sub_overflow(time_us, FloorRemainder(time_us, FixedLength(unit)), &start_us);
  return overflows ? Outcome<std::int64_t>(kInstantOverflow) : Outcome<std::int64_t>(start_us);
}

Outcome<std::int64_t> DateTrunc(UnitArgument unit, std::int64_t instant_us) {
  if (!unit) return kUnknownUnit;
  return Truncated(*unit, instant_us);
}
Outcome<std::int64_t> DateTruncInZone(UnitArgument unit, std::int64_t instant_us, ZoneArgument zone) {
  if (!unit) return kUnknownUnit;
  if (!zone) return kUnknownZone;
  // Units below a day are steps on the clock: the offset in force is kept, so an hour that occurs twice stays itself.
  const std::int64_t local_us = (*zone)->ToLocal(instant_us);
  const Outcome<std::int64_t> start = Truncated(*unit, local_us);
  if (start.is_null) return start;
  if (*unit < CalendarUnit::kDay) return instant_us - (local_us - start.value);
  return (*zone)->FromLocal(start.value);
}

Outcome<std::int64_t> DateDiff(UnitArgument unit, std::int64_t from_us, std::int64_t to_us) {
  if (!unit) return kUnknownUnit;
  std::int64_t count = 0;
  if (__builtin_sub_overflow(UnitIndex(*unit, to_us), UnitIndex(*unit, from_us), &count)) return kIntegerOverflow;
  return count;
}
Outcome<std::int64_t> DateDiffInZone(UnitArgument unit, std::int64_t from_us, std::int64_t to_us, ZoneArgument zone) {
  if (!zone) return kUnknownZone;
  return DateDiff(unit, (*zone)->ToLocal(from_us), (*zone)->ToLocal(to_us));
}

Outcome<std::int64_t> AddMonths(std::int64_t time_us, std::int64_t count) {
  constexpr std::int64_t kMostMonths = 7'200'000;  // more than all years that an instant can have
  if (count < -kMostMonths || count > kMostMonths) return kInstantOverflow;
  const CivilDate date = CivilOf(time_us);
  const std::int64_t months = date.year * 12 + date.month - 1 + count;
  CivilDate moved{FloorQuotient(months, 12), static_cast<int>(FloorRemainder(months, 12)) + 1, 1};
  moved.day = std::min(date.day, DaysInMonth(moved.year, moved.month));
  const Outcome<std::int64_t> day_us = FromDay(DaysFromCivil(moved));
  if (day_us.is_null) return day_us;
  std::int64_t moved_us = 0;
  if (__builtin_add_overflow(day_us.value, FloorRemainder(time_us, kMicrosPerDay), &moved_us)) return kInstantOverflow;
  return moved_us;
}
Outcome<std::int64_t> AddMonthsInZone(std::int64_t instant_us, std::int64_t count, ZoneArgument zone) {
  if (!zone) return kUnknownZone;
  const Outcome<std::int64_t> moved = AddMonths((*zone)->ToLocal(instant_us), count);
  if (moved.is_null) return moved;
  return (*zone)->FromLocal(moved.value);
}

std::optional<std::int64_t> MakeDate(std::int64_t year, std::int64_t month, std::int64_t day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return std::nullopt;
  if (day > DaysInMonth(year, static_cast<int>(month))) return std::nullopt;
  return DaysFromCivil({year, static_cast<int>(month), static_cast<int>(day)});
}

std::vector<FunctionRow> DateParts() {
  using enum FunctionGroup;
  return {
      {"year", kTime, PartOverloads<Year>(), "Gives the year, in UTC or in a zone",
       "year(timestamp '2015-07-04T09:30:15Z')", "2015"},
      {"quarter", kTime, PartOverloads<Quarter>(), "Gives the quarter, 1 to 4", "quarter(date '2015-07-04')", "3"},
      {"month", kTime, PartOverloads<Month>(), "Gives the month, 1 to 12", "month(date '2015-07-04')", "7"},
      {"day", kTime, PartOverloads<Day>(), "Gives the day of the month, 1 to 31",
       "day(timestamp '2015-07-04T02:00:00Z', 'America/New_York')", "3"},
      {"days_in_month", kTime, PartOverloads<MonthLength>(), "Gives how many days the month has",
       "days_in_month(date '2016-02-10')", "29"},
      {"day_of_week", kTime, PartOverloads<DayOfWeek>(), "Gives the day of the week: Monday 1 to Sunday 7 (ISO 8601)",
       "day_of_week(date '2015-07-04')", "6"},
      {"day_of_year", kTime, PartOverloads<DayOfYear>(), "Gives the day of the year, 1 to 366",
       "day_of_year(date '2015-02-01')", "32"},
      {"is_weekend",
       kTime,
       {{"(timestamp) -> bool", Map<IsWeekend>}, {"(timestamp, string) -> bool", Map<InZone<IsWeekend>>}},
       "Tells whether the day is a Saturday or Sunday",
       "is_weekend(date '2015-07-04')",
       "true"},
      {"iso_week", kTime, PartOverloads<IsoWeek>(),
       "Gives the week, 1 to 53 (ISO 8601: week 1 holds the first Thursday)", "iso_week(date '2016-01-01')", "53"},
      {"iso_year", kTime, PartOverloads<IsoYear>(), "Gives the year that the ISO week belongs to",
       "iso_year(date '2016-01-01')", "2015"},
  };
}

std::vector<FunctionRow> ClockParts() {
  using enum FunctionGroup;
  return {
      {"hour", kTime, PartOverloads<Hour>(), "Gives the hour, 0 to 23, in UTC or in a zone",
       "hour(timestamp '2015-07-04T09:30:15Z', 'Europe/Berlin')", "11"},
      {"minute", kTime, PartOverloads<Minute>(), "Gives the minute, 0 to 59",
       "minute(timestamp '2015-07-04T09:30:15Z')", "30"},
      {"second", kTime, PartOverloads<Second>(), "Gives the second, 0 to 59",
       "second(timestamp '2015-07-04T09:30:15Z')", "15"},
      {"millisecond",
       kTime,
       {{"(timestamp) -> int64", Map<Millisecond>}},
       "Gives the milliseconds of the second, 0 to 999",
       "millisecond(timestamp '2015-07-04T09:30:15.25Z')",
       "250"},
      {"microsecond",
       kTime,
       {{"(timestamp) -> int64", Map<Microsecond>}},
       "Gives the microseconds of the second, 0 to 999999",
       "microsecond(timestamp '2015-07-04T09:30:15.25Z')",
       "250000"},
  };
}

std::vector<FunctionRow> CalendarSteps() {
  using enum FunctionGroup;
  return {
      {"date_trunc",
       kTime,
       {{"(string, timestamp) -> timestamp", Map<DateTrunc>},
        {"(string, timestamp, string) -> timestamp", Map<DateTruncInZone>}},
       "Gives the beginning of the unit that holds the instant: microsecond, millisecond, second, minute, hour, day, "
       "week "
       "(from Monday), month, quarter, year; in UTC or in a zone",
       "date_trunc('day', timestamp '2015-07-04T09:30:15Z', 'Europe/Berlin')",
       "2015-07-03T22:00:00Z"},
      {"date_diff",
       kTime,
       {{"(string, timestamp, timestamp) -> int64", Map<DateDiff>},
        {"(string, timestamp, timestamp, string) -> int64", Map<DateDiffInZone>}},
       "Counts the boundaries of a unit that lie between two instants; negative when the second is the earlier",
       "date_diff('day', timestamp '2015-07-04T23:00:00Z', timestamp '2015-07-05T01:00:00Z')",
       "1"},
      {"add_months",
       kTime,
       {{"(timestamp, int64) -> timestamp", Map<AddMonths>},
        {"(timestamp, int64, string) -> timestamp", Map<AddMonthsInZone>}},
       "Moves an instant by months; a day that the month lacks becomes its last",
       "add_months(date '2015-01-31', 1)",
       "2015-02-28T00:00:00Z"},
      {"make_date",
       kTime,
       {{"(int64, int64, int64) -> date", Map<MakeDate>}},
       "Makes a date of year (1 to 9999), month and day; null when there is no such day",
       "make_date(2015, 7, 4)",
       "2015-07-04"},
  };
}

}  // namespace

std::vector<FunctionRow> CalendarFunctions() {
  std::vector<FunctionRow> rows = DateParts();
  for (auto* part : {ClockParts, CalendarSteps}) {
    for (FunctionRow& row : part()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace larder
