// Whole numbers of 256 bits, modulo 2^256: sums of squares.
#pragma once

#include <cstdint>

#include "exact/rounded_quotient.h"

namespace larder {

/// Holds a number modulo 2^256. Plain value.
struct WideUnsigned {
  UInt128 low = 0;
  UInt128 high = 0;

  /// Returns the square of a number of at most 127 bits.
  static WideUnsigned Square(UInt128 value) {
    const UInt128 low = static_cast<std::uint64_t>(value);
    const UInt128 high = value >> 64;
    WideUnsigned square{low * low, high * high};
    const UInt128 cross = low * high;  // counts twice, at 2^64
    square += {cross << 65, cross >> 63};
    return square;
  }
  /// Returns a number times a factor.
  static WideUnsigned Product(const WideUnsigned& value, std::uint64_t factor) {
    const UInt128 lowest = (value.low & UINT64_MAX) * factor;
    const UInt128 middle = (value.low >> 64) * factor;
    WideUnsigned product{lowest, value.high * factor};
    product += {middle << 64, middle >> 64};
    return product;
  }

  WideUnsigned& operator+=(const WideUnsigned& other) {
    low += other.low;
    high += other.high + (low < other.low ? 1 : 0);
    return *this;
  }
  WideUnsigned& operator-=(const WideUnsigned& other) {
    high -= other.high + (low < other.low ? 1 : 0);
    low -= other.low;
    return *this;
  }
  friend WideUnsigned operator-(WideUnsigned a, const WideUnsigned& b) { return a -= b; }

  /// Returns number * 2^exponent / denominator rounded once, as RoundedQuotient does.
  double RoundedQuotient(std::uint64_t denominator, int exponent) const {
    if (high == 0) return low == 0 ? 0.0 : RoundedQuotientOfMagnitude(low, false, denominator, exponent);
    int shift = 0;
    while (high >> shift != 0) ++shift;
    if (shift == 128) return RoundedQuotientOfMagnitude(high, low != 0, denominator, exponent + shift);
    const UInt128 top = low >> shift | high << (128 - shift);
    const bool has_rest = (low & ((UInt128{1} << shift) - 1)) != 0;
    return RoundedQuotientOfMagnitude(top, has_rest, denominator, exponent + shift);
  }
};

}  // namespace larder
