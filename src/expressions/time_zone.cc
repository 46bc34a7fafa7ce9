#include "expressions/time_zone.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>

#include "base/timestamp.h"

namespace larder {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxNameBytes = 128;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kDaysPer400Years = 146'097;

std::int64_t FloorDivide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::int64_t SaturatedAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

// Reads big-endian numbers and runs of bytes; once something is missing, everything is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  std::string_view rest() const { return bytes_; }

  std::string_view Take(std::size_t count) {
    if (bytes_.size() < count) ok_ = false;
    if (!ok_) return {};
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  std::int64_t TakeInteger(std::size_t byte_count) {
    const std::string_view bytes = Take(byte_count);
    std::uint64_t value = 0;
    if (!bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0) value = ~std::uint64_t{0};
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
  }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

// A day of the year and a local time at which a POSIX rule changes the offset.
struct RuleDate {
  enum class Kind : std::uint8_t { kJulian, kDayOfYear, kWeekday };
  Kind kind = Kind::kWeekday;
  int month = 0;
  int week = 0;  // 5: the last
  int day = 0;   // weekday from Sunday, or day of the year
  std::int64_t seconds = 2 * 3600;
};

// The footer of a TZif file: what holds after the last transition (POSIX, with the extensions of RFC 8536).
struct PosixRule {
  std::int64_t standard_offset = 0;
  bool has_daylight = false;
  std::int64_t daylight_offset = 0;
  RuleDate begin;
  RuleDate end;
};

bool IsLeapYear(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

// Returns the local time of the change, in seconds since the epoch as if local were UTC.
std::int64_t ChangeSeconds(const RuleDate& date, std::int64_t year) {
  const std::int64_t new_year = DaysFromCivil({year, 1, 1});
  std::int64_t days = 0;
  if (date.kind == RuleDate::Kind::kDayOfYear) {
    days = new_year + date.day;
  } else if (date.kind == RuleDate::Kind::kJulian) {
    // February 29 is never counted.
    days = new_year + date.day - 1 + (IsLeapYear(year) && date.day > 59 ? 1 : 0);
  } else {
    const std::int64_t first = DaysFromCivil({year, date.month, 1});
    const std::int64_t next =
        date.month == 12 ? DaysFromCivil({year + 1, 1, 1}) : DaysFromCivil({year, date.month + 1, 1});
    const std::int64_t first_weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    days = first + (date.day - first_weekday + 7) % 7 + (date.week - 1) * 7;
    while (days >= next) days -= 7;
  }
  return days * kSecondsPerDay + date.seconds;
}

std::int64_t RuleOffset(const PosixRule& rule, std::int64_t second) {
  if (!rule.has_daylight) return rule.standard_offset;
  // The calendar repeats every 400 years, which keeps far years within reach of the date arithmetic.
  const std::int64_t cycle = kDaysPer400Years * kSecondsPerDay;
  const std::int64_t base = FloorDivide(second, cycle) * cycle;
  const std::int64_t inside = second - base;
  const std::int64_t year = CivilFromDays(FloorDivide(inside + rule.standard_offset, kSecondsPerDay)).year;
  const std::int64_t begin = ChangeSeconds(rule.begin, year) - rule.standard_offset;
  const std::int64_t end = ChangeSeconds(rule.end, year) - rule.daylight_offset;
  const bool daylight = begin < end ? inside >= begin && inside < end : inside < end || inside >= begin;
  return daylight ? rule.daylight_offset : rule.standard_offset;
}

class RuleParser {
 public:
  explicit RuleParser(std::string_view text) : text_(text) {}

  std::optional<PosixRule> Run() {
    PosixRule rule;
    if (!TakeName()) return std::nullopt;
    const auto standard = TakeTime();
    if (!standard) return std::nullopt;
    rule.standard_offset = -*standard;
    if (text_.empty()) return rule;
    rule.has_daylight = true;
    if (!TakeName()) return std::nullopt;
    rule.daylight_offset = rule.standard_offset + 3600;
    if (!text_.empty() && text_.front() != ',') {
      const auto daylight = TakeTime();
      if (!daylight) return std::nullopt;
      rule.daylight_offset = -*daylight;
    }
    if (!TakeDate(rule.begin) || !TakeDate(rule.end) || !text_.empty()) return std::nullopt;
    return rule;
  }

 private:
  bool TakeChar(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }

  // Takes `CET` or `<+03>`.
  bool TakeName() {
    if (TakeChar('<')) {
      const std::size_t end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    std::size_t length = 0;
    while (length < text_.size() &&
           ((text_[length] >= 'A' && text_[length] <= 'Z') || (text_[length] >= 'a' && text_[length] <= 'z')))
      ++length;
    text_.remove_prefix(length);
    return length >= 3;
  }

  std::optional<int> TakeNumber(int greatest) {
    int value = 0;
    std::size_t length = 0;
    while (length < text_.size() && length < 4 && text_[length] >= '0' && text_[length] <= '9') {
      value = value * 10 + (text_[length++] - '0');
    }
    text_.remove_prefix(length);
    if (length == 0 || value > greatest) return std::nullopt;
    return value;
  }

  // Takes [+-]hours[:minutes[:seconds]] as seconds.
  std::optional<std::int64_t> TakeTime() {
    const bool negative = TakeChar('-');
    if (!negative) TakeChar('+');
    const auto hours = TakeNumber(167);
    if (!hours) return std::nullopt;
    std::int64_t seconds = *hours * 3600LL;
    for (const std::int64_t unit : {60, 1}) {
      if (!TakeChar(':')) break;
      const auto part = TakeNumber(59);
      if (!part) return std::nullopt;
      seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
  }

  bool TakeDate(RuleDate& date) {
    if (!TakeChar(',') || !TakeDay(date)) return false;
    if (!TakeChar('/')) return true;
    const auto seconds = TakeTime();
    if (seconds) date.seconds = *seconds;
    return seconds.has_value();
  }

  bool TakeDay(RuleDate& date) {
    if (!TakeChar('M')) {
      date.kind = TakeChar('J') ? RuleDate::Kind::kJulian : RuleDate::Kind::kDayOfYear;
      const auto day = TakeNumber(365);
      date.day = day.value_or(0);
      return day && (date.kind == RuleDate::Kind::kDayOfYear || *day >= 1);
    }
    const auto month = TakeNumber(12);
    if (!month || *month < 1 || !TakeChar('.')) return false;
    const auto week = TakeNumber(5);
    if (!week || *week < 1 || !TakeChar('.')) return false;
    const auto day = TakeNumber(6);
    if (!day) return false;
    date.month = *month;
    date.week = *week;
    date.day = *day;
    return true;
  }

  std::string_view text_;
};

class TableZone final : public TimeZone {
 public:
  std::int64_t OffsetSeconds(std::int64_t instant_us) const override {
    const std::int64_t second = FloorDivide(instant_us, kMicrosPerSecond);
    const auto after = std::upper_bound(transitions.begin(), transitions.end(), second);
    if (after == transitions.end() && rule) return RuleOffset(*rule, second);
    if (after == transitions.begin()) return first_offset;
    return offsets[static_cast<std::size_t>(after - transitions.begin()) - 1];
  }

  std::vector<std::int64_t> transitions;  // seconds since the epoch, ascending
  std::vector<std::int64_t> offsets;      // from the transition of the same index on
  std::int64_t first_offset = 0;
  std::optional<PosixRule> rule;
};

struct Header {
  char version = 0;
  std::size_t utc_count = 0;
  std::size_t standard_count = 0;
  std::size_t leap_count = 0;
  std::size_t transition_count = 0;
  std::size_t type_count = 0;
  std::size_t name_bytes = 0;

  std::size_t BodyBytes(std::size_t time_bytes) const {
    return transition_count * (time_bytes + 1) + type_count * 6 + name_bytes + leap_count * (time_bytes + 4) +
           standard_count + utc_count;
  }
};

std::optional<Header> TakeHeader(Reader& reader) {
  Header header;
  if (reader.Take(4) != "TZif") return std::nullopt;
  const std::string_view version = reader.Take(1);
  reader.Take(15);
  for (std::size_t* count : {&header.utc_count, &header.standard_count, &header.leap_count, &header.transition_count,
                             &header.type_count, &header.name_bytes}) {
    const std::int64_t value = reader.TakeInteger(4);
    if (value < 0 || value > static_cast<std::int64_t>(kMaxFileBytes)) return std::nullopt;
    *count = static_cast<std::size_t>(value);
  }
  if (!reader.ok() || header.type_count == 0) return std::nullopt;
  header.version = version[0];
  return header;
}

bool TakeBody(Reader& reader, const Header& header, std::size_t time_bytes, TableZone& zone) {
  for (std::size_t i = 0; i < header.transition_count; ++i) {
    zone.transitions.push_back(reader.TakeInteger(time_bytes));
    if (!reader.ok() || (i > 0 && zone.transitions[i] <= zone.transitions[i - 1])) return false;
  }
  const std::string_view indexes = reader.Take(header.transition_count);
  std::vector<std::int64_t> type_offsets;
  for (std::size_t i = 0; i < header.type_count && reader.ok(); ++i) {
    type_offsets.push_back(reader.TakeInteger(4));
    reader.Take(2);
    // RFC 8536 asks for -25 to +26 hours; anything a week long could overflow nothing here.
    if (std::abs(type_offsets.back()) > 7 * kSecondsPerDay) return false;
  }
  reader.Take(header.name_bytes + header.leap_count * (time_bytes + 4) + header.standard_count + header.utc_count);
  if (!reader.ok()) return false;
  for (const char index : indexes) {
    const auto type = static_cast<std::size_t>(static_cast<unsigned char>(index));
    if (type >= type_offsets.size()) return false;
    zone.offsets.push_back(type_offsets[type]);
  }
  zone.first_offset = type_offsets[0];
  return true;
}

Status Damaged() { return Status(Reason::kDamaged, "a time zone file is not in TZif format", "reinstall tzdata"); }

bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name.front() == '/' || name.find("..") != std::string_view::npos)
    return false;
  // These count leap seconds, which instants here do not.
  if (name.starts_with("right/")) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  });
}

Status UnknownZone(std::string_view name) {
  return Status(Reason::kValueOutOfRange, "unknown time zone: '" + std::string(name.substr(0, kMaxNameBytes)) + "'",
                "name an IANA zone such as 'Europe/Berlin' or 'UTC'");
}

}  // namespace

