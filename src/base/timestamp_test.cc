#include "base/timestamp.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(TimestampTest, ReadsIsoText) {
  EXPECT_EQ(*ParseInstant("1970-01-01"), 0);
  EXPECT_EQ(*ParseInstant("1970-01-01T00:00:01Z"), 1'000'000);
  EXPECT_EQ(*ParseInstant("2015-01-02T13:05"), 1'420'203'900'000'000);
  EXPECT_EQ(*ParseInstant("2015-01-02 13:05:00.25"), 1'420'203'900'250'000);
  EXPECT_EQ(*ParseInstant("2015-01-02T15:05:00+02:00"), 1'420'203'900'000'000);
  EXPECT_EQ(*ParseInstant("2015-01-02T11:35:00-0130"), 1'420'203'900'000'000);
  EXPECT_EQ(*ParseInstant("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(*ParseInstant("0001-01-01"), kMinTextInstantUs);
  EXPECT_EQ(*ParseInstant("9999-12-31T23:59:59.999999Z"), kMaxTextInstantUs);
  EXPECT_EQ(*ParseInstant("2015-01-02T13:05:00.123456000"), 1'420'203'900'123'456);
}

TEST(TimestampTest, RefusesWhatIsNoInstant) {
  for (const char* text : {"", "2015", "2015-02-29", "2015-13-01", "2015-01-02T", "2015-01-02T24:00", "2015-01-02T13",
                           "2015-01-02T13:05:60", "2015-01-02T13:05:00.", "2015-01-02T13:05:00+", "0000-01-01",
                           "2015-01-02T13:05:00Zx", "2015-1-2", "2015-01-02Z", "+2015-01-02"}) {
    EXPECT_EQ(ParseInstant(text).status().reason(), Reason::kInvalidTimestamp) << text;
  }
  EXPECT_EQ(ParseInstant("2015-01-02T13:05:00.1234567").status().reason(), Reason::kInexactValue);
}

TEST(TimestampTest, WritesWhatItReads) {
  for (const char* text : {"1970-01-01T00:00:00Z", "2015-01-02T13:05:00.000001Z", "0001-01-01T00:00:00Z",
                           "9999-12-31T23:59:59.999999Z", "2000-02-29T00:00:00Z"}) {
    EXPECT_EQ(FormatInstant(*ParseInstant(text)), text);
  }
  EXPECT_EQ(FormatInstantMicros(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatInstant(INT64_MIN), "-290308-12-21T19:59:05.224192Z");
}

TEST(TimestampTest, TheCalendarGoesBothWays) {
  for (std::int64_t days = -800'000; days < 3'000'000; days += 37) {
    EXPECT_EQ(DaysFromCivil(CivilFromDays(days)), days);
  }
}

TEST(DurationTest, ReadsAndWrites) {
  EXPECT_EQ(*ParseDuration("250ms"), 250'000);
  EXPECT_EQ(*ParseDuration("0s"), 0);
  EXPECT_EQ(*ParseDuration("1w"), 7 * kMicrosPerDay);
  EXPECT_EQ(FormatDuration(*ParseDuration("1w")), "7d");
  EXPECT_EQ(FormatDuration(90'000'000), "90s");
  EXPECT_EQ(FormatDuration(7), "7us");
  for (const char* text :
       {"", "5", "-5s", "+5s", "5 s", "1.5h", "5y", "h", "9223372036854775807s", "99999999999999999999s"}) {
    EXPECT_EQ(ParseDuration(text).status().reason(), Reason::kInvalidDuration) << text;
  }
}

}  // namespace
}  // namespace larder
