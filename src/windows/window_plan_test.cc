#include "windows/window_plan.h"

#include <gtest/gtest.h>

#include "definitions/definition_files.h"
#include "definitions/window_check.h"

namespace larder {
namespace {

EventRange Find(RangeFinder& finder, std::int64_t time_us) { return finder.Find(time_us, 0); }

WindowBounds Length(std::int64_t length_us, bool end_exclusive = false) {
  Window window;
  window.kind = Window::Kind::kLength;
  window.length_us = length_us;
  return {window, end_exclusive};
}

TEST(WindowPlanTest, RangesReachToTheEndsOfTime) {
  const std::vector<std::int64_t> times = {INT64_MIN, INT64_MIN + 5, 0, INT64_MAX};
  const WindowBounds bounds = Length(10);
  RangeFinder finder(bounds, times);
  const EventRange first = Find(finder, INT64_MIN);
  EXPECT_EQ(first.begin, 0) << "nothing is before the beginning of time, so that its event is in";
  EXPECT_EQ(first.end, 1);
  const EventRange second = Find(finder, INT64_MIN + 10);
  EXPECT_EQ(second.begin, 1);
  EXPECT_EQ(second.end, 2);
  const EventRange last = Find(finder, INT64_MAX);
  EXPECT_EQ(last.begin, 3);
  EXPECT_EQ(last.end, 4);
}

TEST(WindowPlanTest, RangesOfRows) {
  const std::vector<std::int64_t> times = {1, 2, 2, 3};
  Window window;
  window.kind = Window::Kind::kRows;
  window.row_count = 2;
  const WindowBounds bounds{window, true};
  RangeFinder finder(bounds, times);
  EXPECT_EQ(Find(finder, 1).end, 0);
  EXPECT_EQ(Find(finder, 2).end, 1);
  const EventRange range = Find(finder, 4);
  EXPECT_EQ(range.begin, 2);
  EXPECT_EQ(range.end, 4);
}

TEST(WindowPlanTest, FeaturesShareWindowsAndExpressions) {
  const auto set = ParseDefinitions(
      {{"f.yaml",
        "entities: [{name: k, type: string}]\nsources: [{name: s, path: x.csv, timestamp: t}]\nfeature_views:\n"
        "  - name: v\n    entities: [k]\n    source: s\n    aggregations:\n"
        "      a: {function: sum, of: x, windows: [1h, 60m]}\n      b: {function: mean, of: x, windows: [1h], where: y "
        "> "
        "1}\n      c: {function: last, of: z, windows: [1d]}\n"}});
  ASSERT_TRUE(set.ok()) << set.status().ToString();
  std::vector<SourceColumn> columns;
  for (const char* name : {"z", "y", "x"}) columns.push_back({name, ValueType::Of(TypeKind::kInt64), "int64"});
  std::vector<Fault> faults;
  const Source& source = **set->FindSource("s");
  const FeatureView view = TypeWindowView(**set->FindFeatureView("v"), source, columns, faults);
  ASSERT_TRUE(faults.empty());
  const std::vector<std::size_t> sums = {0, 1, 2};
  const auto plan = PlanWindows(view, source, sums);
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  EXPECT_EQ(plan->windows.size(), 1U) << "1h and 60m are one window";
  EXPECT_EQ(plan->expressions.size(), 2U);
  EXPECT_EQ(plan->columns.size(), 2U) << "z is not asked for";
  EXPECT_FALSE(plan->needs_encoded);
  EXPECT_EQ(plan->reach_us(), 3'600'000'000);
  const std::vector<std::size_t> all = {0, 3};
  const auto ordered = PlanWindows(view, source, all);
  ASSERT_TRUE(ordered.ok());
  EXPECT_TRUE(ordered->needs_encoded) << "last depends on the order of events of equal times";
  EXPECT_EQ(ordered->columns.size(), 3U);
}

}  // namespace
}  // namespace larder
