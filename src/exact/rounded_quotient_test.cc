#include "exact/rounded_quotient.h"

#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "exact/wide_number.h"

namespace larder {
namespace {

WideNumber WideOf(Int128 value) {
  const bool is_negative = value < 0;
  UInt128 magnitude = static_cast<UInt128>(is_negative ? -value : value);
  std::int64_t chunks[5] = {};
  for (std::int64_t& chunk : chunks) {
    chunk = static_cast<std::int64_t>(magnitude & 0xffff'ffffU);
    magnitude >>= 32;
  }
  const WideNumber number = WideNumber::OfChunks(chunks, 0);
  return is_negative ? WideNumber() - number : number;
}

TEST(RoundedQuotientTest, RoundsToEven) {
  const Int128 two_53 = Int128{1} << 53;
  EXPECT_EQ(RoundedQuotient(two_53 + 1, 1, 0), 9007199254740992.0);
  EXPECT_EQ(RoundedQuotient(two_53 + 3, 1, 0), 9007199254740996.0);
  EXPECT_EQ(RoundedQuotient(-(two_53 + 3), 1, 0), -9007199254740996.0);
  EXPECT_EQ(RoundedQuotient(4 * two_53 + 5, 4, 0), 9007199254740994.0);
  EXPECT_EQ(RoundedQuotient(3, 4, 2), 3.0);
  EXPECT_FALSE(std::signbit(RoundedQuotient(0, 7, 0)));
}

// The other way of the same: numbers of any length.
TEST(RoundedQuotientTest, GivesWhatWideNumbersGive) {
  Random random(7);
  for (int i = 0; i < 200000; ++i) {
    const auto bits = 1 + random.Below(126);
    Int128 numerator = static_cast<Int128>((static_cast<UInt128>(random.Next()) << 64 | random.Next()) >> (128 - bits));
    if (random.OneIn(2)) numerator = -numerator;
    const std::uint64_t denominator = random.OneIn(4) ? 1 : (random.Next() >> random.Below(64)) | 1;
    const int exponent = static_cast<int>(random.Between(-200, 200));
    const double expected = std::ldexp(WideOf(numerator).RoundedQuotient(denominator, 1), exponent);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(RoundedQuotient(numerator, denominator, exponent)),
              std::bit_cast<std::uint64_t>(expected));
  }
}

}  // namespace
}  // namespace larder
