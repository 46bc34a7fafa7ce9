// Latencies, counted: percentiles of any number of measurements in memory of fixed size.
#pragma once

#include <cstdint>
#include <vector>

namespace larder {

/// Counts spans of time in buckets whose width grows with the span, as HdrHistogram does (Tene): every span is known to
/// within one part in 1,024, below 2,048 ns exactly. Takes 270 KiB. Not thread-safe.
class LatencyHistogram {
 public:
  /// Spans are told apart to within 1 / 2^kPrecisionBits.
  static constexpr int kPrecisionBits = 10;
  /// Longer spans count as this one (73 minutes); negative ones as 0.
  static constexpr std::int64_t kMaxNs = (std::int64_t{1} << 42) - 1;

  LatencyHistogram();

  void Record(std::int64_t span_ns);
  /// Adds what another histogram counted.
  void Add(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  /// Return the least and the greatest span, exactly; 0 when there is none.
  std::int64_t least_ns() const { return count_ == 0 ? 0 : least_ns_; }
  std::int64_t greatest_ns() const { return greatest_ns_; }
  double MeanNs() const;
  /// Returns the least span that at least `share` (0 to 1) of all spans do not exceed, rounded up to the end of its
  /// bucket; 0 when there is none.
  std::int64_t PercentileNs(double share) const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  double sum_ns_ = 0;
  std::int64_t least_ns_ = kMaxNs;
  std::int64_t greatest_ns_ = 0;
};

}  // namespace larder
