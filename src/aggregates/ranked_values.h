// Values of a run numbered by their order, and how many of each a window holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aggregates/window_kernel.h"

namespace larder {

/// Numbers the values of counted events: equal values have one rank, lesser values a lesser one. Costs one sort.
class RankedValues {
 public:
  /// Ranks all events. `joins_zeros`: -0.0 counts as 0.0; else it is below.
  void Rank(const CountedEvents& events, bool joins_zeros);

  std::int64_t rank_count() const { return static_cast<std::int64_t>(places_.size()); }
  /// Returns the rank of an event's value.
  std::int64_t rank(std::int64_t event) const { return ranks_[static_cast<std::size_t>(event)]; }
  /// Returns an event that has the value of a rank.
  std::int64_t event(std::int64_t rank) const { return places_[static_cast<std::size_t>(rank)]; }
  /// Tells whether the greatest rank is that of NaN.
  bool has_nan() const { return has_nan_; }
  std::int64_t scratch_bytes() const;

 private:
  template <class Less, class Equal>
  void RankBy(std::int64_t count, Less less, Equal equal);

  std::vector<std::int64_t> keys_;
  std::vector<std::int64_t> order_;
  std::vector<std::int64_t> ranks_;
  std::vector<std::int64_t> places_;
  bool has_nan_ = false;
};

/// Counts ranks, and finds the k-th of all that are counted: a tree of partial sums (P. Fenwick, 1994). Every call
/// costs the logarithm of the ranks.
class RankTree {
 public:
  /// Forgets everything; ranks are [0, rank_count).
  void Reset(std::int64_t rank_count);
  void Add(std::int64_t rank, std::int64_t count);
  /// Returns the rank of the k-th, from 0, in order. There must be more than k.
  std::int64_t Select(std::int64_t k) const;
  /// Returns how many are counted.
  std::int64_t count() const { return count_; }
  std::int64_t scratch_bytes() const { return static_cast<std::int64_t>(sizeof(std::int64_t) * sums_.capacity()); }

 private:
  std::vector<std::int64_t> sums_;  // from 1
  std::int64_t count_ = 0;
  std::int64_t top_ = 0;  // the greatest power of two within the ranks
};

/// Moves over ranges: calls `add(event)` and `remove(event)` so that what was added and not removed is each range in
/// turn, `restart()` when nothing of the last range stays, then `give(range)`.
template <class Mover>
Status MoveOverRanges(const CountedEvents& events, std::span<const EventRange> ranges, Mover& mover) {
  std::int64_t first = 0;
  std::int64_t last = 0;
  for (const EventRange& range : ranges) {
    const std::int64_t begin = events.Place(range.begin);
    const std::int64_t end = events.Place(range.end);
    for (; first < std::min(begin, last); ++first) mover.Remove(first);
    if (begin >= last) first = last = begin;
    for (; last < end; ++last) mover.Add(last);
    LARDER_RETURN_IF_ERROR(mover.Give(range));
  }
  for (; first < last; ++first) mover.Remove(first);
  return Status();
}

/// Fails with kLimitExceeded when a range holds more events than an aggregate without a state may read.
Status CheckHolisticLimit(const KernelInput& input);

}  // namespace larder
