#include "load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace larder {
namespace {

constexpr int kMaxShift = 42 - LatencyHistogram::kPrecisionBits - 1;
constexpr std::size_t kHalf = std::size_t{1} << LatencyHistogram::kPrecisionBits;
constexpr std::size_t kBucketCount = (static_cast<std::size_t>(kMaxShift) + 2) * kHalf;

// A bucket's number holds how far its spans are shifted, and their first kPrecisionBits + 1 bits.
std::size_t BucketOf(std::int64_t span_ns) {
  const auto bits = static_cast<std::uint64_t>(span_ns);
  const int shift = std::max(0, static_cast<int>(std::bit_width(bits)) - LatencyHistogram::kPrecisionBits - 1);
  return static_cast<std::size_t>(shift) * kHalf + static_cast<std::size_t>(bits >> shift);
}

std::int64_t GreatestOf(std::size_t bucket) {
  const std::size_t shift = bucket < 2 * kHalf ? 0 : bucket / kHalf - 1;
  const std::size_t first_bits = bucket - shift * kHalf;
  return static_cast<std::int64_t>(((first_bits + 1) << shift) - 1);
}

}  // namespace

LatencyHistogram::LatencyHistogram() : counts_(kBucketCount, 0) {}

void LatencyHistogram::Record(std::int64_t span_ns) {
  const std::int64_t counted_ns = std::clamp<std::int64_t>(span_ns, 0, kMaxNs);
  ++counts_[BucketOf(counted_ns)];
  ++count_;
  sum_ns_ += static_cast<double>(counted_ns);
  least_ns_ = std::min(least_ns_, counted_ns);
  greatest_ns_ = std::max(greatest_ns_, counted_ns);
}

void LatencyHistogram::Add(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ns_ += other.sum_ns_;
  least_ns_ = std::min(least_ns_, other.least_ns_);
  greatest_ns_ = std::max(greatest_ns_, other.greatest_ns_);
}

double LatencyHistogram::MeanNs() const { return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_); }

std::int64_t LatencyHistogram::PercentileNs(double share) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= rank) return std::min(GreatestOf(bucket), greatest_ns_);
  }
  return greatest_ns_;
}

}  // namespace larder
