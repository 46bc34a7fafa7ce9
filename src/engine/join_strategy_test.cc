#include "engine/join_strategy.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

constexpr std::int64_t kGib = std::int64_t{1} << 30;

TEST(ChooseStrategy, MergesSidesOfLikeSize) {
  EXPECT_EQ(ChooseStrategy({10'000'000, 10'000'000, 8 * kGib}).strategy, JoinStrategy::kMerge);
  EXPECT_EQ(ChooseStrategy({10'000'000, 100, 8 * kGib}).strategy, JoinStrategy::kMerge);
  EXPECT_EQ(ChooseStrategy({0, 0, 0}).strategy, JoinStrategy::kMerge);
}

TEST(ChooseStrategy, TakesSlotsForFewEntityRows) {
  const StrategyChoice choice = ChooseStrategy({100'000, 50'000'000, 64 * kGib});
  EXPECT_EQ(choice.strategy, JoinStrategy::kSlots);
  EXPECT_EQ(choice.reason, "few entity rows for many rows of the view");
}

TEST(ChooseStrategy, TakesSlotsWhenTheViewDoesNotFit) {
  const StrategyChoice choice = ChooseStrategy({50'000'000, 50'000'000, kGib});
  EXPECT_EQ(choice.strategy, JoinStrategy::kSlots);
  EXPECT_EQ(choice.reason, "keys and times of the view do not fit in memory");
}

}  // namespace
}  // namespace larder
