// Instants from texts and numbers, and back.
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "expressions/functions_by_group.h"
#include "expressions/functions_calendar.h"
#include "expressions/functions_duration.h"
#include "expressions/kernel.h"

namespace larder {
namespace {

constexpr Failure kNoInstant = {Reason::kInvalidData, "a text is no instant",
                                "give ISO 8601, or the format; try(...) gives null"};
constexpr Failure kNoDate = {Reason::kInvalidData, "a text is no date", "give YYYY-MM-DD; try(...) gives null"};
constexpr Failure kBadFormat = {Reason::kInvalidData, "a format is not valid", "%Y %m %d %H %M %S %f %j %y %z %%"};
constexpr std::string_view kConversions = "YmdHMSfjyz%";

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

Outcome<std::int64_t> InstantOfText(std::string_view text) {
  const std::string_view trimmed = Trimmed(text);
  const Result<std::int64_t> instant_us = ParseInstant(trimmed);
  if (!instant_us.ok()) return kNoInstant;
  return *instant_us;
}
std::int64_t SameInstant(std::int64_t instant_us) { return instant_us; }

// A format whose conversions are known.
struct TimeFormat {
  std::string_view text;
};
struct TimeFormatParse {
  Result<TimeFormat> operator()(KernelCall&, std::string_view text) const {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '%') continue;
      if (++i == text.size() || kConversions.find(text[i]) == std::string_view::npos) {
        return Status(Reason::kValueOutOfRange, "a format is not valid: '" + std::string(text.substr(0, 60)) + "'",
                      "%Y year, %m month, %d day, %H hour, %M minute, %S second, %f fraction, %j day of the year, %y "
                      "two-digit year, %z offset, %% percent");
      }
    }
    return TimeFormat{text};
  }
};

}  // namespace

/// Reads a format of times.
template <>
class ArgumentReader<std::optional<TimeFormat>> : public ParsedReader<TimeFormat, TimeFormatParse> {
  using ParsedReader::ParsedReader;
};

namespace {

using FormatArgument = const std::optional<TimeFormat>&;

// Reads a text by a format into the parts of an instant.
class FormatReader {
 public:
  explicit FormatReader(std::string_view text) : text_(text) {}

  std::optional<std::int64_t> Run(std::string_view format) {
    for (std::size_t i = 0; i < format.size(); ++i) {
      const bool taken = format[i] == '%' ? TakePart(format[++i]) : TakeChar(format[i]);
      if (!taken) return std::nullopt;
    }
    if (!text_.empty()) return std::nullopt;
    return Instant();
  }

