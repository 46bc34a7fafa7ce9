#include "lookup/shape_cache.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

std::shared_ptr<const LookupPlan> PlanWithHead(const std::string& head) {
  auto plan = std::make_shared<LookupPlan>();
  plan->head = head;
  return plan;
}

TEST(ShapeCacheTest, FindsWhatWasPut) {
  ShapeCache cache({});
  EXPECT_EQ(cache.Find("a"), nullptr);
  const LookupPlan* const kept = cache.Put("a", PlanWithHead("one"));
  EXPECT_EQ(cache.Find("a"), kept);
  EXPECT_EQ(kept->head, "one");
  EXPECT_EQ(cache.Put("a", PlanWithHead("two"))->head, "two");
  EXPECT_EQ(cache.size(), 1U);
  cache.Clear();
  EXPECT_EQ(cache.Find("a"), nullptr);
}

TEST(ShapeCacheTest, WhatWasNotUsedForLongestGoesFirst) {
  ShapeCache cache({.max_plans = 2, .max_bytes = std::size_t{1} << 20});
  cache.Put("a", PlanWithHead("a"));
  cache.Put("b", PlanWithHead("b"));
  EXPECT_NE(cache.Find("a"), nullptr);
  cache.Put("c", PlanWithHead("c"));
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.Find("b"), nullptr);
  EXPECT_NE(cache.Find("a"), nullptr);
  EXPECT_NE(cache.Find("c"), nullptr);
}

TEST(ShapeCacheTest, BytesAreBoundedToo) {
  ShapeCache cache({.max_plans = 100, .max_bytes = 10'000});
  for (int i = 0; i < 50; ++i) cache.Put("shape " + std::to_string(i), PlanWithHead(std::string(1000, 'h')));
  EXPECT_LT(cache.size(), 10U);
  EXPECT_NE(cache.Find("shape 49"), nullptr);
  // One that is larger than the bound is kept alone: it is in use.
  EXPECT_NE(cache.Put("large", PlanWithHead(std::string(20'000, 'h'))), nullptr);
  EXPECT_EQ(cache.size(), 1U);
}

}  // namespace
}  // namespace larder
