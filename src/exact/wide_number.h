// Whole numbers of thousands of bits, times a power of two: what exact sums are finished with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace larder {

/// Holds a sign and digits of 32 bits; the lowest digit counts 2^(32 * scale). Zero digits at both ends are cut off, so
/// that numbers of few bits are cheap wherever they stand. Plain value; no call fails: `kMaxDigits` holds every product
/// and quotient that the functions below are made for (moments of doubles, up to the second).
class WideNumber {
 public:
  static constexpr std::size_t kMaxDigits = 320;

  /// Makes zero.
  WideNumber() {}  // NOLINT(modernize-use-equals-default): the digits stay unset
  WideNumber(const WideNumber& other) { *this = other; }
  WideNumber& operator=(const WideNumber& other);
  ~WideNumber() = default;
  /// Makes a whole number.
  static WideNumber Of(std::int64_t value);
  /// Makes the sum of chunks[i] * 2^(32 * (scale + i)). All chunks but the last are below 2^32 and not negative; the
  /// last carries the sign.
  static WideNumber OfChunks(std::span<const std::int64_t> chunks, int scale);

  /// Returns the digits, the lowest first; the first and the last are not zero.
  std::span<const std::uint32_t> digits() const { return {digits_.data(), count_}; }
  /// Returns the power of 2^32 that the lowest digit counts; 0 of zero.
  int scale() const { return scale_; }
  bool is_zero() const { return count_ == 0; }
  bool is_negative() const { return is_negative_; }

  friend WideNumber operator*(const WideNumber& a, const WideNumber& b);
  friend WideNumber operator+(const WideNumber& a, const WideNumber& b);
  friend WideNumber operator-(const WideNumber& a, const WideNumber& b);

  /// Returns this number divided by `first` and then by `second` (neither is zero), rounded once to the nearest double,
  /// ties to even; beyond the largest double an infinity. Exact zero is +0.0.
  double RoundedQuotient(std::uint64_t first, std::uint64_t second) const;
  /// Returns the number when it is whole and fits into 64 bits.
  std::optional<std::int64_t> ToInteger() const;
  /// Returns this number times 2^exponent, exactly; the exponent is not negative.
  WideNumber Shifted(std::int64_t exponent) const;
  /// Returns a double near 1 (2^-32 to 1; 0 of zero), rounded once, and the power of two that it is to be multiplied
  /// with: a multiple of 32. So quotients of numbers beyond the doubles are doubles.
  struct Scaled {
    double mantissa = 0;
    std::int64_t exponent = 0;
  };
  Scaled ToScaled() const;
  /// Returns the nearest double, likewise.
  double Rounded() const { return RoundedQuotient(1, 1); }

 private:
  void CutZeros();
  /// Divides the magnitude, dropping the fraction of the lowest digit; tells whether something was dropped.
  bool DivideBy(std::uint64_t divisor);
  /// Puts zero digits below the lowest.
  void Refine(std::size_t digit_count);
  /// Returns the 64 bits of the magnitude from bit `from` on; bits that it does not have are 0.
  std::uint64_t BitsFrom(std::int64_t from) const;
  bool HasBitsBelow(std::int64_t bit) const;
  double Round(bool has_rest) const;

  std::array<std::uint32_t, kMaxDigits> digits_;  // [0, count_) are set, lowest first
  std::size_t count_ = 0;
  int scale_ = 0;
  bool is_negative_ = false;
};

}  // namespace larder
