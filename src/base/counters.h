// Numbers about the running program: counters, gauges and histograms by name and labels, and their Prometheus text.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder {

inline constexpr std::size_t kCacheLineBytes = 64;

/// Counts up. Lock-free; each has its own cache line, so that neighbours do not slow each other.
class Counter {
 public:
  void Add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> value_{0};
};

/// Shows a number that goes up and down. Lock-free.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(kCacheLineBytes) std::atomic<double> value_{0.0};
};

/// Counts observations by size. The buckets are fixed when it is made. Lock-free; NaN is not counted.
class Histogram {
 public:
  /// `upper_bounds` ascend, each bucket includes its bound; the last bucket, without one, is added.
  explicit Histogram(std::span<const double> upper_bounds);

  void Observe(double value);

  std::span<const double> upper_bounds() const { return upper_bounds_; }
  /// Returns how many observations fell into a bucket (not into those before it); `bucket` <= upper_bounds().size().
  std::uint64_t bucket_count(std::size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> upper_bounds_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;  ///< one more than bounds
  alignas(kCacheLineBytes) std::atomic<double> sum_{0.0};
};

/// Names what is counted. The name follows Prometheus: base units, counters end in `_total`.
struct MetricName {
  std::string_view name;
  std::string_view description;  ///< one line
};

/// Holds label names and values, in the order they are shown.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Holds all numbers of a program. Getting one takes a lock and is for start-up or first use: keep the reference, it
/// stays good as long as this object. The same name and labels give the same object; one name is one kind (CHECK).
/// Beyond kMaxSeries the numbers of new labels of a kind go to one object that is not shown. Thread-safe.
class Counters {
 public:
  static constexpr std::size_t kMaxSeries = 50'000;

  Counters();
  ~Counters();
  Counters(const Counters&) = delete;
  Counters& operator=(const Counters&) = delete;

  Counter& GetCounter(const MetricName& name, const Labels& labels = {});
  Gauge& GetGauge(const MetricName& name, const Labels& labels = {});
  /// All histograms of one name have the bounds of the first.
  Histogram& GetHistogram(const MetricName& name, std::span<const double> upper_bounds, const Labels& labels = {});

  /// Returns everything in Prometheus' text format 0.0.4, sorted by name, then labels.
  std::string ToPrometheusText() const;

 private:
  struct Family;
  template <class Metric, class Make>
  Metric& Get(const MetricName& name, const Labels& labels, const Make& make);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_;
  std::size_t series_count_ = 0;
};

}  // namespace larder
