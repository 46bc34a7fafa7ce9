// Who wins, without holding the rows of the view: each is offered to the one left row that it could serve first.
#pragma once

#include "base/status.h"
#include "engine/as_of_match.h"
#include "engine/candidate_rows.h"
#include "engine/execution_context.h"
#include "engine/feature_rows.h"
#include "engine/left_rows.h"

namespace larder {

/// Names what is matched.
struct SlotMatch {
  const CandidateRule& scan;
  const MatchRule& rule;
  OrdinalBatchPieces& keys;  ///< of the view
};

/// Finds the winners of `left` as ScanCandidates and MatchAsOf together do, bit for bit, and counts into `counts`.
/// Needs memory for the left side only, whatever the size of the view; for each row of the view it takes a search among
/// the left rows of its key. Fails as these two do.
Result<Winners> MatchBySlots(const SlotMatch& match, LeftKeys& left, const ExecutionContext& context,
                             ScanCounts& counts);

}  // namespace larder
