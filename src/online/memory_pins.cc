#include "online/memory_pins.h"

#include <algorithm>

namespace larder {
namespace {

/// Returns a number that is another one for most threads: where the thread looks for a free place first.
std::size_t ThreadNumber() {
  thread_local const char mark = 0;
  return static_cast<std::size_t>(reinterpret_cast<std::uintptr_t>(&mark) * 0x9e3779b97f4a7c15u >> 40);
}

}  // namespace

MemoryPin MemoryPins::Take() {
  const std::size_t first = ThreadNumber();
  for (std::size_t i = 0; i < kPins; ++i) {
    std::atomic<std::uint64_t>& place = places_[(first + i) % kPins].moment;
    if (place.load(std::memory_order_relaxed) != 0) continue;
    std::uint64_t free = 0;
    // In one order with the reader's loads of pointers, EndMoment and OldestPinned: either they see this pin, or the
    // reader sees that the pointer is gone.
    if (place.compare_exchange_strong(free, moment_.load())) return MemoryPin(&place);
  }
  return {};
}

std::uint64_t MemoryPins::OldestPinned() const {
  std::uint64_t oldest = moment_.load();
  for (const Place& place : places_) {
    const std::uint64_t moment = place.moment.load();
    if (moment != 0) oldest = std::min(oldest, moment);
  }
  return oldest;
}

}  // namespace larder
