#include "expressions/time_zone.h"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <random>

#include <gtest/gtest.h>

#include "base/timestamp.h"

namespace larder {
namespace {

std::int64_t Instant(std::string_view text) { return ParseInstant(text).value(); }

std::string Local(std::string_view zone, std::string_view instant) {
  const TimeZoneDatabase zones;
  return FormatInstant(zones.Find(zone).value()->ToLocal(Instant(instant)));
}

TEST(TimeZoneTest, KnownOffsets) {
  EXPECT_EQ(Local("UTC", "2015-01-01"), "2015-01-01T00:00:00Z");
  EXPECT_EQ(Local("Europe/Berlin", "2015-03-29T00:59:59Z"), "2015-03-29T01:59:59Z");
  EXPECT_EQ(Local("Europe/Berlin", "2015-03-29T01:00:00Z"), "2015-03-29T03:00:00Z");
  EXPECT_EQ(Local("Asia/Kathmandu", "2015-01-01"), "2015-01-01T05:45:00Z");
  EXPECT_EQ(Local("Europe/Amsterdam", "1850-01-01").substr(0, 10), "1850-01-01");
}

TEST(TimeZoneTest, TheRuleHoldsFarBeyondTheTable) {
  EXPECT_EQ(Local("Europe/Berlin", "2500-07-01"), "2500-07-01T02:00:00Z");
  EXPECT_EQ(Local("Europe/Berlin", "9999-12-01"), "9999-12-01T01:00:00Z");
  EXPECT_EQ(Local("America/New_York", "3000-07-01T00:00:00Z"), "3000-06-30T20:00:00Z");
  EXPECT_EQ(Local("Australia/Sydney", "2600-01-01"), "2600-01-01T11:00:00Z");
  EXPECT_EQ(Local("Europe/Dublin", "2600-07-01"), "2600-07-01T01:00:00Z");
  EXPECT_EQ(Local("Europe/Dublin", "2600-01-01"), "2600-01-01T00:00:00Z");
  EXPECT_EQ(Local("Asia/Tokyo", "2600-01-01"), "2600-01-01T09:00:00Z");
}

TEST(TimeZoneTest, WallClockTimesInGapsAndRepeats) {
  const TimeZoneDatabase zones;
  const TimeZone& berlin = *zones.Find("Europe/Berlin").value();
  EXPECT_EQ(FormatInstant(berlin.FromLocal(Instant("2015-03-29T02:30:00"))), "2015-03-29T01:30:00Z");
  EXPECT_EQ(FormatInstant(berlin.FromLocal(Instant("2015-10-25T02:30:00"))), "2015-10-25T00:30:00Z");
  EXPECT_EQ(FormatInstant(berlin.FromLocal(Instant("2015-10-25T03:00:00"))), "2015-10-25T02:00:00Z");
  EXPECT_EQ(FormatInstant(berlin.FromLocal(Instant("2015-07-01T12:00:00"))), "2015-07-01T10:00:00Z");
  // Samoa left out the whole of 2011-12-30.
  const TimeZone& apia = *zones.Find("Pacific/Apia").value();
  EXPECT_EQ(FormatInstant(apia.FromLocal(Instant("2011-12-30T12:00:00"))), "2011-12-30T22:00:00Z");
  EXPECT_EQ(berlin.ToLocal(INT64_MAX), INT64_MAX);
}

// The C library reads the same files by its own code.
TEST(TimeZoneTest, AgreesWithTheLibrary) {
  const TimeZoneDatabase zones;
  std::mt19937_64 random(1);
  for (const char* name :
       {"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe",
        "Africa/Casablanca", "Europe/Dublin", "America/Nuuk", "Pacific/Chatham", "Asia/Tehran", "Antarctica/Troll",
        "America/Havana", "Asia/Gaza", "Etc/GMT+5"}) {
    const TimeZone& zone = *zones.Find(name).value();
    setenv("TZ", name, 1);
    tzset();
    for (int i = 0; i < 3000; ++i) {
      std::uniform_int_distribution<std::int64_t> seconds(-3'000'000'000, i % 2 == 0 ? 4'000'000'000 : 200'000'000'000);
      const std::time_t second = seconds(random);
      std::tm local{};
      ASSERT_NE(localtime_r(&second, &local), nullptr);
      ASSERT_EQ(zone.OffsetSeconds(second * kMicrosPerSecond), local.tm_gmtoff) << name << " " << second;
    }
  }
  unsetenv("TZ");
  tzset();
}

TEST(TimeZoneTest, NamesThatAreNoZones) {
  const TimeZoneDatabase zones;
  for (const std::string_view name :
       {"", "Nowhere", "../passwd", "/etc/passwd", "Europe", "right/UTC", "a\nb", "tzdata.zi"}) {
    EXPECT_EQ(zones.Find(name).status().reason(), Reason::kValueOutOfRange) << name;
  }
  EXPECT_EQ(zones.Find("Nowhere").status().message(), "unknown time zone: 'Nowhere'");
}

std::string ReadZone(const std::string& name) {
  std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(TimeZoneTest, CutAndChangedFilesAreRefusedOrRead) {
  const std::string whole = ReadZone("Europe/Berlin");
  ASSERT_TRUE(ParseTimeZone(whole).ok());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(ParseTimeZone(std::string_view(whole).substr(0, size)).status().reason(), Reason::kDamaged) << size;
  }
  std::mt19937_64 random(2);
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string changed = whole;
    changed[random() % changed.size()] = static_cast<char>(random());
    const auto zone = ParseTimeZone(changed);
    refused += zone.ok() ? 0 : 1;
    if (zone.ok()) (*zone)->OffsetSeconds(static_cast<std::int64_t>(random()));
  }
  EXPECT_GT(refused, 0);
}

std::string WithRule(const std::string& rule) {
  const std::string whole = ReadZone("Etc/UTC");
  return whole.substr(0, whole.rfind('\n', whole.size() - 2) + 1) + rule + "\n";
}

TEST(TimeZoneTest, RulesOfEveryForm) {
  const auto offset = [](const std::string& rule, std::string_view instant) {
    const auto zone = ParseTimeZone(WithRule(rule));
    return zone.ok() ? (*zone)->OffsetSeconds(Instant(instant)) : -1;
  };
  EXPECT_EQ(offset("<+0330>-3:30", "2015-01-01"), 12600);
  EXPECT_EQ(offset("AAA3BBB,J60/0,J300/0", "2015-03-01T03:00:00Z"), -7200);
  EXPECT_EQ(offset("AAA3BBB,J60/0,J300/0", "2016-03-01T02:59:59Z"), -10800);
  EXPECT_EQ(offset("AAA3BBB,J60/0,J300/0", "2016-03-01T03:00:00Z"), -7200);
  EXPECT_EQ(offset("AAA0BBB,59/0,300/0", "2016-02-29T00:00:00Z"), 3600);
  EXPECT_EQ(offset("AAA0BBB,59/0,300/0", "2015-02-28T23:59:59Z"), 0);
  EXPECT_EQ(offset("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2024-03-31T01:00:00Z"), -7200);
  EXPECT_EQ(offset("XXX3EDT4,0/0,J365/23", "2024-07-01"), -14400);
  for (const std::string rule : {"A1", "AAA", "AAA1BBB", "AAA1BBB,M13.1.0,M10.1.0", "AAA1BBB,M3.6.0,M10.1.0",
                                 "AAA1BBB,M3.5.7,M10.1.0", "AAA1BBB,J0,J1", "AAA1BBB,M3.5.0", "AAA999", "<A1"}) {
    EXPECT_FALSE(ParseTimeZone(WithRule(rule)).ok()) << rule;
  }
}

}  // namespace
}  // namespace larder
