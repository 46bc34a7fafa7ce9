// The place of the least value of each of many ranges of an array.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aggregates/window_kernel.h"

namespace larder {

/// Finds least elements for ranges whose begins and ends never decrease, in time linear in elements and ranges: short
/// ranges are looked through, of long ones a queue keeps those elements that may still become the least (the monotone
/// queue of D. Lemire, "Streaming maximum-minimum filter using no more than three comparisons per element", 2006).
class SlidingLeast {
 public:
  /// Calls `give(range, place)` for each range that is not empty, with the first place of those that no other is below;
  /// `is_less(a, b)` compares places. Calls `give(range, -1)` for empty ones.
  template <class IsLess, class Give>
  void Visit(const CountedEvents& events, std::span<const EventRange> ranges, IsLess is_less, Give give) {
    std::int64_t total = 0;
    for (const EventRange& range : ranges) total += events.Place(range.end) - events.Place(range.begin);
    if (total <= kScansPerEvent * events.count) {
      Scan(events, ranges, is_less, give);
    } else {
      Queue(events, ranges, is_less, give);
    }
  }

  std::int64_t scratch_bytes() const { return static_cast<std::int64_t>(sizeof(std::int64_t) * queue_.capacity()); }

 private:
  // What a scan costs for each element, the queue costs about four times.
  static constexpr std::int64_t kScansPerEvent = 4;

  template <class IsLess, class Give>
  static void Scan(const CountedEvents& events, std::span<const EventRange> ranges, IsLess is_less, Give give) {
    for (const EventRange& range : ranges) {
      const std::int64_t end = events.Place(range.end);
      std::int64_t least = events.Place(range.begin);
      if (least == end) {
        give(range, -1);
        continue;
      }
      for (std::int64_t i = least + 1; i < end; ++i) least = is_less(i, least) ? i : least;
      give(range, least);
    }
  }

  template <class IsLess, class Give>
  void Queue(const CountedEvents& events, std::span<const EventRange> ranges, IsLess is_less, Give give) {
    queue_.resize(static_cast<std::size_t>(events.count));
    std::size_t head = 0;
    std::size_t tail = 0;
    std::int64_t last = 0;
    for (const EventRange& range : ranges) {
      const std::int64_t begin = events.Place(range.begin);
      const std::int64_t end = events.Place(range.end);
      if (begin >= last) {
        head = tail = 0;
        last = begin;
      }
      while (head < tail && queue_[head] < begin) ++head;
      for (; last < end; ++last) {
        while (head < tail && is_less(last, queue_[tail - 1])) --tail;
        if (head == tail) head = tail = 0;
        queue_[tail++] = last;
      }
      give(range, head < tail ? queue_[head] : -1);
    }
  }

  std::vector<std::int64_t> queue_;
};

}  // namespace larder
