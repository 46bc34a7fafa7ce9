#include "engine/point_in_time_join.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <arrow/record_batch.h>

#include "base/check.h"
#include "base/progress.h"
#include "engine/as_of_match.h"
#include "engine/candidate_rows.h"
#include "engine/joined_views.h"
#include "engine/left_rows.h"
#include "engine/value_rows.h"

namespace larder {
namespace {

// What the winners of a view are, before their values are fetched.
struct Winners {
  BudgetedVector<std::uint32_t> slots;     // for each row of the left side its winner, counted by ordinal, or a mark
  BudgetedVector<std::uint64_t> ordinals;  // ascending
  BudgetedVector<std::int64_t> event_us;   // of each; only with match details
};

// Returns t - ttl, or the least instant when that is below it.
std::int64_t OldestUseful(std::int64_t time_us, std::int64_t ttl_us) {
  std::int64_t oldest_us = 0;
  return __builtin_sub_overflow(time_us, ttl_us, &oldest_us) ? INT64_MIN : oldest_us;
}

// Returns the event times that can matter for rows of the left side at `times`. With match details a row older than
// the ttl matters too: it makes the difference between NOT_FOUND and OUTSIDE_MAX_AGE.
TimeRange UsefulTimes(const JoinPlan& plan, const ViewJoin& view, TimeRange times) {
  TimeRange useful{INT64_MIN, times.to_us};
  if (view.ttl_us != 0 && !plan.match_details) useful.from_us = OldestUseful(times.from_us, view.ttl_us);
  return useful;
}

// Numbers the winning candidates in the order of their ordinals and puts these slots in their place in `winners`.
Result<Winners> CompactWinners(const CandidateRows& candidates, BudgetedVector<std::uint32_t> winners,
                               bool match_details, MemoryBudget& memory) {
  BudgetedVector<std::uint32_t> slots(&memory, "winners of a join");  // by candidate
  LARDER_RETURN_IF_ERROR(slots.Resize(candidates.size(), kNoWinner));
  std::size_t count = 0;
  for (const std::uint32_t winner : winners.span()) {
    if (!IsWinner(winner) || slots[winner] != kNoWinner) continue;
    slots[winner] = 0;
    ++count;
  }
  BudgetedVector<std::uint32_t> rows(&memory, "winners of a join");
  LARDER_RETURN_IF_ERROR(rows.MakeRoom(count));
  for (std::uint32_t row = 0; row < slots.size(); ++row) {
    if (slots[row] != kNoWinner) rows.Add(row);
  }
  if (!candidates.ordinals_ascend) {
    std::sort(rows.span().begin(), rows.span().end(),
              [&](std::uint32_t a, std::uint32_t b) { return candidates.ordinals[a] < candidates.ordinals[b]; });
  }
  Winners result{std::move(winners), BudgetedVector<std::uint64_t>(&memory, "winners of a join"),
                 BudgetedVector<std::int64_t>(&memory, "winners of a join")};
  LARDER_RETURN_IF_ERROR(result.ordinals.MakeRoom(count));
  if (match_details) LARDER_RETURN_IF_ERROR(result.event_us.MakeRoom(count));
  for (std::uint32_t slot = 0; slot < count; ++slot) {
    slots[rows[slot]] = slot;
    result.ordinals.Add(candidates.ordinals[rows[slot]]);
    if (match_details) result.event_us.Add(candidates.event_us[rows[slot]]);
  }
  for (std::uint32_t& winner : result.slots.span()) {
    if (IsWinner(winner)) winner = slots[winner];
  }
  return result;
}

void CountStatuses(std::span<const std::uint32_t> slots, bool match_details, ViewStatistics& statistics) {
  for (const std::uint32_t slot : slots) {
    if (IsWinner(slot)) {
      ++statistics.matched_rows;
    } else if (slot == kTooOld && match_details) {
      ++statistics.outside_max_age_rows;
    } else {
      ++statistics.not_found_rows;
    }
  }
}

/// Joins one view after another with the left side.
class Join {
 public:
  Join(const JoinPlan& plan, const ExecutionContext& context) : plan_(plan), context_(context) {}

  Result<MatchedView> JoinView(const ViewJoin& view, LeftKeys& keys, FeatureRows& rows) const {
    ViewStatistics statistics;
    LARDER_ASSIGN_OR_RETURN(Winners winners, FindWinners(view, keys, rows, statistics));
    CountStatuses(winners.slots.span(), plan_.match_details, statistics);
    LARDER_ASSIGN_OR_RETURN(ValueRows values, ValueRows::Fetch(rows, view.values, winners.ordinals.span(), context_));
    return MatchedView{statistics, std::move(winners.slots), std::move(winners.event_us), std::move(values)};
  }

