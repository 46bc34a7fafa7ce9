// Where the time comes from: passed in, never asked of the system directly.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace larder {

/// Tells the time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Returns the wall clock: microseconds since 1970-01-01T00:00:00Z.
  virtual std::int64_t NowUs() const = 0;
  /// Returns nanoseconds since an arbitrary moment; never goes back. For measuring spans.
  virtual std::int64_t MonotonicNs() const = 0;
};

/// Returns a clock that reads the operating system's.
std::unique_ptr<Clock> NewSystemClock();

/// Shows a moment that a test sets.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t now_us) : now_us_(now_us) {}
  std::int64_t NowUs() const override { return now_us_.load(); }
  std::int64_t MonotonicNs() const override { return now_us_.load() * 1000; }
  void Set(std::int64_t now_us) { now_us_.store(now_us); }
  void Advance(std::int64_t by_us) { now_us_.fetch_add(by_us); }

 private:
  std::atomic<std::int64_t> now_us_;
};

}  // namespace larder
