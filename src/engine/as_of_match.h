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

constexpr bool IsWinner(std::uint32_t winner) { return winner < kTooOld; }

/// Says what a view asks of a winner.
struct MatchRule {
  std::int64_t ttl_us = 0;  ///< 0: unlimited
  bool as_known = false;
};

/// Puts into `winners`, as long as the left side and full of kNoWinner, the row of `candidates` that wins for each row
/// of the left side, or kTooOld. Sorts the words of `left` once. Takes O(n log n) whatever the keys, ties or times.
/// Fails with kMemoryLimit or kInterrupted; `winners` is undefined then.
Status MatchAsOf(const MatchRule& rule, const CandidateRows& candidates, LeftKeys& left,
                 BudgetedVector<std::uint32_t>& winners, const ExecutionContext& context);

}  // namespace larder
