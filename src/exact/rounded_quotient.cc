#include "exact/rounded_quotient.h"

#include <bit>

namespace larder {
namespace {

constexpr int kExactBits = 53;
constexpr int kExponentBias = 1023;
constexpr int kFractionBits = 52;

double PowerOfTwo(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + kExponentBias) << kFractionBits);
}

int LeadingZeros(UInt128 value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  return high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<std::uint64_t>(value));
}

// Rounds a quotient of at least 62 bits; `has_rest`: it is a little greater than its bits say.
double Round(std::uint64_t quotient, bool has_rest, int exponent) {
  // One bit more than a double keeps, and a last one that stands for all below.
  const int shift = 64 - std::countl_zero(quotient) - (kExactBits + 1);
  const bool below = has_rest || (quotient & ((std::uint64_t{1} << shift) - 1)) != 0;
  std::uint64_t kept = quotient >> shift;
  const bool half = (kept & 1) != 0;
  kept >>= 1;
  if (half && (below || (kept & 1) != 0)) ++kept;
  return static_cast<double>(kept) * PowerOfTwo(exponent + shift + 1);
}

}  // namespace

double RoundedQuotientOfMagnitude(UInt128 magnitude, bool has_rest, std::uint64_t denominator, int exponent) {
  // The numerator gets bit 126 and the denominator bit 63: the quotient has 62 bits or more, and one machine division
  // of 128 by 64 bits gives it.
  const int shift = LeadingZeros(magnitude);
  const int denominator_shift = std::countl_zero(denominator);
  const UInt128 normal = magnitude << shift;
  if (denominator == 1) {
    const bool has_low = static_cast<std::uint64_t>(normal) != 0;
    return Round(static_cast<std::uint64_t>(normal >> 64), has_rest || has_low, exponent - shift + 64);
  }
  const UInt128 numerator = normal >> 1;
  const std::uint64_t divisor = denominator << denominator_shift;
  const auto quotient = static_cast<std::uint64_t>(numerator / divisor);
  has_rest = has_rest || (normal & 1) != 0 || static_cast<UInt128>(quotient) * divisor != numerator;
  return Round(quotient, has_rest, exponent - shift + denominator_shift + 1);
}

double RoundedQuotient(Int128 numerator, std::uint64_t denominator, int exponent) {
  const bool is_negative = numerator < 0;
  const UInt128 magnitude = static_cast<UInt128>(is_negative ? -numerator : numerator);
  constexpr UInt128 kExact = UInt128{1} << kExactBits;
  double quotient = 0;
  if (magnitude <= kExact && denominator <= static_cast<std::uint64_t>(kExact)) {
    // Both are doubles: the division rounds once, and the power of two does not.
    quotient = static_cast<double>(static_cast<std::uint64_t>(magnitude)) / static_cast<double>(denominator) *
               PowerOfTwo(exponent);
  } else if (magnitude != 0) {
    quotient = RoundedQuotientOfMagnitude(magnitude, false, denominator, exponent);
  }
  return is_negative ? -quotient : quotient;
}

}  // namespace larder