 private:
  bool TakeChar(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool TakeNumber(std::size_t most_digits, std::int64_t& number) {
    std::size_t length = 0;
    number = 0;
    while (length < most_digits && length < text_.size() && text_[length] >= '0' && text_[length] <= '9') {
      number = number * 10 + (text_[length++] - '0');
    }
    text_.remove_prefix(length);
    return length > 0;
  }

  bool TakeFraction() {
    std::int64_t scale_us = kMicrosPerSecond;
    std::size_t length = 0;
    for (; length < text_.size() && text_[length] >= '0' && text_[length] <= '9'; ++length) {
      scale_us /= 10;
      // Digits below a microsecond would be lost.
      if (scale_us == 0 && text_[length] != '0') return false;
      fraction_us_ += scale_us * (text_[length] - '0');
    }
    text_.remove_prefix(length);
    return length > 0;
  }

  bool TakeOffset() {
    if (TakeChar('Z')) return true;
    const bool negative = !text_.empty() && text_.front() == '-';
    if (!TakeChar('-') && !TakeChar('+')) return false;
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    if (!TakeNumber(2, hours)) return false;
    TakeChar(':');
    if (!text_.empty() && !TakeNumber(2, minutes)) return false;
    if (hours > 23 || minutes > 59) return false;
    offset_seconds_ = (hours * 60 + minutes) * (negative ? -60 : 60);
    return true;
  }

  bool TakePart(char conversion) {
    switch (conversion) {
      case 'Y':
        return TakeNumber(4, year_);
      case 'y':
        // As POSIX has it: 69 to 99 are the last century's.
        if (!TakeNumber(2, year_)) return false;
        year_ += year_ >= 69 ? 1900 : 2000;
        return true;
      case 'm':
        return TakeNumber(2, month_);
      case 'd':
        return TakeNumber(2, day_);
      case 'j':
        return TakeNumber(3, day_of_year_);
      case 'H':
        return TakeNumber(2, hour_);
      case 'M':
        return TakeNumber(2, minute_);
      case 'S':
        return TakeNumber(2, second_);
      case 'f':
        return TakeFraction();
      case 'z':
        return TakeOffset();
      default:
        return TakeChar('%');
    }
  }

  std::optional<std::int64_t> Instant() const {
    if (year_ < 1 || month_ < 1 || month_ > 12 || day_ < 1 || hour_ > 23 || minute_ > 59 || second_ > 59) {
      return std::nullopt;
    }
    const auto month = static_cast<int>(month_);
    if (day_ > DaysInMonth(year_, month)) return std::nullopt;
    std::int64_t day = DaysFromCivil({year_, month, static_cast<int>(day_)});
    if (day_of_year_ >= 0) {
      const std::int64_t new_year = DaysFromCivil({year_, 1, 1});
      day = new_year + day_of_year_ - 1;
      if (day_of_year_ < 1 || day >= DaysFromCivil({year_ + 1, 1, 1})) return std::nullopt;
    }
    const std::int64_t seconds = day * 86'400 + hour_ * 3600 + minute_ * 60 + second_ - offset_seconds_;
    return seconds * kMicrosPerSecond + fraction_us_;
  }

  std::string_view text_;
  std::int64_t year_ = 1970;
  std::int64_t month_ = 1;
  std::int64_t day_ = 1;
  std::int64_t day_of_year_ = -1;  // below zero: not given
  std::int64_t hour_ = 0;
  std::int64_t minute_ = 0;
  std::int64_t second_ = 0;
  std::int64_t fraction_us_ = 0;
  std::int64_t offset_seconds_ = 0;
};

Outcome<std::int64_t> InstantByFormat(std::string_view text, FormatArgument format) {
  if (!format) return kBadFormat;
  const std::optional<std::int64_t> instant_us = FormatReader(text).Run(format->text);
  if (!instant_us) return kNoInstant;
  return *instant_us;
}

void AppendPadded(std::string& out, std::int64_t value, std::size_t width) {
  const std::string digits = std::to_string(value < 0 ? -value : value);
  if (value < 0) out += '-';
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

// A local time and how far it is from UTC.
struct LocalTime {
  std::int64_t time_us = 0;
  std::int64_t offset_seconds = 0;
};

void AppendPart(std::string& out, char conversion, LocalTime local) {
  const CivilDate date = CivilOf(local.time_us);
  const std::int64_t second_of_day = FloorRemainder(local.time_us, kMicrosPerDay) / kMicrosPerSecond;
  switch (conversion) {
    case 'Y':
      return AppendPadded(out, date.year, 4);
    case 'y':
      return AppendPadded(out, FloorRemainder(date.year, 100), 2);
    case 'm':
      return AppendPadded(out, date.month, 2);
    case 'd':
      return AppendPadded(out, date.day, 2);
    case 'j':
      return AppendPadded(out, DayOf(local.time_us) - DaysFromCivil({date.year, 1, 1}) + 1, 3);
    case 'H':
      return AppendPadded(out, second_of_day / 3600, 2);
    case 'M':
      return AppendPadded(out, second_of_day / 60 % 60, 2);
    case 'S':
      return AppendPadded(out, second_of_day % 60, 2);
    case 'f':
      return AppendPadded(out, FloorRemainder(local.time_us, kMicrosPerSecond), 6);
    case 'z': {
      const std::int64_t minutes = std::abs(local.offset_seconds) / 60;
      out += local.offset_seconds < 0 ? '-' : '+';
      AppendPadded(out, minutes / 60 * 100 + minutes % 60, 4);
      return;
    }
    default:
      out += conversion;
  }
}

Outcome<bool> FormatLocal(std::string& out, LocalTime local, FormatArgument format) {
  if (!format) return kBadFormat;
  const std::string_view text = format->text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (out.size() > kMaxTextBytes) return kTextTooLong;
    if (text[i] == '%') {
      AppendPart(out, text[++i], local);
    } else {
      out += text[i];
    }
  }
  return true;
}
Outcome<bool> FormatUtc(std::string& out, std::int64_t instant_us, FormatArgument format) {
  return FormatLocal(out, {instant_us, 0}, format);
}
Outcome<bool> FormatInZone(std::string& out, std::int64_t instant_us, FormatArgument format, ZoneArgument zone) {
  if (!zone) return kUnknownZone;
  return FormatLocal(out, {(*zone)->ToLocal(instant_us), (*zone)->OffsetSeconds(instant_us)}, format);
}

Outcome<std::int64_t> DateOfText(std::string_view text) {
  const Result<std::int32_t> days = ParseDate(Trimmed(text));
  if (!days.ok()) return kNoDate;
  return std::int64_t{*days};
}
std::int64_t DateOfInstant(std::int64_t instant_us) { return DayOf(instant_us); }
Outcome<std::int64_t> DateInZone(std::int64_t instant_us, ZoneArgument zone) {
  if (!zone) return kUnknownZone;
  return DayOf((*zone)->ToLocal(instant_us));
}

Outcome<std::int64_t> UtcToLocal(std::int64_t instant_us, ZoneArgument zone) {
  if (!zone) return kUnknownZone;
  return (*zone)->ToLocal(instant_us);
}
Outcome<std::int64_t> LocalToUtc(std::int64_t local_us, ZoneArgument zone) {
  if (!zone) return kUnknownZone;
  return (*zone)->FromLocal(local_us);
}

template <std::int64_t unit_us>
std::int64_t SinceEpoch(std::int64_t instant_us) {
  return FloorQuotient(instant_us, unit_us);
}
template <std::int64_t unit_us>
Outcome<std::int64_t> FromEpoch(std::int64_t count) {
  std::int64_t instant_us = 0;
  if (__builtin_mul_overflow(count, unit_us, &instant_us)) return kInstantOverflow;
  return instant_us;
}
template <std::int64_t unit_us>
Outcome<std::int64_t> FromEpochFloat(double count) {
  return RoundedProduct(count, unit_us);
}

template <std::int64_t unit_us>
std::vector<Overload> FromEpochOverloads() {
  return {{"(int64) -> timestamp", Map<FromEpoch<unit_us>>}, {"(float64) -> timestamp", Map<FromEpochFloat<unit_us>>}};
}

std::vector<FunctionRow> TextTimes() {
  using enum FunctionGroup;
  return {
      {"to_timestamp",
       kTime,
       {{"(timestamp) -> timestamp", Map<SameInstant>},
        {"(string) -> timestamp", Map<InstantOfText>},
        {"(string, string) -> timestamp", Map<InstantByFormat>},
        {"(int64) -> timestamp", Map<FromEpoch<kMicrosPerSecond>>},
        {"(float64) -> timestamp", Map<FromEpochFloat<kMicrosPerSecond>>}},
       "Makes an instant of ISO 8601 text (UTC unless it says otherwise), of text by a format, of a date, or of "
       "seconds "
       "since 1970; a text that does not fit is an error",
       "to_timestamp('04/07/2015 09:30', '%d/%m/%Y %H:%M')",
       "2015-07-04T09:30:00Z"},
      {"to_date",
       kTime,
       {{"(date) -> date", Map<SameInstant>},
        {"(string) -> date", Map<DateOfText>},
        {"(timestamp) -> date", Map<DateOfInstant>},
        {"(timestamp, string) -> date", Map<DateInZone>}},
       "Makes a date of YYYY-MM-DD or of an instant, in UTC or in a zone; a text that does not fit is an error",
       "to_date(timestamp '2015-07-04T02:00:00Z', 'America/New_York')",
       "2015-07-03"},
      {"format_timestamp",
       kTime,
       {{"(timestamp, string) -> string", MapText<FormatUtc>},
        {"(timestamp, string, string) -> string", MapText<FormatInZone>}},
       "Writes an instant by a format (%Y %m %d %H %M %S %f %j %y %z), in UTC or in a zone",
       "format_timestamp(timestamp '2015-07-04T09:30:00Z', '%d.%m.%Y %H:%M %z', 'Europe/Berlin')",
       "04.07.2015 11:30 +0200"},
      {"utc_to_local",
       kTime,
       {{"(timestamp, string) -> timestamp", Map<UtcToLocal>}},
       "Gives the time on the wall in a zone, as if it were UTC",
       "utc_to_local(timestamp '2015-07-04T09:30:00Z', 'Europe/Berlin')",
       "2015-07-04T11:30:00Z"},
      {"local_to_utc",
       kTime,
       {{"(timestamp, string) -> timestamp", Map<LocalToUtc>}},
       "Gives the instant of a time on the wall in a zone; the first where it occurs twice, as much later where it is "
       "left out",
       "local_to_utc(timestamp '2015-07-04T11:30:00Z', 'Europe/Berlin')",
       "2015-07-04T09:30:00Z"},
  };
}

std::vector<FunctionRow> EpochTimes() {
  using enum FunctionGroup;
  return {
      {"epoch_seconds",
       kTime,
       {{"(timestamp) -> int64", Map<SinceEpoch<kMicrosPerSecond>>}},
       "Gives whole seconds since 1970-01-01",
       "epoch_seconds(timestamp '2015-01-01')",
       "1420070400"},
      {"epoch_millis",
       kTime,
       {{"(timestamp) -> int64", Map<SinceEpoch<1000>>}},
       "Gives whole milliseconds since 1970-01-01",
       "epoch_millis(timestamp '2015-01-01')",
       "1420070400000"},
      {"epoch_micros",
       kTime,
       {{"(timestamp) -> int64", Map<SinceEpoch<1>>}},
       "Gives microseconds since 1970-01-01, exactly",
       "epoch_micros(timestamp '2015-01-01')",
       "1420070400000000"},
      {"from_epoch_seconds", kTime, FromEpochOverloads<kMicrosPerSecond>(),
       "Makes an instant of seconds since 1970-01-01; fractions are rounded half-even to the microsecond",
       "from_epoch_seconds(1420070400.5)", "2015-01-01T00:00:00.500000Z"},
      {"from_epoch_millis", kTime, FromEpochOverloads<1000>(), "Makes an instant of milliseconds since 1970-01-01",
       "from_epoch_millis(1420070400000)", "2015-01-01T00:00:00Z"},
      {"from_epoch_micros", kTime, FromEpochOverloads<1>(), "Makes an instant of microseconds since 1970-01-01",
       "from_epoch_micros(1420070400000000)", "2015-01-01T00:00:00Z"},
  };
}

}  // namespace

std::vector<FunctionRow> TimeFunctions() {
  std::vector<FunctionRow> rows = TextTimes();
  for (FunctionRow& row : EpochTimes()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace larder
