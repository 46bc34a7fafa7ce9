// How a job is asked to stop.
#pragma once

#include <atomic>

#include "base/status.h"

namespace larder {

/// Holds the wish that a job stop. Cancel may be called from any thread and from a signal handler; jobs look now and
/// then, between batches, and go no further.
class Cancellation {
 public:
  Cancellation() = default;
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  void Cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }

  /// Fails with kInterrupted once Cancel was called.
  Status Check() const {
    if (!cancelled()) [[likely]]
      return {};
    return Status(Reason::kInterrupted, "interrupted");
  }

 private:
  std::atomic<bool> cancelled_{false};
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch lock-free atomics");
};

}  // namespace larder
