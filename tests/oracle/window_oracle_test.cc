#include "tests/oracle/window_oracle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/oracle/exact_number.h"

namespace larder::oracle {
namespace {

const Key kKey = std::string("a");

Event At(std::int64_t time_us, Value value, std::optional<std::int64_t> created_us = std::nullopt) {
  Event event;
  event.keys = {kKey};
  event.event_time_us = time_us;
  event.created_time_us = created_us;
  event.values = {std::move(value)};
  return event;
}

WindowAnswer One(const std::vector<Event>& events, std::int64_t time_us, const WindowCall& call) {
  return Aggregate({{{kKey}, time_us}}, events, call, false).front();
}

WindowCall Call(const std::string& function, std::int64_t length_us) {
  return {function, 0, std::nullopt, {WindowSpan::Kind::kLength, length_us}};
}

TEST(WindowOracleTest, EdgesAreExact) {
  const std::vector<Event> events = {At(10, 1.0), At(20, 2.0), At(30, 4.0)};
  EXPECT_EQ(One(events, 30, Call("sum", 20)).value, Value(6.0));
  EXPECT_EQ(One(events, 30, Call("sum", 21)).value, Value(7.0));
  EXPECT_EQ(One(events, 29, Call("sum", 20)).value, Value(3.0));
  WindowCall exclusive = Call("sum", 20);
  exclusive.window.end_exclusive = true;
  EXPECT_EQ(One(events, 30, exclusive).value, Value(2.0));
  EXPECT_EQ(One(events, 30, Call("sum", 20)).event_time_us, 30);
  EXPECT_EQ(One(events, 9, Call("sum", 20)).value, Value());
  EXPECT_EQ(One(events, 9, Call("count", 20)).value, Value(std::int64_t{0}));
}

TEST(WindowOracleTest, TumblingWindowsHoldEachEventOnce) {
  WindowCall call{"count", std::nullopt, std::nullopt, {WindowSpan::Kind::kEvery, 10, 0, 10, 3}};
  call.window.end_exclusive = true;
  // Borders at 3, 13, 23: [3, 13) is asked from 13 to 22.
  const std::vector<Event> events = {At(3, 1.0), At(12, 1.0), At(13, 1.0)};
  EXPECT_EQ(One(events, 12, call).value, Value(std::int64_t{0}));
  EXPECT_EQ(One(events, 13, call).value, Value(std::int64_t{2}));
  EXPECT_EQ(One(events, 22, call).value, Value(std::int64_t{2}));
  EXPECT_EQ(One(events, 23, call).value, Value(std::int64_t{1}));
  call.window.ago_us = 10;
  EXPECT_EQ(One(events, 23, call).value, Value(std::int64_t{2}));
}

TEST(WindowOracleTest, SumsAreRoundedOnce) {
  const std::vector<Event> events = {At(1, 1e16), At(2, 1.0), At(3, -1e16)};
  EXPECT_EQ(One(events, 3, Call("sum", 10)).value, Value(1.0));
  EXPECT_EQ(One(events, 3, Call("mean", 10)).value, Value(1.0 / 3.0));
  const double least = std::numeric_limits<double>::denorm_min();
  EXPECT_EQ(One({At(1, least), At(2, least)}, 3, Call("mean", 10)).value, Value(least));
  EXPECT_EQ(One({At(1, -0.0), At(2, -0.0)}, 3, Call("sum", 10)).value, Value(0.0));
  const double greatest = std::numeric_limits<double>::max();
  EXPECT_EQ(One({At(1, greatest), At(2, greatest)}, 3, Call("sum", 10)).value,
            Value(std::numeric_limits<double>::infinity()));
  EXPECT_EQ(One({At(1, greatest), At(2, greatest)}, 3, Call("mean", 10)).value, Value(greatest));
  EXPECT_TRUE(One({At(1, INT64_MAX), At(2, std::int64_t{1})}, 3, Call("sum", 10)).overflows);
}

TEST(WindowOracleTest, VariancesAreExact) {
  const std::vector<Event> events = {At(1, 1e8 + 1), At(2, 1e8 + 2), At(3, 1e8 + 3)};
  EXPECT_EQ(One(events, 3, Call("var_samp", 10)).value, Value(1.0));
  EXPECT_EQ(One(events, 3, Call("var_pop", 10)).value, Value(2.0 / 3.0));
  EXPECT_EQ(One(events, 3, Call("std_samp", 10)).value, Value(1.0));
  EXPECT_EQ(One({At(1, 1.0)}, 3, Call("var_samp", 10)).value, Value());
  EXPECT_EQ(One({At(1, 1.0)}, 3, Call("var_pop", 10)).value, Value(0.0));
}

TEST(WindowOracleTest, EventsHaveAnIdentity) {
  std::vector<Event> events = {At(1, 1.0), At(5, 2.0), At(3, 4.0)};
  events[0].event_id = std::int64_t{7};
  events[1].event_id = std::int64_t{7};
  EXPECT_EQ(One(events, 10, Call("sum", 100)).value, Value(6.0));
  EXPECT_EQ(One(events, 4, Call("sum", 100)).value, Value(4.0)) << "the event happened at 5";
  events[1].deleted = true;
  EXPECT_EQ(One(events, 10, Call("sum", 100)).value, Value(4.0));
  events[1].event_id = {};
  EXPECT_EQ(One(events, 10, Call("sum", 100)).value, Value()) << "the key was deleted at 5";
}

TEST(WindowOracleTest, ExtremesKnowZerosAndNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto least = One({At(1, 0.0), At(2, -0.0), At(3, nan)}, 3, Call("min", 10)).value;
  EXPECT_TRUE(std::signbit(std::get<double>(least)));
  EXPECT_TRUE(std::isnan(std::get<double>(One({At(1, nan)}, 3, Call("max", 10)).value)));
  EXPECT_EQ(One({At(1, Value())}, 3, Call("max", 10)).value, Value());
}

}  // namespace
}  // namespace larder::oracle
