// What the match of each view left behind, and the stream that puts it beside the left side.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/budgeted_vector.h"
#include "engine/execution_context.h"
#include "engine/left_rows.h"
#include "engine/point_in_time_join.h"
#include "engine/value_rows.h"

namespace larder {

/// Holds the outcome of one view: for each row of the left side the slot of its winner in `values`, or kNoWinner or
/// kTooOld.
struct MatchedView {
  ViewStatistics statistics;
  BudgetedVector<std::uint32_t> slots;
  BudgetedVector<std::int64_t> event_us;  ///< by slot; empty without match details
  ValueRows values;
};

/// Gives the rows of `left` in order with the values of `views`, in batches of a size that depends on the data only.
std::unique_ptr<JoinedBatchStream> NewJoinedBatchStream(LeftRows left, std::vector<MatchedView> views,
                                                        bool match_details, const ExecutionContext& context);

}  // namespace larder
