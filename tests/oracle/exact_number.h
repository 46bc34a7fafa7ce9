// Whole numbers of any size, and the double nearest to a quotient of two of them: schoolbook arithmetic for oracles.
#pragma once

#include <cstdint>
#include <vector>

namespace larder::oracle {

/// Holds a whole number of any size.
class BigInteger {
 public:
  BigInteger() = default;
  explicit BigInteger(std::int64_t value);

  bool is_zero() const { return digits_.empty(); }
  bool is_negative() const { return is_negative_; }
  /// Returns the number of bits of the magnitude; 0 for zero.
  int bit_count() const;
  BigInteger Negated() const;
  /// Returns the number times 2^bits; the count is not negative.
  BigInteger ShiftedLeft(int bits) const;
  /// Returns the value when it fits.
  bool FitsInt64(std::int64_t* value) const;

  friend BigInteger operator+(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator-(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator*(const BigInteger& a, const BigInteger& b);

 private:
  friend double NearestDouble(const BigInteger& numerator, const BigInteger& denominator, int exponent);
  static int CompareMagnitudes(const BigInteger& a, const BigInteger& b);
  static BigInteger AddMagnitudes(const BigInteger& a, const BigInteger& b);
  static BigInteger SubtractMagnitudes(const BigInteger& larger, const BigInteger& smaller);
  void Trim();

  std::vector<std::uint32_t> digits_;  // base 2^32, least first, no zeros at the end
  bool is_negative_ = false;
};

/// The power of two that every finite double is a whole multiple of.
inline constexpr int kLeastExponent = -1074;

/// Returns a finite double as a whole multiple of 2^kLeastExponent.
BigInteger ScaledInteger(double value);

/// Returns numerator / denominator * 2^exponent, rounded once to the nearest double, ties to even; +0.0 for zero; an
/// infinity beyond the largest double. The denominator is above zero.
double NearestDouble(const BigInteger& numerator, const BigInteger& denominator, int exponent);

}  // namespace larder::oracle
