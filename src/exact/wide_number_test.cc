#include "exact/wide_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace larder {
namespace {

WideNumber Power(int exponent) {
  std::vector<std::int64_t> chunks(2, 0);
  chunks[0] = std::int64_t{1} << (exponent % 32 + (exponent % 32 < 0 ? 32 : 0));
  return WideNumber::OfChunks(chunks, (exponent - (exponent % 32 < 0 ? 31 : 0)) / 32);
}

TEST(WideNumberTest, WholeNumbersGoThroughUnchanged) {
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{1} << 32,
                                   -(std::int64_t{1} << 32), (std::int64_t{1} << 53) - 1, -((std::int64_t{1} << 53))}) {
    EXPECT_EQ(WideNumber::Of(value).Rounded(), static_cast<double>(value));
  }
  EXPECT_EQ(WideNumber::Of(std::numeric_limits<std::int64_t>::min()).Rounded(), -0x1p63);
  // 2^53 + 1 lies between two doubles: to even.
  EXPECT_EQ(WideNumber::Of((std::int64_t{1} << 53) + 1).Rounded(), 0x1p53);
  EXPECT_EQ(WideNumber::Of((std::int64_t{1} << 53) + 3).Rounded(), 0x1p53 + 4);
  EXPECT_EQ(WideNumber::Of(-(std::int64_t{1} << 53) - 3).Rounded(), -0x1p53 - 4);
}

TEST(WideNumberTest, ArithmeticIsExact) {
  const WideNumber large = Power(1000);
  const WideNumber one = WideNumber::Of(1);
  EXPECT_EQ(((large - one) - large).Rounded(), -1.0);
  EXPECT_EQ((large - large).Rounded(), 0.0);
  EXPECT_FALSE(std::signbit((large - large).Rounded()));
  EXPECT_FALSE((large - large).is_negative());
  // (2^1000 - 1)^2 = 2^2000 - 2^1001 + 1
  const WideNumber square = (large - one) * (large - one);
  EXPECT_EQ((square - large * large).Rounded(), -0x1p1001);
  EXPECT_EQ(((square - large * large) - (WideNumber::Of(-2) * large)).Rounded(), 1.0);
  EXPECT_EQ((WideNumber::Of(-3) * WideNumber::Of(5) - WideNumber::Of(-20)).Rounded(), 5.0);
  EXPECT_TRUE((WideNumber::Of(0) * large).is_zero());
}

TEST(WideNumberTest, AQuotientIsRoundedOnce) {
  EXPECT_EQ(WideNumber::Of(1).RoundedQuotient(3, 1), 1.0 / 3.0);
  EXPECT_EQ(WideNumber::Of(-1).RoundedQuotient(10, 1), -0.1);
  EXPECT_EQ(WideNumber::Of(1).RoundedQuotient(3, 7), 1.0 / 21.0);
  EXPECT_EQ(WideNumber::Of(6).RoundedQuotient(3, 2), 1.0);
  EXPECT_EQ(WideNumber::Of(0).RoundedQuotient(7, 7), 0.0);
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(WideNumber::Of(1).RoundedQuotient(most, most), 0x1p-128);
  // Half between two doubles and a little more, which only the rest of the division tells: (2^54 + 2) / 4 = 2^52 + 0.5
  // is a tie, to even; a third more is not.
  EXPECT_EQ(WideNumber::Of((std::int64_t{1} << 54) + 2).RoundedQuotient(4, 1), 0x1p52);
  EXPECT_EQ(WideNumber::Of(3 * ((std::int64_t{1} << 54) + 2) + 1).RoundedQuotient(12, 1), 0x1p52 + 1);
}

TEST(WideNumberTest, TheEndsOfTheRangeAreKept) {
  EXPECT_EQ(Power(-1074).Rounded(), 0x1p-1074);
  EXPECT_EQ(Power(-1075).Rounded(), 0.0);  // a tie: to even
  EXPECT_EQ((Power(-1075) - (WideNumber::Of(-1) * Power(-1200))).Rounded(), 0x1p-1074);
  EXPECT_EQ(Power(-1076).Rounded(), 0.0);
  EXPECT_EQ((Power(-1022) - Power(-1074)).Rounded(), 0x1p-1022 - 0x1p-1074);
  EXPECT_EQ(Power(1023).Rounded(), 0x1p1023);
  EXPECT_EQ(Power(1024).Rounded(), std::numeric_limits<double>::infinity());
  EXPECT_EQ((WideNumber::Of(-1) * Power(4000)).Rounded(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ((Power(1024) - Power(971)).Rounded(), std::numeric_limits<double>::max());
  // Half a step beyond the largest double is the first that rounds to infinity.
  EXPECT_EQ((Power(1024) - Power(970)).Rounded(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(((Power(1024) - Power(970)) - Power(-1074)).Rounded(), std::numeric_limits<double>::max());
}

}  // namespace
}  // namespace larder
