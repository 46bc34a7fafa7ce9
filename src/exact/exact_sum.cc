#include "exact/exact_sum.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace larder {
namespace {

constexpr std::uint64_t kChunkMask = 0xffff'ffff;
constexpr int kChunkBits = 32;
constexpr int kFractionBits = 52;
constexpr int kExponentMask = 0x7ff;
constexpr std::uint64_t kFractionMask = (std::uint64_t{1} << kFractionBits) - 1;
constexpr std::uint64_t kResultNanBits = 0x7ff8'0000'0000'0000;

}  // namespace

FiniteParts PartsOf(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return {value < 0 ? 0 - bits : bits, 0, value < 0};
}

bool IsFinite(double value) {
  return ((std::bit_cast<std::uint64_t>(value) >> kFractionBits) & kExponentMask) != kExponentMask;
}

FiniteParts PartsOf(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const int biased = static_cast<int>((bits >> kFractionBits) & kExponentMask);
  const std::uint64_t fraction = bits & kFractionMask;
  // A subnormal has no leading one, and the exponent of the least normal.
  const std::uint64_t leading = biased == 0 ? 0 : std::uint64_t{1} << kFractionBits;
  return {fraction | leading, (biased == 0 ? 1 : biased) - 1075, (bits >> 63) != 0};
}

bool MergeCount(ByteReader& reader, std::int64_t& count) {
  const std::uint64_t more = reader.ReadVarint();
  if (!reader.ok() || more > static_cast<std::uint64_t>(kMaxStateEvents) || count > kMaxStateEvents) return false;
  count += static_cast<std::int64_t>(more);
  return true;
}

double ResultNan() { return std::bit_cast<double>(kResultNanBits); }

template <std::size_t kChunkCount, int kScale>
void FixedPoint<kChunkCount, kScale>::Add(std::uint64_t mantissa, int exponent, bool is_negative) {
  const auto place = static_cast<unsigned>(exponent - kChunkBits * kScale);
  const unsigned shift = place % kChunkBits;
  std::int64_t* const chunk = chunks_.data() + place / kChunkBits;
  const std::uint64_t low = mantissa << shift;
  const std::uint64_t high = shift == 0 ? 0 : mantissa >> (64 - shift);
  const std::int64_t sign = is_negative ? -1 : 1;
  chunk[0] += sign * static_cast<std::int64_t>(low & kChunkMask);
  chunk[1] += sign * static_cast<std::int64_t>(low >> kChunkBits);
  chunk[2] += sign * static_cast<std::int64_t>(high);
  CountWaiting(1);
}

template <std::size_t kChunkCount, int kScale>
void FixedPoint<kChunkCount, kScale>::CountWaiting(std::uint32_t count) {
  waiting_ += count;
  if (waiting_ >= kMaxWaiting) Normalize();
}

// A normalized chunk counts as one addition that waits: it is below 2^32. The last chunk has no bound of its own, but
// 2^63 values do not reach it.
template <std::size_t kChunkCount, int kScale>
void FixedPoint<kChunkCount, kScale>::Normalize() {
  for (std::size_t i = 0; i + 1 < kChunkCount; ++i) {
    chunks_[i + 1] += chunks_[i] >> kChunkBits;
    chunks_[i] &= static_cast<std::int64_t>(kChunkMask);
  }
  waiting_ = 1;
}

template <std::size_t kChunkCount, int kScale>
void FixedPoint<kChunkCount, kScale>::Merge(const FixedPoint& other) {
  if (waiting_ + other.waiting_ >= kMaxWaiting) Normalize();
  for (std::size_t i = 0; i < kChunkCount; ++i) chunks_[i] += other.chunks_[i];
  CountWaiting(other.waiting_);
}

template <std::size_t kChunkCount, int kScale>
void FixedPoint<kChunkCount, kScale>::Remove(const FixedPoint& other) {
  if (waiting_ + other.waiting_ >= kMaxWaiting) Normalize();
  for (std::size_t i = 0; i < kChunkCount; ++i) chunks_[i] -= other.chunks_[i];
  CountWaiting(other.waiting_);
}

template <std::size_t kChunkCount, int kScale>
WideNumber FixedPoint<kChunkCount, kScale>::Value() {
  Normalize();
  return WideNumber::OfChunks(chunks_, kScale);
}

// A number: twice the count of its digits, and 1 when it is negative; the place of the lowest; the digits.
template <std::size_t kChunkCount, int kScale>
void FixedPoint<kChunkCount, kScale>::Encode(std::string& out) {
  const WideNumber value = Value();
  AppendVarint(value.digits().size() * 2 + (value.is_negative() ? 1 : 0), out);
  if (value.is_zero()) return;
  AppendVarint(static_cast<std::uint64_t>(value.scale() - kScale), out);
  for (const std::uint32_t digit : value.digits()) AppendFixed32(digit, out);
}

template <std::size_t kChunkCount, int kScale>
bool FixedPoint<kChunkCount, kScale>::Merge(ByteReader& reader) {
  const std::uint64_t head = reader.ReadVarint();
  const std::uint64_t count = head / 2;
  const std::uint64_t place = count == 0 ? 0 : reader.ReadVarint();
  if (!reader.ok() || head == 1 || count > kChunkCount || place > kChunkCount - count) return false;
  const std::string_view digits = reader.ReadBytes(count * sizeof(std::uint32_t));
  if (!reader.ok()) return false;
  const std::int64_t sign = head % 2 != 0 ? -1 : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t digit = LoadFixed32(digits.data() + i * sizeof(std::uint32_t));
    if (digit == 0 && (i == 0 || i + 1 == count)) return false;
    chunks_[place + i] += sign * std::int64_t{digit};
  }
  CountWaiting(1);
  return true;
}

