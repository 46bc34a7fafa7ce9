// One account of the large buffers of a job, and the pages that wait between two of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace larder {

/// Keeps pages that one buffer gave back for the next one: the first touch of a page costs more than most of what is
/// done with it (the system clears it, and a virtual machine may have to be given it first). Thread-safe.
class KeptPages {
 public:
  /// Names neighbouring pages that a caller mapped: readable, writable, private, whole huge pages at their borders.
  struct Stretch {
    std::byte* begin = nullptr;
    std::size_t size = 0;
  };
  /// Pages come and go in multiples of this size.
  static constexpr std::size_t kUnit = std::size_t{2} << 20;

  KeptPages() = default;
  KeptPages(const KeptPages&) = delete;
  KeptPages& operator=(const KeptPages&) = delete;
  ~KeptPages() { ReleaseBeyond(0); }

  /// Takes pages over from a buffer.
  void Keep(Stretch pages);
  /// Hands out at most `size` bytes (a multiple of kUnit) in one stretch, of any content; an empty one when none is
  /// kept.
  Stretch Take(std::size_t size);
  /// Gives pages back to the system until at most `byte_count` bytes are kept.
  void ReleaseBeyond(std::int64_t byte_count);

  std::int64_t byte_count() const { return byte_count_.load(std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  std::vector<Stretch> stretches_;
  std::atomic<std::int64_t> byte_count_{0};
};

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
  /// Takes `bytes` whether they fit or not: for what must not fail, and has a bound of its own.
  void TakeAnyway(std::int64_t bytes);
  /// Gives back what was taken.
  void Release(std::int64_t bytes);

  /// Holds pages of buffers that are gone. They are not counted as used, for whoever takes bytes takes these first.
  KeptPages& kept_pages() { return kept_pages_; }
  /// Gives kept pages back to the system as far as they do not fit beside what is used. To be called by those who have
  /// reserved bytes and take them elsewhere than from the kept pages.
  void MakeRoomBesideKeptPages();

 private:
  void NotePeak(std::int64_t used_bytes);

  const std::int64_t limit_bytes_;
  KeptPages kept_pages_;
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
  /// Takes over what `other`, of the same budget, holds.
  void Add(MemoryReservation other) { bytes_ += std::exchange(other.bytes_, 0); }
  /// Gives everything back.
  void Reset();

 private:
  MemoryBudget* budget_ = nullptr;
  std::int64_t bytes_ = 0;
};

}  // namespace larder