 private:
  Result<Winners> FindWinners(const ViewJoin& view, LeftKeys& keys, FeatureRows& rows,
                              ViewStatistics& statistics) const {
    CandidateRows candidates(context_.memory);
    // Without a key and a time on the left nothing can match, and nothing is read.
    if (keys.times.from_us <= keys.times.to_us) {
      const CandidateRule rule{view.layout, UsefulTimes(plan_, view, keys.times), keys.times.to_us, plan_.as_known};
      LARDER_ASSIGN_OR_RETURN(candidates, ScanCandidates(rows, rule, *keys.table, context_));
    }
    statistics.choice = keys.times.from_us <= keys.times.to_us
                            ? StrategyChoice{JoinStrategy::kMerge, "both sides fit in memory"}
                            : StrategyChoice{JoinStrategy::kNothing, "no entity row has a key and a time"};
    statistics.passes = 1;
    statistics.rows_read = candidates.counts.rows_read;
    statistics.null_key_rows = candidates.counts.null_key_rows;
    statistics.null_time_rows = candidates.counts.null_time_rows;
    statistics.candidate_rows = static_cast<std::int64_t>(candidates.size());
    LARDER_ASSIGN_OR_RETURN(BudgetedVector<std::uint32_t> rows_of_winners,
                            MatchAsOf({view.ttl_us, plan_.as_known}, candidates, keys, context_));
    LARDER_ASSIGN_OR_RETURN(
        Winners winners, CompactWinners(candidates, std::move(rows_of_winners), plan_.match_details, context_.memory));
    statistics.fetched_rows = static_cast<std::int64_t>(winners.ordinals.size());
    return winners;
  }

  const JoinPlan& plan_;
  const ExecutionContext& context_;
};

// An interruption is nobody's fault; every other failure names the view.
Status NameView(const Status& status, const std::string& name) {
  return status.reason() == Reason::kInterrupted ? status : status.WithContext("feature view '" + name + "'");
}

// Joins the views; those with the same key columns share the work on the left side.
Result<std::vector<MatchedView>> JoinViews(const JoinPlan& plan, const LeftRows& left,
                                           std::span<FeatureRows* const> rows, const ExecutionContext& context) {
  const Join join(plan, context);
  std::vector<std::optional<MatchedView>> matched(plan.views.size());
  for (std::size_t first = 0; first < plan.views.size(); ++first) {
    if (matched[first].has_value()) continue;
    const std::vector<int>& key_columns = plan.views[first].left_key_columns;
    LARDER_ASSIGN_OR_RETURN(LeftKeys keys, NumberLeftKeys(left, key_columns, plan.left_time_column, context));
    for (std::size_t i = first; i < plan.views.size(); ++i) {
      const ViewJoin& view = plan.views[i];
      if (view.left_key_columns != key_columns) continue;
      if (context.progress != nullptr) context.progress->Begin("match " + view.name, "rows");
      Result<MatchedView> result = join.JoinView(view, keys, *rows[i]);
      if (context.progress != nullptr) context.progress->End();
      if (!result.ok()) return NameView(result.status(), view.name);
      matched[i] = std::move(result).value();
    }
  }
  std::vector<MatchedView> views;
  views.reserve(matched.size());
  for (std::optional<MatchedView>& view : matched) views.push_back(std::move(*view));
  return views;
}

}  // namespace

std::string_view MatchStatusName(MatchStatus status) {
  switch (status) {
    case MatchStatus::kPresent:
      return "PRESENT";
    case MatchStatus::kNotFound:
      return "NOT_FOUND";
    case MatchStatus::kOutsideMaxAge:
      return "OUTSIDE_MAX_AGE";
  }
  return "";
}

Result<std::unique_ptr<JoinedBatchStream>> JoinPointInTime(const JoinPlan& plan, arrow::RecordBatchReader& left,
                                                           std::span<FeatureRows* const> views,
                                                           const ExecutionContext& context) {
  LARDER_CHECK(views.size() == plan.views.size());
  LARDER_RETURN_IF_ERROR(plan.Check(*left.schema()));
  LARDER_ASSIGN_OR_RETURN(LeftRows left_rows, LeftRows::Read(left, context));
  LARDER_ASSIGN_OR_RETURN(std::vector<MatchedView> matched, JoinViews(plan, left_rows, views, context));
  return NewJoinedBatchStream(std::move(left_rows), std::move(matched), plan.match_details, context);
}

}  // namespace larder
