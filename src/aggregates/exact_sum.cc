#include "aggregates/exact_sum.h"

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

struct FiniteParts {
  std::uint64_t mantissa;
  int exponent;
  bool is_negative;
};

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

}  // namespace

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

template class FixedPoint<70, -34>;
template class FixedPoint<140, -68>;

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

void ExactProductSum::Put(double x, double y, bool removes) {
  if (!IsFinite(x) || !IsFinite(y)) return;
  const FiniteParts a = PartsOf(x);
  const FiniteParts b = PartsOf(y);
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a.mantissa) * b.mantissa;
  const int exponent = a.exponent + b.exponent;
  const bool is_negative = (a.is_negative != b.is_negative) != removes;
  sum_.Add(static_cast<std::uint64_t>(product), exponent, is_negative);
  sum_.Add(static_cast<std::uint64_t>(product >> 64), exponent + 64, is_negative);
}

void ExactMoments::Add(double value) {
  sum_.Add(value);
  squares_.Add(value, value);
}

void ExactMoments::Remove(double value) {
  sum_.Remove(value);
  squares_.Remove(value, value);
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
  const WideNumber spread = WideNumber::Of(n) * squares_.FiniteSum() - sum * sum;
  return spread.RoundedQuotient(static_cast<std::uint64_t>(n),
                                static_cast<std::uint64_t>(of == VarianceOf::kSample ? n - 1 : n));
}

double ExactMoments::StandardDeviation(VarianceOf of) { return std::sqrt(Variance(of)); }

}  // namespace larder
