// Offline: one key's events in order, ranges of them, and every aggregate of every range in one walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "aggregates/aggregate_table.h"
#include "aggregates/result_column.h"
#include "base/status.h"
#include "expressions/vector.h"

namespace larder {

/// Stands for a created time that is null: it orders before every other.
inline constexpr std::int64_t kNoCreatedTimeUs = INT64_MIN;

/// Holds the events of one key in canonical order: event time, created time (null lowest), event id, encoded values.
/// Borrows everything. Columns have a value (or null) for each event, no row of them failed; constant ones are fine.
struct EventRun {
  std::int64_t event_count = 0;
  std::span<const std::int64_t> times_us;  ///< event times, never decreasing
  std::span<const Vector> columns;         ///< inputs, masks of `where` (bool; null is false)
  /// The rest of the canonical order, which states need and windows do not. Empty spans: all null, all empty.
  std::span<const std::int64_t> created_times_us;
  std::span<const std::string_view> ties;  ///< bytes that order events of one event time and created time
};

/// Marks the events of one window of one row: those of index [begin, end).
struct EventRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t time_us = 0;  ///< the row's own event time `t`
  std::int64_t row = 0;      ///< where the result goes
};

/// Says what to compute: an aggregate, over which columns of the run, where, and in which window.
struct WindowFunction {
  BoundAggregate aggregate;
  std::vector<std::size_t> inputs;                  ///< indexes of columns, in the order of the aggregate's inputs
  std::optional<std::size_t> where = std::nullopt;  ///< index of a bool column: only events where it is true count
  std::size_t window = 0;                           ///< index of the list of ranges
};

/// Bounds what one window may hold; more is an error, never a truncation.
struct WindowLimits {
  std::int64_t max_holistic_events = 10'000'000;  ///< events of a range that an aggregate without a state reads
};

/// Evaluates all windows of a view over one key after another. Functions over the same inputs and `where` share one
/// scan. Costs time linear in events and ranges (times the logarithm of the events for quantiles, distinct values and
/// modes); keeps its memory between calls. Not thread-safe; make one for each thread.
class WindowEvaluator {
 public:
  explicit WindowEvaluator(std::vector<WindowFunction> functions, WindowLimits limits = {});
  ~WindowEvaluator();
  WindowEvaluator(WindowEvaluator&&) noexcept;
  WindowEvaluator& operator=(WindowEvaluator&&) noexcept;

  /// Writes one result for each function and each range of its window, to `results[function]` at the range's row.
  /// `windows` are the lists of ranges; begins and ends of a list never decrease, and lie in the run. Fails with
  /// kValueOutOfRange (an integer overflows), kLimitExceeded (a window over its limit), kInvalidData (vectors of
  /// unequal length); the caller knows the key and names it. The results are undefined then.
  Status Evaluate(const EventRun& run, std::span<const std::span<const EventRange>> windows,
                  std::span<ResultColumn> results);

  /// Returns the memory kept for the next call.
  std::int64_t scratch_bytes() const;

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace larder