std::int64_t TimeZone::ToLocal(std::int64_t instant_us) const {
  return SaturatedAdd(instant_us, OffsetSeconds(instant_us) * kMicrosPerSecond);
}

std::int64_t TimeZone::FromLocal(std::int64_t local_us) const {
  // The offset in force well before this wall-clock time, and well after it. Offsets are less than a day and change
  // less than once in two days, so one of both is the right one unless the time lies in a gap.
  const std::int64_t before = OffsetSeconds(SaturatedAdd(local_us, -kMicrosPerDay)) * kMicrosPerSecond;
  const std::int64_t after = OffsetSeconds(SaturatedAdd(local_us, kMicrosPerDay)) * kMicrosPerSecond;
  const std::int64_t with_before = SaturatedAdd(local_us, -before);
  if (before == after || OffsetSeconds(with_before) * kMicrosPerSecond == before) return with_before;
  const std::int64_t with_after = SaturatedAdd(local_us, -after);
  if (OffsetSeconds(with_after) * kMicrosPerSecond == after) return with_after;
  return with_before;
}

Result<std::shared_ptr<const TimeZone>> ParseTimeZone(std::string_view content) {
  if (content.size() > kMaxFileBytes) return Damaged();
  auto zone = std::make_shared<TableZone>();
  Reader reader(content);
  auto header = TakeHeader(reader);
  if (!header) return Damaged();
  std::size_t time_bytes = 4;
  if (header->version >= '2') {
    // The same again follows with 64-bit times.
    reader.Take(header->BodyBytes(4));
    header = TakeHeader(reader);
    if (!header) return Damaged();
    time_bytes = 8;
  }
  if (!TakeBody(reader, *header, time_bytes, *zone)) return Damaged();
  if (time_bytes == 8) {
    const std::string_view footer = reader.rest();
    if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') return Damaged();
    const std::string_view rule = footer.substr(1, footer.size() - 2);
    if (!rule.empty()) {
      zone->rule = RuleParser(rule).Run();
      if (!zone->rule) return Damaged();
    }
  }
  return std::shared_ptr<const TimeZone>(std::move(zone));
}

std::string TimeZoneFolder() {
  const char* named = std::getenv("TZDIR");
  return named != nullptr && *named != '\0' ? named : "/usr/share/zoneinfo";
}

TimeZoneDatabase::TimeZoneDatabase(std::string folder) : folder_(std::move(folder)) {}

Result<const TimeZone*> TimeZoneDatabase::Find(std::string_view name) const {
  if (!IsZoneName(name)) return UnknownZone(name);
  const std::lock_guard lock(mutex_);
  const auto found = zones_.find(std::string(name));
  if (found != zones_.end()) {
    if (found->second == nullptr) return UnknownZone(name);
    return found->second.get();
  }
  const std::string path = folder_ + "/" + std::string(name);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return UnknownZone(name);
  std::ifstream file(path, std::ios::binary);
  std::string content;
  if (file) content.assign(std::istreambuf_iterator<char>(file), {});
  auto zone = content.empty() ? Result<std::shared_ptr<const TimeZone>>(UnknownZone(name)) : ParseTimeZone(content);
  if (!zone.ok()) return zone.status().reason() == Reason::kDamaged ? zone.status().WithContext(name) : zone.status();
  return zones_.emplace(std::string(name), std::move(*zone)).first->second.get();
}

}  // namespace larder
