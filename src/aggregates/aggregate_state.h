// What a tile holds: the states of mergeable aggregates, which are added to, merged and stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aggregates/aggregate_table.h"
#include "aggregates/result_column.h"
#include "aggregates/window_run.h"
#include "base/status.h"

namespace larder {

class AggregateState;

/// Knows which states a list of functions needs: functions of one family over the same inputs, `where` and parameters
/// share a state, whatever their windows. Immutable; may be shared by threads.
class StatePlan {
 public:
  /// Plans for mergeable functions (CHECK). `WindowFunction::window` means nothing here.
  explicit StatePlan(std::vector<WindowFunction> functions);

  const std::vector<WindowFunction>& functions() const { return functions_; }
  std::size_t state_count() const { return members_.size(); }

 private:
  friend class TileState;

  std::vector<WindowFunction> functions_;
  std::vector<std::size_t> state_of_;              // of each function
  std::vector<std::vector<std::size_t>> members_;  // functions of each state
};

/// Holds the states of a plan over some multiset of events. Equal multisets give equal results as bits, whatever the
/// order of adding, the split into tiles and the order of merging. Borrows the plan. Not thread-safe.
class TileState {
 public:
  explicit TileState(const StatePlan& plan);
  ~TileState();
  TileState(TileState&&) noexcept;
  TileState& operator=(TileState&&) noexcept;

  /// Becomes the state of no events.
  void Clear();
  /// Adds events [begin, end) of a run; the run's columns are those that the functions' indexes mean. The order of the
  /// events in the run is free. Fails with kInvalidData (vectors of unequal length); the state is undefined then.
  Status Add(const EventRun& run, std::int64_t begin, std::int64_t end);
  /// Takes out one event that was added, or returns false: then the state is undefined, and is to be made anew from the
  /// events that stay.
  bool Remove(const EventRun& run, std::int64_t index);

  /// Appends the state as bytes (docs/formats/aggregate_state.md). Equal multisets of events give equal bytes.
  void Encode(std::string& out) const;
  /// Adds the events of an encoded state of an equal plan. Safe on hostile bytes: kDamaged when they cannot be a
  /// state, and then this state is undefined.
  Status MergeEncoded(std::string_view bytes);
  /// Adds the events of another state of the same plan.
  Status Merge(const TileState& other);

  /// Writes the result of a function to a row of a column of its type. `time_us` is the moment asked about: no event of
  /// the state is later. Fails with kValueOutOfRange when an integer overflows.
  Status Finish(std::size_t function, std::int64_t time_us, ResultColumn& result, std::int64_t row);

 private:
  const StatePlan* plan_;
  std::vector<std::unique_ptr<AggregateState>> states_;
};

}  // namespace larder
