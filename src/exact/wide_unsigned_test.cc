#include "exact/wide_unsigned.h"

#include <bit>

#include <gtest/gtest.h>

#include "base/random.h"
#include "exact/wide_number.h"

namespace larder {
namespace {

WideNumber WideOf(const WideUnsigned& value) {
  std::int64_t chunks[9] = {};
  for (int i = 0; i < 4; ++i) {
    chunks[i] = static_cast<std::int64_t>(value.low >> (32 * i) & 0xffff'ffffU);
    chunks[i + 4] = static_cast<std::int64_t>(value.high >> (32 * i) & 0xffff'ffffU);
  }
  return WideNumber::OfChunks(chunks, 0);
}

bool AreEqual(const WideNumber& a, const WideNumber& b) { return (a - b).is_zero(); }

// The other way of the same: numbers of any length.
TEST(WideUnsignedTest, GivesWhatWideNumbersGive) {
  Random random(3);
  const auto pick = [&](std::uint64_t max_bits) {
    const auto bits = 1 + random.Below(max_bits);
    return (static_cast<UInt128>(random.Next()) << 64 | random.Next()) >> (128 - bits);
  };
  for (int i = 0; i < 20000; ++i) {
    const UInt128 root = pick(127);
    const WideUnsigned square = WideUnsigned::Square(root);
    const WideNumber wide_root = WideOf({root, 0});
    ASSERT_TRUE(AreEqual(WideOf(square), wide_root * wide_root));
    const WideUnsigned small = WideUnsigned::Square(pick(100));
    const auto factor = static_cast<std::uint64_t>(pick(32));
    const WideUnsigned product = WideUnsigned::Product(small, factor);
    ASSERT_TRUE(AreEqual(WideOf(product), WideOf(small) * WideNumber::Of(static_cast<std::int64_t>(factor))));
    WideUnsigned sum = small;
    sum += square;
    ASSERT_TRUE(AreEqual(WideOf(sum - square), WideOf(small)));
    const auto divisor = static_cast<std::uint64_t>(pick(64)) | 1;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(sum.RoundedQuotient(divisor, 0)),
              std::bit_cast<std::uint64_t>(WideOf(sum).RoundedQuotient(divisor, 1)));
  }
  EXPECT_EQ(WideUnsigned().RoundedQuotient(3, 5), 0.0);
}

}  // namespace
}  // namespace larder
