// Which events of a run count for some functions, with their values closed up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "aggregates/aggregate_families.h"
#include "aggregates/window_kernel.h"

namespace larder {

/// Says which events count, and of which inputs the values are wanted.
struct CountedEventsKey {
  std::vector<std::size_t> inputs;
  std::optional<std::size_t> where;
  CountRule rule = CountRule::kSelected;

  friend bool operator==(const CountedEventsKey&, const CountedEventsKey&) = default;
};

/// Makes the counted events of one run after another; keeps its memory.
class EventCounter {
 public:
  explicit EventCounter(CountedEventsKey key) : key_(std::move(key)) {}

  const CountedEventsKey& key() const { return key_; }
  /// Finds the events that count. What it returns borrows from the run and from here, until the next call.
  const CountedEvents& Count(const EventRun& run);
  /// Returns the memory kept.
  std::int64_t scratch_bytes() const;

 private:
  bool AllCount(const EventRun& run) const;
  void FillPlaces(const EventRun& run);
  void CloseUp(const EventRun& run);
  const void* ClosedValues(const Vector& input, std::vector<char>& kept, std::int64_t event_count) const;

  CountedEventsKey key_;
  CountedEvents events_;
  std::vector<Vector> inputs_;
  std::vector<std::int64_t> places_;
  std::vector<std::int64_t> times_us_;
  std::vector<std::vector<char>> values_;
  std::vector<std::vector<char>> valid_;  // of families that see nulls
};

}  // namespace larder
