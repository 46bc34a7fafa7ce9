// One account of the large buffers of a job.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace larder {

/// Counts the bytes of large buffers against a limit. Thread-safe; a reservation is one atomic addition.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::int64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  std::int64_t limit_bytes() const { return limit_bytes_; }
  std::int64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  std::int64_t peak_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }

  /// Takes `bytes`; fails with kMemoryLimit, naming `purpose`, and takes nothing when they do not fit.
  Status Reserve(std::int64_t bytes, std::string_view purpose);
  /// Takes `bytes` if they fit.
  bool TryReserve(std::int64_t bytes);
  /// Gives back what was taken.
  void Release(std::int64_t bytes);

 private:
  const std::int64_t limit_bytes_;
  std::atomic<std::int64_t> used_bytes_{0};
  std::atomic<std::int64_t> peak_bytes_{0};
};

/// Gives back its bytes when it goes. Not thread-safe; move-only.
class MemoryReservation {
 public:
  MemoryReservation() = default;
  explicit MemoryReservation(MemoryBudget* budget) : budget_(budget) {}
  MemoryReservation(MemoryReservation&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryReservation& operator=(MemoryReservation&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MemoryReservation() { Reset(); }

  std::int64_t bytes() const { return bytes_; }
  /// Grows by `bytes`; unchanged on failure.
  Status Grow(std::int64_t bytes, std::string_view purpose);
  /// Gives everything back.
  void Reset();

 private:
  MemoryBudget* budget_ = nullptr;
  std::int64_t bytes_ = 0;
};

}  // namespace larder
