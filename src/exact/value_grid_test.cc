#include "exact/value_grid.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace larder {
namespace {

ValueGrid GridOf(const std::vector<double>& values) { return FindGrid(std::span<const double>(values)); }

TEST(ValueGridTest, FindsTheCoarsestGrid) {
  const ValueGrid halves = GridOf({1.5, -2.0, 0.0, -0.0, 7.0});
  EXPECT_TRUE(halves.is_fine);
  EXPECT_EQ(halves.exponent, -1);
  EXPECT_EQ(halves.bits, 4);  // 7 is 14 halves
  const ValueGrid tens = GridOf({8.0, 24.0});
  EXPECT_EQ(tens.exponent, 3);
  EXPECT_EQ(tens.bits, 2);
  EXPECT_EQ(GridOf({0.0}).bits, 0);
  EXPECT_TRUE(GridOf({0.0}).is_fine);
}

TEST(ValueGridTest, RefusesWhatHasNoGrid) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double value : {kInfinity, -kInfinity, std::nan(""), 5e-324, 1e-310, 1e300, 1e-300}) {
    EXPECT_FALSE(GridOf({1.0, value}).is_fine) << value;
  }
}

TEST(ValueGridTest, IntegersOfAnySizeFit) {
  const std::vector<std::int64_t> values = {INT64_MIN, INT64_MAX, -1, 0};
  const ValueGrid grid = FindGrid(std::span<const std::int64_t>(values));
  EXPECT_TRUE(grid.is_fine);
  EXPECT_EQ(grid.exponent, 0);
  EXPECT_EQ(grid.bits, 64);
}

TEST(ValueGridTest, ValuesOnTheGridAreTheValues) {
  Random random(11);
  for (int i = 0; i < 20000; ++i) {
    std::vector<double> values;
    for (int k = 0; k < 5; ++k) {
      values.push_back(std::ldexp(static_cast<double>(random.Between(-1'000'000, 1'000'000)),
                                  static_cast<int>(random.Between(-20, 20))));
    }
    const ValueGrid grid = GridOf(values);
    ASSERT_TRUE(grid.is_fine);
    const GridValues on_grid(grid);
    for (const double value : values) {
      const Int128 wide = on_grid.Wide(value);
      EXPECT_EQ(std::ldexp(static_cast<double>(wide), grid.exponent), value);
      EXPECT_LT(std::fabs(static_cast<double>(wide)), std::ldexp(1.0, grid.bits));
      if (grid.bits <= 62) {
        EXPECT_EQ(on_grid.Narrow(value), static_cast<std::int64_t>(wide));
      }
    }
  }
}

}  // namespace
}  // namespace larder
