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
  bool match_details = false;  ///< the event times of winners are wanted, and which rows are too old

  /// Tells whether a row of the view is young enough for a left row at `time_us`, which is not before it.
  bool IsYoungEnough(std::int64_t time_us, std::int64_t event_us) const {
    if (ttl_us == 0) return true;
    // s <= t, so the age is exact as an unsigned number even where it does not fit int64.
    const std::uint64_t age_us = static_cast<std::uint64_t>(time_us) - static_cast<std::uint64_t>(event_us);
    return age_us <= static_cast<std::uint64_t>(ttl_us);
  }
};

/// Holds the winners of a view: each once, by the order of their ordinals.
struct Winners {
  explicit Winners(MemoryBudget& memory)
      : slots(&memory, kPurpose), ordinals(&memory, kPurpose), event_us(&memory, kPurpose) {}

  BudgetedVector<std::uint32_t> slots;     ///< for each row of the left side the index of its winner, or a mark
  BudgetedVector<std::uint64_t> ordinals;  ///< of each winner, ascending
  BudgetedVector<std::int64_t> event_us;   ///< of each winner; empty without match details

 private:
  static constexpr std::string_view kPurpose = "winners of a join";
};

/// Finds the winners of `left` among `candidates` by sorting and merging. Sorts the words of `left` once. Takes
/// O(n log n) whatever the keys, ties or times. Fails with kMemoryLimit or kInterrupted.
Result<Winners> MatchAsOf(const MatchRule& rule, const CandidateRows& candidates, LeftKeys& left,
                          const ExecutionContext& context);

}  // namespace larder
