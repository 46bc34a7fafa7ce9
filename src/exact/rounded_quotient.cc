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

// Rounds a quotient of at least 63 bits; `has_rest`: it is a little greater than its bits say.
double Round(UInt128 quotient, bool has_rest, int exponent) {
  // One bit more than a double keeps, and a last one that stands for all below.
  const int shift = 128 - LeadingZeros(quotient) - (kExactBits + 1);
  const bool below = has_rest || (quotient & ((UInt128{1} << shift) - 1)) != 0;
  auto kept = static_cast<std::uint64_t>(quotient >> shift);
  const bool half = (kept & 1) != 0;
  kept >>= 1;
  if (half && (below || (kept & 1) != 0)) ++kept;
  return static_cast<double>(kept) * PowerOfTwo(exponent + shift + 1);
}

}  // namespace

double RoundedQuotient(Int128 numerator, std::uint64_t denominator, int exponent) {
  const bool is_negative = numerator < 0;
  UInt128 magnitude = static_cast<UInt128>(is_negative ? -numerator : numerator);
  constexpr UInt128 kExact = UInt128{1} << kExactBits;
  if (magnitude <= kExact && denominator <= static_cast<std::uint64_t>(kExact)) {
    // Both are doubles: the division rounds once, and the power of two does not.
    const double quotient =
        static_cast<double>(static_cast<std::uint64_t>(magnitude)) / static_cast<double>(denominator);
    const double scaled = quotient * PowerOfTwo(exponent);
    return is_negative ? -scaled : scaled;
  }
  if (magnitude == 0) return 0.0;
  const int shift = LeadingZeros(magnitude);
  magnitude <<= shift;
  const UInt128 quotient = denominator == 1 ? magnitude : magnitude / denominator;
  const bool has_rest = denominator != 1 && quotient * denominator != magnitude;
  const double rounded = Round(quotient, has_rest, exponent - shift);
  return is_negative ? -rounded : rounded;
}

}  // namespace larder
