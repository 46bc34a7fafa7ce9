// What features of a window view mean: events to read, expressions over them, functions and windows to evaluate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "aggregates/window_run.h"
#include "base/status.h"
#include "columnar/value_type.h"
#include "definitions/feature_view.h"
#include "definitions/source.h"
#include "engine/join_plan.h"
#include "expressions/bound_expression.h"

namespace larder {

/// Names a window with its end: features whose windows are equal share their ranges.
struct WindowBounds {
  Window window;
  bool end_exclusive = false;

  /// Tells whether both hold the same events at every moment, however they are written.
  bool IsSameAs(const WindowBounds& other) const;
  /// Returns the moment at which the window ends for a row of time `t`: t itself, or a moment of the grid.
  std::int64_t EndAt(std::int64_t time_us) const;
  /// Returns the instant that all events of the window at `t` are after (or at: `begin_inclusive`); INT64_MIN when any
  /// event may be in it.
  std::int64_t BeginAt(std::int64_t time_us) const;
  /// Tells whether an event at BeginAt is in the window: of a grid whose end is exclusive.
  bool begin_inclusive() const { return end_exclusive && window.kind == Window::Kind::kEvery; }
};

/// Holds features of one window view, resolved. Immutable; safe to share between threads.
struct WindowPlan {
  std::vector<ValueColumn> columns;                 ///< of the events, to read
  std::optional<std::size_t> event_id;              ///< of the source: index into `columns`
  std::vector<BoundExpression> expressions;         ///< over `columns`: inputs and conditions, each once
  std::vector<std::vector<std::size_t>> arguments;  ///< of each expression: indexes into `columns`
  std::vector<WindowFunction> functions;            ///< one for each feature asked for, over `expressions`
  std::vector<WindowBounds> windows;
  bool is_ordered = false;       ///< results depend on the order of events of equal times: first, last, row windows
  bool ends_before_row = false;  ///< no event of the row's own time or later counts, whatever the windows' ends
  /// Encoded values order such events, or rows of one event: `columns` are then all columns of the view, in its order.
  bool needs_encoded = false;

  /// Returns the types of the features asked for.
  std::vector<ValueType> types() const;
  /// Returns how far back from a row's time its windows reach; nullopt: to the beginning.
  std::optional<std::int64_t> reach_us() const;
};

/// Plans features (by index) of a typed window view over `source`. Fails with kInvalidDefinition when the view was not
/// typed against its source.
Result<WindowPlan> PlanWindows(const FeatureView& view, const Source& source, std::span<const std::size_t> features);

/// Appends the range of the events at `times_us` (never decreasing) that `bounds` holds at `time_us`. Call it with
/// times that never decrease: the ranges then never do, and all calls together cost linear time.
class RangeFinder {
 public:
  /// With `ends_before_row` events at the moment itself are left out.
  RangeFinder(const WindowBounds& bounds, std::span<const std::int64_t> times_us, bool ends_before_row = false)
      : bounds_(bounds), times_us_(times_us), ends_before_row_(ends_before_row) {}

  EventRange Find(std::int64_t time_us, std::int64_t row);

 private:
  const WindowBounds& bounds_;
  std::span<const std::int64_t> times_us_;
  bool ends_before_row_;
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;
};

}  // namespace larder
