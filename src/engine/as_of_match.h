// Who wins: for every row of the left side the newest candidate of its key at its time.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "engine/budgeted_vector.h"
#include "engine/candidate_rows.h"
#include "engine/execution_context.h"
#include "engine/left_rows.h"

namespace larder {

/// Marks rows of the left side without a winner. All other numbers are winners.
inline constexpr std::uint32_t kNoWinner = UINT32_MAX;
/// The newest candidate is older than the ttl.
inline constexpr std::uint32_t kTooOld = UINT32_MAX - 1;

/// Tells whether this is a winner and no mark.
constexpr bool IsWinner(std::uint32_t winner) { return winner < kTooOld; }

/// Says what a view asks of a winner.
struct MatchRule {
  std::int64_t ttl_us = 0;  ///< 0: unlimited
  bool as_known = false;
};

/// Returns, for each row of the left side, the row of `candidates` that wins, or kNoWinner or kTooOld. Sorts the words
/// of `left` once. Takes O(n log n) whatever the keys, ties or times. Fails with kMemoryLimit or kInterrupted.
Result<BudgetedVector<std::uint32_t>> MatchAsOf(const MatchRule& rule, const CandidateRows& candidates, LeftKeys& left,
                                                const ExecutionContext& context);

}  // namespace larder
