// The point-in-time join with windows: for every row of the left side the aggregates of its key's events.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "engine/execution_context.h"
#include "engine/feature_rows.h"
#include "engine/point_in_time_join.h"
#include "windows/window_plan.h"

namespace larder {

class LeftRows;

/// Describes the join with one window view.
struct WindowJoin {
  std::string name;                   ///< for messages
  std::vector<int> left_key_columns;  ///< columns of the left side, one for each of `layout.keys`, in that order
  int left_time_column = 0;
  KeyLayout layout;
  bool as_known = false;  ///< an event must also have been known: created time <= t; a null one is never known
  WindowPlan plan;
  std::function<std::string(std::uint64_t)> row_name;  ///< names an event by its ordinal, for messages
};

/// Names what is joined. Borrows both.
struct WindowSides {
  const LeftRows& left;
  FeatureRows& events;
};

/// Joins the rows of the left side (point-in-time contract, §2) and gives one array for each feature of the plan, in
/// its order. In the answer `event_time` is that of the newest event in any of the windows, null for rows without one;
/// of rows whose key and time are not null the status is kPresent. Reads keys and times of the events, then the values
/// of those that can matter, once or, where memory does not hold them, once for each of several ranges of keys. Costs,
/// after a sort, time linear in events and rows; with `as_known`, rows times the events of their keys. Adds to
/// `statistics`. Fails with kMemoryLimit, kInterrupted, kValueOutOfRange (an integer overflows: names a row of the left
/// side), kLimitExceeded, or as the reader does.
Result<JoinedView> JoinWindows(const WindowJoin& join, const WindowSides& sides, const ExecutionContext& context,
                               ViewStatistics& statistics);

}  // namespace larder
