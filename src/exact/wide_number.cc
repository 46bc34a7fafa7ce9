#include "exact/wide_number.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace larder {
namespace {

constexpr std::uint64_t kDigitMask = 0xffff'ffff;
constexpr int kDigitBits = 32;
// Two divisors of 64 bits take four digits away; three more leave more than 64 bits of quotient.
constexpr std::size_t kDigitsBelowQuotient = 7;
constexpr int kLeastDoubleBit = -1074;
constexpr int kLeastNormalExponent = -1022;
constexpr int kFractionBits = 52;

// Compares magnitudes that begin at the same power.
bool IsLess(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
  if (a.size() != b.size()) return a.size() < b.size();
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

}  // namespace

// Copies what is set: numbers are short, their room is not.
WideNumber& WideNumber::operator=(const WideNumber& other) {
  if (this == &other) return *this;
  std::copy_n(other.digits_.data(), other.count_, digits_.data());
  count_ = other.count_;
  scale_ = other.scale_;
  is_negative_ = other.is_negative_;
  return *this;
}

WideNumber WideNumber::Of(std::int64_t value) {
  const std::int64_t chunks[] = {value & static_cast<std::int64_t>(kDigitMask), value >> kDigitBits};
  return OfChunks(chunks, 0);
}

WideNumber WideNumber::OfChunks(std::span<const std::int64_t> chunks, int scale) {
  LARDER_CHECK(chunks.size() + 2 <= kMaxDigits);
  WideNumber number;
  number.scale_ = scale;
  number.is_negative_ = !chunks.empty() && chunks.back() < 0;
  // The magnitude of a negative number: 0 minus its chunks, with borrows.
  std::int64_t carry = 0;
  for (const std::int64_t chunk : chunks) {
    const std::int64_t digit = carry + (number.is_negative_ ? -chunk : chunk);
    number.digits_[number.count_++] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(digit) & kDigitMask);
    carry = digit >> kDigitBits;
  }
  for (; carry > 0; carry >>= kDigitBits) {
    number.digits_[number.count_++] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(carry) & kDigitMask);
  }
  number.CutZeros();
  return number;
}

void WideNumber::CutZeros() {
  while (count_ > 0 && digits_[count_ - 1] == 0) --count_;
  std::size_t zeros = 0;
  while (zeros < count_ && digits_[zeros] == 0) ++zeros;
  if (zeros > 0) {
    std::copy(digits_.data() + zeros, digits_.data() + count_, digits_.data());
    count_ -= zeros;
    scale_ += static_cast<int>(zeros);
  }
  if (count_ == 0) {
    scale_ = 0;
    is_negative_ = false;
  }
}

void WideNumber::Refine(std::size_t digit_count) {
  LARDER_CHECK(count_ + digit_count <= kMaxDigits);
  std::copy_backward(digits_.data(), digits_.data() + count_, digits_.data() + count_ + digit_count);
  std::fill_n(digits_.data(), digit_count, 0);
  count_ += digit_count;
  scale_ -= static_cast<int>(digit_count);
}

WideNumber operator*(const WideNumber& a, const WideNumber& b) {
  WideNumber product;
  if (a.is_zero() || b.is_zero()) return product;
  LARDER_CHECK(a.count_ + b.count_ <= WideNumber::kMaxDigits);
  product.count_ = a.count_ + b.count_;
  product.scale_ = a.scale_ + b.scale_;
  product.is_negative_ = a.is_negative_ != b.is_negative_;
  std::fill_n(product.digits_.data(), product.count_, 0);
  for (std::size_t i = 0; i < a.count_; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.count_; ++j) {
      const std::uint64_t digit =
          static_cast<std::uint64_t>(a.digits_[i]) * b.digits_[j] + product.digits_[i + j] + carry;
      product.digits_[i + j] = static_cast<std::uint32_t>(digit & kDigitMask);
      carry = digit >> kDigitBits;
    }
    product.digits_[i + b.count_] = static_cast<std::uint32_t>(carry);
  }
  product.CutZeros();
  return product;
}

WideNumber operator-(const WideNumber& a, const WideNumber& b) {
  if (b.is_zero()) return a;
  WideNumber left = a;
  WideNumber right = b;
  right.is_negative_ = !b.is_negative_;
  if (a.is_zero()) return right;
  const int scale = std::min(left.scale_, right.scale_);
  left.Refine(static_cast<std::size_t>(left.scale_ - scale));
  right.Refine(static_cast<std::size_t>(right.scale_ - scale));
  if (IsLess(left.digits(), right.digits())) std::swap(left, right);
  // Now |left| >= |right|, and the sign is left's.
  const bool adds = left.is_negative_ == right.is_negative_;
  std::int64_t carry = 0;
  for (std::size_t i = 0; i < left.count_; ++i) {
    const std::int64_t other = i < right.count_ ? std::int64_t{right.digits_[i]} : 0;
    const std::int64_t digit = std::int64_t{left.digits_[i]} + (adds ? other : -other) + carry;
    left.digits_[i] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(digit) & kDigitMask);
    carry = digit >> kDigitBits;
  }
  if (carry > 0) {
    LARDER_CHECK(left.count_ < WideNumber::kMaxDigits);
    left.digits_[left.count_++] = static_cast<std::uint32_t>(carry);
  }
  left.CutZeros();
  return left;
}

