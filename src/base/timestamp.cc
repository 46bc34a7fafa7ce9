#include "base/timestamp.h"

#include <array>
#include <charconv>
#include <optional>

#include "text/instant_text.h"

namespace larder {
namespace {

// Reads text from its front; each Take leaves the text as it was when it does not fit.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool empty() const { return text_.empty(); }

  bool TakeChar(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::optional<int> TakeDigits(std::size_t digit_count) {
    if (text_.size() < digit_count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digit_count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(digit_count);
    return value;
  }

  std::string_view TakeDigitRun() {
    std::size_t length = 0;
    while (length < text_.size() && text_[length] >= '0' && text_[length] <= '9') ++length;
    const std::string_view run = text_.substr(0, length);
    text_.remove_prefix(length);
    return run;
  }

 private:
  std::string_view text_;
};

int DaysInMonth(std::int64_t year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

std::optional<std::int64_t> TakeDate(Reader& reader) {
  const auto year = reader.TakeDigits(4);
  if (!year || !reader.TakeChar('-')) return std::nullopt;
  const auto month = reader.TakeDigits(2);
  if (!month || !reader.TakeChar('-')) return std::nullopt;
  const auto day = reader.TakeDigits(2);
  if (!day || *year < 1 || *month < 1 || *month > 12 || *day < 1 || *day > DaysInMonth(*year, *month)) {
    return std::nullopt;
  }
  return DaysFromCivil({*year, *month, *day});
}

// Returns microseconds of a fraction's digits; nullopt without digits, -1 when digits below a microsecond are not zero.
std::optional<std::int64_t> FractionUs(std::string_view digits) {
  if (digits.empty() || digits.size() > 18) return std::nullopt;
  std::int64_t value_us = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i >= 6 && digits[i] != '0') return -1;
    if (i < 6) value_us = value_us * 10 + (digits[i] - '0');
  }
  for (std::size_t i = digits.size(); i < 6; ++i) value_us *= 10;
  return value_us;
}

// Takes `+02`, `+02:00`, `+0200`, `Z` or nothing; nullopt when there is something else.
std::optional<std::int64_t> TakeOffsetUs(Reader& reader) {
  if (reader.empty() || reader.TakeChar('Z') || reader.TakeChar('z')) return 0;
  const bool plus = reader.TakeChar('+');
  if (!plus && !reader.TakeChar('-')) return std::nullopt;
  const auto hours = reader.TakeDigits(2);
  if (!hours || *hours > 23) return std::nullopt;
  int minutes = 0;
  if (!reader.empty()) {
    reader.TakeChar(':');
    const auto taken = reader.TakeDigits(2);
    if (!taken || *taken > 59) return std::nullopt;
    minutes = *taken;
  }
  const std::int64_t offset_us = (*hours * 3600LL + minutes * 60LL) * kMicrosPerSecond;
  return plus ? offset_us : -offset_us;
}

struct TimeOfDay {
  std::int64_t us = 0;
  bool exact = true;
};

std::optional<TimeOfDay> TakeTimeOfDay(Reader& reader) {
  const auto hour = reader.TakeDigits(2);
  if (!hour || *hour > 23 || !reader.TakeChar(':')) return std::nullopt;
  const auto minute = reader.TakeDigits(2);
  if (!minute || *minute > 59) return std::nullopt;
  TimeOfDay time{(*hour * 3600LL + *minute * 60LL) * kMicrosPerSecond, true};
  if (!reader.TakeChar(':')) return time;
  const auto second = reader.TakeDigits(2);
  if (!second || *second > 59) return std::nullopt;
  time.us += *second * kMicrosPerSecond;
  if (!reader.TakeChar('.')) return time;
  const auto fraction_us = FractionUs(reader.TakeDigitRun());
  if (!fraction_us) return std::nullopt;
  time.exact = *fraction_us >= 0;
  time.us += time.exact ? *fraction_us : 0;
  return time;
}

Status InvalidInstant(std::string_view text) {
  return Status(Reason::kInvalidTimestamp, "not an instant: '" + std::string(text) + "'",
                "write ISO 8601, such as 2015-01-02T13:05:00Z");
}

struct Unit {
  std::string_view name;
  std::int64_t us;
};
constexpr std::array<Unit, 7> kUnits = {Unit{"us", 1},
                                        Unit{"ms", 1000},
                                        Unit{"s", kMicrosPerSecond},
                                        Unit{"m", 60 * kMicrosPerSecond},
                                        Unit{"h", 3600 * kMicrosPerSecond},
                                        Unit{"d", kMicrosPerDay},
                                        Unit{"w", 7 * kMicrosPerDay}};

// Returns the date of the calendar and the time of the day.
CivilMoment MomentOf(std::int64_t instant_us) {
  std::int64_t days = instant_us / kMicrosPerDay;
  std::int64_t rest_us = instant_us % kMicrosPerDay;
  if (rest_us < 0) {
    rest_us += kMicrosPerDay;
    --days;
  }
  const CivilDate date = CivilFromDays(days);
  return {date.year, date.month, date.day, rest_us};
}

std::string FormatInstantWith(std::int64_t instant_us, bool always_micros) {
  std::array<char, kMaxInstantChars> text;
  char* const end = WriteInstant(MomentOf(instant_us), always_micros, text.data());
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

}  // namespace

// The calendar of both directions: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (days_from_civil,
// civil_from_days): eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
std::int64_t DaysFromCivil(CivilDate date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

CivilDate CivilFromDays(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  date.month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

Result<std::int64_t> ParseInstant(std::string_view text) {
  Reader reader(text);
  const auto days = TakeDate(reader);
  if (!days) return InvalidInstant(text);
  TimeOfDay time;
  if (reader.TakeChar('T') || reader.TakeChar('t') || reader.TakeChar(' ')) {
    const auto taken = TakeTimeOfDay(reader);
    if (!taken) return InvalidInstant(text);
    time = *taken;
    const auto offset_us = TakeOffsetUs(reader);
    if (!offset_us) return InvalidInstant(text);
    time.us -= *offset_us;
  }
  if (!reader.empty()) return InvalidInstant(text);
  if (!time.exact) {
    return Status(Reason::kInexactValue, "instant is finer than a microsecond: '" + std::string(text) + "'",
                  "round it to at most six digits of the second");
  }
  return *days * kMicrosPerDay + time.us;
}

Result<std::int32_t> ParseDate(std::string_view text) {
  Reader reader(text);
  const auto days = TakeDate(reader);
  if (!days || !reader.empty()) {
    return Status(Reason::kInvalidTimestamp, "not a date: '" + std::string(text) + "'", "write it as 2015-01-02");
  }
  return static_cast<std::int32_t>(*days);
}

std::string FormatInstant(std::int64_t instant_us) { return FormatInstantWith(instant_us, false); }

std::string FormatInstantMicros(std::int64_t instant_us) { return FormatInstantWith(instant_us, true); }

std::string FormatDate(std::int64_t days) {
  const CivilDate date = CivilFromDays(days);
  std::array<char, kMaxInstantChars> text;
  char* const end = WriteDate({date.year, date.month, date.day, 0}, text.data());
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

Result<std::int64_t> ParseDuration(std::string_view text) {
  const Status invalid(Reason::kInvalidDuration, "not a duration: '" + std::string(text) + "'",
                       "write a whole number and one of us ms s m h d w, such as 250ms or 7d");
  std::int64_t count = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return invalid;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return invalid;
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : kUnits) {
    if (unit.name != suffix) continue;
    std::int64_t duration_us = 0;
    if (__builtin_mul_overflow(count, unit.us, &duration_us)) {
      return Status(Reason::kInvalidDuration, "duration does not fit 64-bit microseconds: '" + std::string(text) + "'",
                    "the longest is about 106751991d");
    }
    return duration_us;
  }
  return invalid;
}

std::string FormatDuration(std::int64_t duration_us) {
  if (duration_us == 0) return "0s";
  for (std::size_t i = kUnits.size() - 1; i-- > 1;) {  // weeks are read, never written
    if (duration_us % kUnits[i].us == 0)
      return std::to_string(duration_us / kUnits[i].us) + std::string(kUnits[i].name);
  }
  return std::to_string(duration_us) + "us";
}

}  // namespace larder
