// Whole numbers of 128 bits divided and rounded once: how most exact sums are finished.
#pragma once

#include <cstdint>

namespace larder {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

/// The exponents that RoundedQuotient takes: no result is subnormal or overflows.
inline constexpr int kLeastQuotientExponent = -880;
inline constexpr int kGreatestQuotientExponent = 880;

/// Returns numerator * 2^exponent / denominator, rounded once to the nearest double, ties to even; exact zero is +0.0.
/// The denominator is not 0, the numerator above -2^127, and the exponent within the limits above.
double RoundedQuotient(Int128 numerator, std::uint64_t denominator, int exponent);

/// Returns the same of a magnitude that is not 0; `has_rest`: it is a little greater, by less than its lowest bit,
/// which then has at least 64 bits above it.
double RoundedQuotientOfMagnitude(UInt128 magnitude, bool has_rest, std::uint64_t denominator, int exponent);

}  // namespace larder