WideNumber operator+(const WideNumber& a, const WideNumber& b) { return a - (WideNumber() - b); }

WideNumber WideNumber::Shifted(std::int64_t exponent) const {
  if (is_zero()) return *this;
  WideNumber shifted = *this * Of(std::int64_t{1} << (exponent % kDigitBits));
  shifted.scale_ += static_cast<int>(exponent / kDigitBits);
  return shifted;
}

WideNumber::Scaled WideNumber::ToScaled() const {
  WideNumber near_one = *this;
  near_one.scale_ = -static_cast<int>(count_);
  return {near_one.Rounded(), kDigitBits * (std::int64_t{scale_} + static_cast<std::int64_t>(count_))};
}

bool WideNumber::DivideBy(std::uint64_t divisor) {
  if (divisor == 1) return false;
  std::uint64_t rest = 0;
  for (std::size_t i = count_; i-- > 0;) {
    if (divisor <= kDigitMask) {
      const std::uint64_t dividend = (rest << kDigitBits) | digits_[i];
      digits_[i] = static_cast<std::uint32_t>(dividend / divisor);
      rest = dividend % divisor;
    } else {
      __extension__ using Wide = unsigned __int128;
      const Wide dividend = (static_cast<Wide>(rest) << kDigitBits) | digits_[i];
      digits_[i] = static_cast<std::uint32_t>(dividend / divisor);
      rest = static_cast<std::uint64_t>(dividend % divisor);
    }
  }
  return rest != 0;
}

double WideNumber::RoundedQuotient(std::uint64_t first, std::uint64_t second) const {
  LARDER_CHECK(first != 0 && second != 0);
  WideNumber quotient = *this;
  if (first != 1 || second != 1) quotient.Refine(kDigitsBelowQuotient);
  bool has_rest = quotient.DivideBy(first);
  has_rest = quotient.DivideBy(second) || has_rest;
  quotient.CutZeros();
  return quotient.Round(has_rest);
}

std::optional<std::int64_t> WideNumber::ToInteger() const {
  if (is_zero()) return 0;
  if (scale_ < 0 || scale_ + static_cast<std::int64_t>(count_) > 2) return std::nullopt;
  std::uint64_t magnitude = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    magnitude |= std::uint64_t{digits_[i]} << (kDigitBits * (static_cast<int>(i) + scale_));
  }
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 63;
  if (magnitude > kLeast - (is_negative_ ? 0 : 1)) return std::nullopt;
  return static_cast<std::int64_t>(is_negative_ ? 0 - magnitude : magnitude);
}

std::uint64_t WideNumber::BitsFrom(std::int64_t from) const {
  std::uint64_t bits = 0;
  for (int part = -1; part < 3; ++part) {
    const std::int64_t index = (from >= 0 ? from / kDigitBits : -((-from + kDigitBits - 1) / kDigitBits)) + part + 1;
    if (index < 0 || index >= static_cast<std::int64_t>(count_)) continue;
    const std::int64_t shift = index * kDigitBits - from;  // of the digit's bit 0 in the result
    const std::uint64_t digit = digits_[static_cast<std::size_t>(index)];
    if (shift >= 64 || shift <= -kDigitBits) continue;
    bits |= shift >= 0 ? digit << shift : digit >> -shift;
  }
  return bits;
}

bool WideNumber::HasBitsBelow(std::int64_t bit) const {
  if (bit <= 0) return false;
  const auto whole = static_cast<std::size_t>(bit / kDigitBits);
  if (std::any_of(digits_.data(), digits_.data() + std::min(whole, count_), [](std::uint32_t d) { return d != 0; })) {
    return true;
  }
  return whole < count_ && (digits_[whole] & ((std::uint64_t{1} << (bit % kDigitBits)) - 1)) != 0;
}

// `has_rest`: the number is a little greater in magnitude than its digits say, by less than the lowest of them.
double WideNumber::Round(bool has_rest) const {
  if (is_zero()) return 0.0;
  const std::int64_t base = std::int64_t{scale_} * kDigitBits;  // the power of bit 0
  const std::int64_t top = static_cast<std::int64_t>(count_) * kDigitBits - 1 - std::countl_zero(digits_[count_ - 1]);
  const std::int64_t exponent = base + top;
  const std::int64_t last = exponent < kLeastNormalExponent ? kLeastDoubleBit : exponent - kFractionBits;
  // Bits from `last` on stay; the one below decides, and what is below that breaks the tie.
  const std::int64_t from = last - base;
  std::uint64_t kept = BitsFrom(from);
  const bool half = (BitsFrom(from - 1) & 1) != 0;
  if (half && (has_rest || HasBitsBelow(from - 1) || (kept & 1) != 0)) ++kept;
  if (last > std::numeric_limits<int>::max()) return is_negative_ ? -HUGE_VAL : HUGE_VAL;
  const double magnitude = std::ldexp(static_cast<double>(kept), static_cast<int>(last));
  return is_negative_ ? -magnitude : magnitude;
}

}  // namespace larder
