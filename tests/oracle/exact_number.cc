#include "tests/oracle/exact_number.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace larder::oracle {

BigInteger::BigInteger(std::int64_t value) : is_negative_(value < 0) {
  std::uint64_t magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) magnitude = ~magnitude + 1;
  for (; magnitude != 0; magnitude >>= 32) digits_.push_back(static_cast<std::uint32_t>(magnitude));
}

int BigInteger::bit_count() const {
  if (digits_.empty()) return 0;
  return static_cast<int>(digits_.size()) * 32 - std::countl_zero(digits_.back());
}

void BigInteger::Trim() {
  while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
  if (digits_.empty()) is_negative_ = false;
}

BigInteger BigInteger::Negated() const {
  BigInteger result = *this;
  if (!result.is_zero()) result.is_negative_ = !is_negative_;
  return result;
}

BigInteger BigInteger::ShiftedLeft(int bits) const {
  if (is_zero()) return *this;
  BigInteger result;
  result.is_negative_ = is_negative_;
  result.digits_.assign(static_cast<std::size_t>(bits / 32), 0);
  std::uint64_t carry = 0;
  for (const std::uint32_t digit : digits_) {
    carry |= static_cast<std::uint64_t>(digit) << (bits % 32);
    result.digits_.push_back(static_cast<std::uint32_t>(carry));
    carry >>= 32;
  }
  result.digits_.push_back(static_cast<std::uint32_t>(carry));
  result.Trim();
  return result;
}

bool BigInteger::FitsInt64(std::int64_t* value) const {
  if (bit_count() > 64) return false;
  std::uint64_t magnitude = 0;
  for (std::size_t i = digits_.size(); i > 0; --i) magnitude = (magnitude << 32) | digits_[i - 1];
  const std::uint64_t limit = std::uint64_t{1} << 63;
  if (magnitude > limit || (magnitude == limit && !is_negative_)) return false;
  *value = static_cast<std::int64_t>(is_negative_ ? ~magnitude + 1 : magnitude);
  return true;
}

int BigInteger::CompareMagnitudes(const BigInteger& a, const BigInteger& b) {
  if (a.digits_.size() != b.digits_.size()) return a.digits_.size() < b.digits_.size() ? -1 : 1;
  for (std::size_t i = a.digits_.size(); i > 0; --i) {
    if (a.digits_[i - 1] != b.digits_[i - 1]) return a.digits_[i - 1] < b.digits_[i - 1] ? -1 : 1;
  }
  return 0;
}

BigInteger BigInteger::AddMagnitudes(const BigInteger& a, const BigInteger& b) {
  BigInteger sum;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < std::max(a.digits_.size(), b.digits_.size()); ++i) {
    if (i < a.digits_.size()) carry += a.digits_[i];
    if (i < b.digits_.size()) carry += b.digits_[i];
    sum.digits_.push_back(static_cast<std::uint32_t>(carry));
    carry >>= 32;
  }
  sum.digits_.push_back(static_cast<std::uint32_t>(carry));
  sum.Trim();
  return sum;
}

BigInteger BigInteger::SubtractMagnitudes(const BigInteger& larger, const BigInteger& smaller) {
  BigInteger difference;
  std::int64_t borrow = 0;
  for (std::size_t i = 0; i < larger.digits_.size(); ++i) {
    borrow += larger.digits_[i];
    if (i < smaller.digits_.size()) borrow -= smaller.digits_[i];
    difference.digits_.push_back(static_cast<std::uint32_t>(borrow));
    borrow >>= 32;
  }
  difference.Trim();
  return difference;
}

BigInteger operator+(const BigInteger& a, const BigInteger& b) {
  if (a.is_negative_ == b.is_negative_) {
    BigInteger sum = BigInteger::AddMagnitudes(a, b);
    sum.is_negative_ = !sum.is_zero() && a.is_negative_;
    return sum;
  }
  const bool a_is_larger = BigInteger::CompareMagnitudes(a, b) >= 0;
  BigInteger sum = a_is_larger ? BigInteger::SubtractMagnitudes(a, b) : BigInteger::SubtractMagnitudes(b, a);
  sum.is_negative_ = !sum.is_zero() && (a_is_larger ? a : b).is_negative_;
  return sum;
}

BigInteger operator-(const BigInteger& a, const BigInteger& b) { return a + b.Negated(); }

BigInteger operator*(const BigInteger& a, const BigInteger& b) {
  BigInteger product;
  product.digits_.assign(a.digits_.size() + b.digits_.size(), 0);
  for (std::size_t i = 0; i < a.digits_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.digits_.size() || carry != 0; ++j) {
      if (j < b.digits_.size()) carry += static_cast<std::uint64_t>(a.digits_[i]) * b.digits_[j];
      carry += product.digits_[i + j];
      product.digits_[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  product.is_negative_ = a.is_negative_ != b.is_negative_;
  product.Trim();
  return product;
}

BigInteger ScaledInteger(double value) {
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  // Of a subnormal the last bits of the 53 are zeros.
  const auto whole = static_cast<std::int64_t>(std::ldexp(mantissa, 53));
  const int shift = exponent - 53 - kLeastExponent;
  if (shift >= 0) return BigInteger(whole).ShiftedLeft(shift);
  return BigInteger(whole / (std::int64_t{1} << -shift));
}

double NearestDouble(const BigInteger& numerator, const BigInteger& denominator, int exponent) {
  if (numerator.is_zero()) return 0.0;
  // Both are scaled so that the quotient has 66 or 67 bits: more than a double has, so that rounding is by what is cut.
  BigInteger rest = numerator;
  rest.is_negative_ = false;
  BigInteger divisor = denominator;
  const int scale = 66 - (rest.bit_count() - divisor.bit_count());
  if (scale > 0) rest = rest.ShiftedLeft(scale);
  if (scale < 0) divisor = divisor.ShiftedLeft(-scale);
  BigInteger quotient;
  for (int bit = 68; bit >= 0; --bit) {
    const BigInteger part = divisor.ShiftedLeft(bit);
    if (BigInteger::CompareMagnitudes(rest, part) < 0) continue;
    rest = BigInteger::SubtractMagnitudes(rest, part);
    quotient = quotient + BigInteger(1).ShiftedLeft(bit);
  }
  const int quotient_exponent = exponent - scale;
  // The weight of the last bit that the double keeps.
  const int last = std::max(quotient_exponent + quotient.bit_count() - 53, kLeastExponent);
  const int cut = last - quotient_exponent;
  std::uint64_t kept = 0;
  bool half = false;
  bool more = !rest.is_zero();
  for (int bit = quotient.bit_count() - 1; bit >= 0; --bit) {
    const bool is_set = (quotient.digits_[static_cast<std::size_t>(bit / 32)] >> (bit % 32) & 1U) != 0;
    if (bit >= cut) {
      kept = kept * 2 + (is_set ? 1 : 0);
    } else if (bit == cut - 1) {
      half = is_set;
    } else {
      more = more || is_set;
    }
  }
  if (half && (more || kept % 2 == 1)) ++kept;
  const double magnitude = std::ldexp(static_cast<double>(kept), last);
  return numerator.is_negative() ? -magnitude : magnitude;
}

}  // namespace larder::oracle
