// Pins: how readers without locks keep the memory that they look at.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace larder {

/// Keeps what was in memory when it was taken, as long as it lives. Move-only; may go on another thread than it came
/// from. To be held for one request: what is written meanwhile cannot be freed.
class MemoryPin {
 public:
  /// Keeps nothing.
  MemoryPin() = default;
  explicit MemoryPin(std::atomic<std::uint64_t>* place) : place_(place) {}
  MemoryPin(MemoryPin&& other) noexcept : place_(std::exchange(other.place_, nullptr)) {}
  MemoryPin& operator=(MemoryPin&& other) noexcept {
    Release();
    place_ = std::exchange(other.place_, nullptr);
    return *this;
  }
  ~MemoryPin() { Release(); }

  /// Tells whether it keeps anything; look-ups with one that does not answer nothing.
  bool is_held() const { return place_ != nullptr; }
  void Release() {
    if (place_ != nullptr) place_->store(0, std::memory_order_release);
    place_ = nullptr;
  }

 private:
  std::atomic<std::uint64_t>* place_ = nullptr;
};

/// Counts moments, and knows the oldest one that a reader still looks at (epoch-based reclamation, Fraser 2004).
/// Thread-safe; taking a pin is wait-free: one exchange when few are held.
class MemoryPins {
 public:
  /// Bounds the pins held at a time; more are empty ones.
  static constexpr std::size_t kPins = 512;

  MemoryPins() = default;
  MemoryPins(const MemoryPins&) = delete;
  MemoryPins& operator=(const MemoryPins&) = delete;

  MemoryPin Take();
  /// Ends the moment: to be called after something was taken out of readers' reach. No reader whose pin begins later
  /// can see it; returns the number from which on that is so.
  std::uint64_t EndMoment() { return moment_.fetch_add(1) + 1; }
  /// Returns the oldest moment that is pinned: what ended with this number or a lower one can go.
  std::uint64_t OldestPinned() const;

 private:
  struct Place {
    alignas(64) std::atomic<std::uint64_t> moment{0};  ///< 0: free; on a cache line of its own
  };
  std::atomic<std::uint64_t> moment_{1};
  std::array<Place, kPins> places_;
};

}  // namespace larder
