// The grid that a run of numbers lies on: with it, sums are sums of whole numbers.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "exact/rounded_quotient.h"

namespace larder {

/// Describes numbers that all are whole multiples of 2^exponent, of magnitude below 2^(exponent + bits).
struct ValueGrid {
  int exponent = 0;
  int bits = 0;          ///< 0 when all numbers are zero
  bool is_fine = false;  ///< false: a number is not finite, subnormal or so far out that the exponents of
                         ///< RoundedQuotient do not hold; then nothing else is known
};

/// Finds the coarsest grid of doubles. Costs one pass.
ValueGrid FindGrid(std::span<const double> values);
/// Finds the bits of integers; the exponent is 0.
ValueGrid FindGrid(std::span<const std::int64_t> values);

/// Returns values as whole numbers of a fine grid's unit.
class GridValues {
 public:
  explicit GridValues(const ValueGrid& grid);

  /// Returns a value of a grid of at most 62 bits.
  std::int64_t Narrow(double value) const { return static_cast<std::int64_t>(value * scale_); }
  std::int64_t Narrow(std::int64_t value) const { return value; }
  /// Returns a value of a grid of at most 126 bits.
  Int128 Wide(double value) const;
  Int128 Wide(std::int64_t value) const { return value; }

 private:
  double scale_;
  int exponent_;
};

}  // namespace larder
