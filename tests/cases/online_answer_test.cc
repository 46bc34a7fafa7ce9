#include "tests/cases/online_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larder::cases {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kBody =
    R"({"metadata":{"feature_names":["airport","delay","count"]},"results":[)"
    R"({"values":["SFO","ATL"],"statuses":["PRESENT","PRESENT"],"event_timestamps":["1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]},)"
    R"({"values":[0.1,null],"statuses":["PRESENT","NULL_VALUE"],"event_timestamps":["2015-01-02T13:05:00Z","1970-01-01T00:00:00Z"]},)"
    R"({"values":[4,null],"statuses":["PRESENT","NOT_FOUND"],"event_timestamps":["2015-01-02T13:05:00Z","1970-01-01T00:00:00Z"]}]})";

std::string Compare(std::string_view table, std::string_view body) {
  const auto difference = OnlineDifference(*ReadTextTable(table), body);
  if (!difference.ok()) return difference.status().ToString();
  return difference->value_or("");
}

TEST(OnlineAnswer, TheSameIsNoDifference) {
  EXPECT_EQ(Compare("airport: string, delay: float32, count: int64\n"
                    "SFO, 0.1 @ 2015-01-02T13:05:00Z, 4\nATL, NULL_VALUE, NOT_FOUND\n",
                    kBody),
            "");
}

TEST(OnlineAnswer, EachKindOfDifferenceIsSeen) {
  EXPECT_THAT(Compare("airport: string, delay: float32\nSFO, 0.1\n", kBody),
              HasSubstr("columns: expected airport, delay"));
  EXPECT_THAT(Compare("airport: string, delay: float32, count: int64\nSFO, 0.1, 4\n", kBody),
              HasSubstr("rows: expected 1"));
  EXPECT_THAT(
      Compare("airport: string, delay: float32, count: int64\nSFO, 0.2, 4\nATL, NULL_VALUE, NOT_FOUND\n", kBody),
      HasSubstr("row 1, delay: expected 0.2; got 0.1"));
  EXPECT_THAT(Compare("airport: string, delay: float32, count: int64\nSFO, 0.1, 4\nATL, NOT_FOUND, NOT_FOUND\n", kBody),
              HasSubstr("row 2, delay: expected NOT_FOUND; got \"NULL_VALUE\""));
  EXPECT_THAT(
      Compare("airport: string, delay: float32, count: float64\nSFO, 0.1, 4.0\nATL, NULL_VALUE, NOT_FOUND\n", kBody),
      HasSubstr("where float64 stands"));
  EXPECT_THAT(Compare("airport: string, delay: float32, count: int64\n"
                      "SFO, 0.1 @ 2015-01-02T13:06:00Z, 4\nATL, NULL_VALUE, NOT_FOUND\n",
                      kBody),
              HasSubstr("expected event time 2015-01-02T13:06:00Z; got 2015-01-02T13:05:00Z"));
}

TEST(OnlineAnswer, WhatIsNoAnswerFails) {
  EXPECT_THAT(Compare("airport: string\nSFO\n", "{}"), HasSubstr("no answer"));
  EXPECT_THAT(Compare("airport: string\nSFO\n", "[1"), HasSubstr("no answer"));
}

}  // namespace
}  // namespace larder::cases
