#include "base/random.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace larder {
namespace {

TEST(RandomTest, TheSameSeedGivesTheSameNumbers) {
  Random one(42);
  Random two(42);
  Random other(43);
  int equal_count = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t bits = one.Next();
    EXPECT_EQ(bits, two.Next());
    equal_count += bits == other.Next() ? 1 : 0;
  }
  EXPECT_EQ(equal_count, 0);
}

TEST(RandomTest, StaysInItsRange) {
  Random random(7);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(random.Below(5));
    EXPECT_EQ(random.Below(1), 0U);
    const std::int64_t number = random.Between(-2, 3);
    EXPECT_GE(number, -2);
    EXPECT_LE(number, 3);
    const double fraction = random.Fraction();
    EXPECT_GE(fraction, 0.0);
    EXPECT_LT(fraction, 1.0);
  }
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(random.Between(5, 5), 5);
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  EXPECT_GE(random.Between(kLeast, std::numeric_limits<std::int64_t>::max()), kLeast);
}

TEST(RandomTest, HitsEachNumberAboutAsOften) {
  Random random(1);
  std::array<int, 10> hits{};
  for (int i = 0; i < 100'000; ++i) ++hits[random.Below(10)];
  for (const int hit : hits) EXPECT_NEAR(hit, 10'000, 500);  // five standard deviations are 474
}

}  // namespace
}  // namespace larder