template class FixedPoint<70, -34>;
template class FixedPoint<140, -68>;
template class FixedPoint<210, -102>;
template class FixedPoint<280, -136>;

double NotFinite::Sum() const {
  LARDER_CHECK(any());
  if (nan_count != 0 || (positive_count != 0 && negative_count != 0)) return ResultNan();
  return positive_count != 0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

void ExactSum::Put(double value, int direction) {
  count_ += direction;
  if (IsFinite(value)) {
    const FiniteParts parts = PartsOf(value);
    sum_.Add(parts.mantissa, parts.exponent, parts.is_negative != (direction < 0));
  } else if (std::isnan(value)) {
    not_finite_.nan_count += direction;
  } else {
    (value > 0 ? not_finite_.positive_count : not_finite_.negative_count) += direction;
  }
}

void ExactSum::Put(std::int64_t value, int direction) {
  count_ += direction;
  const FiniteParts parts = PartsOf(value);
  sum_.Add(parts.mantissa, parts.exponent, parts.is_negative != (direction < 0));
}

void ExactSum::Encode(std::string& out) {
  for (const std::int64_t count :
       {count_, not_finite_.nan_count, not_finite_.positive_count, not_finite_.negative_count}) {
    AppendVarint(static_cast<std::uint64_t>(count), out);
  }
  sum_.Encode(out);
}

bool ExactSum::Merge(ByteReader& reader) {
  for (std::int64_t* count :
       {&count_, &not_finite_.nan_count, &not_finite_.positive_count, &not_finite_.negative_count}) {
    if (!MergeCount(reader, *count)) return false;
  }
  return sum_.Merge(reader);
}

void ExactSum::Merge(const ExactSum& other) {
  sum_.Merge(other.sum_);
  count_ += other.count_;
  not_finite_.nan_count += other.not_finite_.nan_count;
  not_finite_.positive_count += other.not_finite_.positive_count;
  not_finite_.negative_count += other.not_finite_.negative_count;
}

void ExactSum::Remove(const ExactSum& other) {
  sum_.Remove(other.sum_);
  count_ -= other.count_;
  not_finite_.nan_count -= other.not_finite_.nan_count;
  not_finite_.positive_count -= other.not_finite_.positive_count;
  not_finite_.negative_count -= other.not_finite_.negative_count;
}

double ExactSum::Sum() { return not_finite_.any() ? not_finite_.Sum() : sum_.Value().Rounded(); }

double ExactSum::Mean() {
  if (count_ <= 0) return ResultNan();
  if (not_finite_.any()) return not_finite_.Sum();
  return sum_.Value().RoundedQuotient(static_cast<std::uint64_t>(count_), 1);
}

// The product of the mantissas in words of 64 bits, each at its power.
template <std::size_t kFactors>
void ExactProducts<kFactors>::Put(const Factors& factors, bool removes) {
  __extension__ using Wide = unsigned __int128;
  std::array<std::uint64_t, kFactors> words{factors[0].mantissa};
  int exponent = factors[0].exponent;
  bool is_negative = factors[0].is_negative != removes;
  for (std::size_t factor = 1; factor < kFactors; ++factor) {
    exponent += factors[factor].exponent;
    is_negative = is_negative != factors[factor].is_negative;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i <= factor; ++i) {
      const Wide product = static_cast<Wide>(words[i]) * factors[factor].mantissa + carry;
      words[i] = static_cast<std::uint64_t>(product);
      carry = static_cast<std::uint64_t>(product >> 64);
    }
  }
  for (std::size_t i = 0; i < kFactors; ++i) {
    if (words[i] != 0) sum_.Add(words[i], exponent + 64 * static_cast<int>(i), is_negative);
  }
}

template class ExactProducts<2>;
template class ExactProducts<3>;
template class ExactProducts<4>;

void ExactMoments::Put(double value, int direction) {
  sum_.Put(value, direction);
  if (!IsFinite(value)) return;
  const FiniteParts parts = PartsOf(value);
  squares_.Put({parts, parts}, direction < 0);
}

void ExactMoments::Put(std::int64_t value, int direction) {
  sum_.Put(value, direction);
  const FiniteParts parts = PartsOf(value);
  squares_.Put({parts, parts}, direction < 0);
}

void ExactMoments::Merge(const ExactMoments& other) {
  sum_.Merge(other.sum_);
  squares_.Merge(other.squares_);
}

void ExactMoments::Remove(const ExactMoments& other) {
  sum_.Remove(other.sum_);
  squares_.Remove(other.squares_);
}

double ExactMoments::Variance(VarianceOf of) {
  const std::int64_t n = count();
  LARDER_CHECK(n >= (of == VarianceOf::kSample ? 2 : 1));
  if (sum_.not_finite().any()) return ResultNan();
  const WideNumber sum = sum_.FiniteSum();
  const WideNumber spread = WideNumber::Of(n) * squares_.Sum() - sum * sum;
  return spread.RoundedQuotient(static_cast<std::uint64_t>(n),
                                static_cast<std::uint64_t>(of == VarianceOf::kSample ? n - 1 : n));
}

double ExactMoments::StandardDeviation(VarianceOf of) { return std::sqrt(Variance(of)); }

}  // namespace larder
