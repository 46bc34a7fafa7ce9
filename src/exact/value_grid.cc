#include "exact/value_grid.h"

#include <algorithm>

namespace larder {
namespace {

constexpr int kFractionBits = 52;
constexpr int kExponentBias = 1023;
constexpr int kLeastPlace = kExponentBias + kFractionBits;
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
constexpr std::uint64_t kFractionMask = (std::uint64_t{1} << kFractionBits) - 1;
constexpr std::uint64_t kLeadingOne = std::uint64_t{1} << kFractionBits;
// Results are products of two values at most, and a factor for how many there are.
constexpr int kGreatestExponent = 400;

}  // namespace

ValueGrid FindGrid(std::span<const double> values) {
  std::int64_t low = INT64_MAX;
  std::int64_t high = -1;
  for (const double value : values) {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(value) & ~kSign;
    if (bits == 0) continue;
    const auto exponent = static_cast<std::int64_t>(bits >> kFractionBits);
    low = std::min<std::int64_t>(low, exponent + std::countr_zero((bits & kFractionMask) | kLeadingOne));
    high = std::max(high, exponent);
  }
  if (high < 0) return {0, 0, true};
  const auto exponent = static_cast<int>(low - kLeastPlace);
  const auto bits = static_cast<int>(high - low) + kFractionBits + 1;
  const bool is_fine = exponent > -kGreatestExponent && exponent + bits < kGreatestExponent;
  return {exponent, bits, is_fine};
}

ValueGrid FindGrid(std::span<const std::int64_t> values) {
  std::uint64_t all = 0;
  for (const std::int64_t value : values) all |= static_cast<std::uint64_t>(value < 0 ? ~value : value);
  // -2^k has a magnitude of one bit more than ~ tells.
  return {0, all == 0 ? 1 : 65 - std::countl_zero(all), true};
}

GridValues::GridValues(const ValueGrid& grid)
    : scale_(std::bit_cast<double>(static_cast<std::uint64_t>(kExponentBias - grid.exponent) << kFractionBits)),
      exponent_(grid.exponent) {}

Int128 GridValues::Wide(double value) const {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto biased = static_cast<int>(bits >> kFractionBits & 0x7ff);
  if (biased == 0) return 0;
  const Int128 mantissa = (bits & kFractionMask) | kLeadingOne;
  const int shift = biased - kLeastPlace - exponent_;
  const Int128 magnitude = shift >= 0 ? mantissa << shift : mantissa >> -shift;
  return (bits & kSign) != 0 ? -magnitude : magnitude;
}

}  // namespace larder
