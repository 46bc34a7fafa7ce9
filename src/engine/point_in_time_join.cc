#include "engine/point_in_time_join.h"

#include <algorithm>
#include <deque>
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
#include "engine/slot_match.h"
#include "engine/value_rows.h"

namespace larder {
namespace {

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

/// Joins views with a part of the left side.
class Join {
 public:
  Join(const JoinPlan& plan, const ExecutionContext& context) : plan_(plan), context_(context) {}

  Result<ViewMatches> JoinView(const ViewJoin& view, LeftKeys& keys, FeatureRows& rows) const {
    ViewStatistics statistics;
    LARDER_ASSIGN_OR_RETURN(Winners winners, FindWinners(view, keys, rows, statistics));
    CountStatuses(winners.slots.span(), plan_.match_details, statistics);
    statistics.fetched_rows = static_cast<std::int64_t>(winners.ordinals.size());
    LARDER_ASSIGN_OR_RETURN(ValueRows values, ValueRows::Fetch(rows, view.values, winners.ordinals.span(), context_));
    return ViewMatches{std::move(statistics), std::move(winners), std::move(values)};
  }

 private:
  Result<Winners> FindWinners(const ViewJoin& view, LeftKeys& keys, FeatureRows& rows,
                              ViewStatistics& statistics) const {
    const MatchRule rule{view.ttl_us, plan_.as_known, plan_.match_details};
    if (!keys.can_match()) {
      // Without a key and a time on the left nothing can match, and nothing is read.
      statistics.choice.reason = "no entity row has a key and a time";
      return MatchAsOf(rule, CandidateRows(context_.memory), keys, context_);
    }
    statistics.passes = 1;
    const CandidateRule scan{view.layout, UsefulTimes(plan_, view, keys.times), keys.times.to_us, plan_.as_known};
    const KeyScan key_scan{scan.event_time, context_.threads != nullptr};
    LARDER_ASSIGN_OR_RETURN(std::unique_ptr<OrdinalBatchPieces> pieces, rows.Keys(key_scan));
    statistics.choice = Choose(keys, *pieces);
    ScanCounts counts;
    Result<Winners> winners = Winners(context_.memory);
    if (statistics.choice.strategy == JoinStrategy::kMerge) {
      winners = Merge({scan, rule, *pieces}, keys, counts);
      if (!winners.ok() && winners.status().reason() == Reason::kMemoryLimit && !context_.tuning.strategy) {
        statistics.choice = {JoinStrategy::kSlots, "keys and times of the view did not fit in memory"};
        LARDER_ASSIGN_OR_RETURN(pieces, rows.Keys(key_scan));
      }
    }
    if (statistics.choice.strategy == JoinStrategy::kSlots) {
      winners = MatchBySlots({scan, rule, *pieces}, keys, context_, counts);
    }
    statistics.rows_read = counts.rows_read;
    statistics.null_key_rows = counts.null_key_rows;
    statistics.null_time_rows = counts.null_time_rows;
    statistics.candidate_rows = counts.kept_rows;
    return winners;
  }

  StrategyChoice Choose(const LeftKeys& keys, const OrdinalBatchPieces& pieces) const {
    if (context_.tuning.strategy) return {*context_.tuning.strategy, "asked for"};
    const MemoryBudget& memory = context_.memory;
    return ChooseStrategy({static_cast<std::int64_t>(keys.words.words.size()), pieces.row_estimate(),
                           memory.limit_bytes() - memory.used_bytes()});
  }

  Result<Winners> Merge(const SlotMatch& match, LeftKeys& keys, ScanCounts& counts) const {
    LARDER_ASSIGN_OR_RETURN(const CandidateRows candidates,
                            ScanCandidates({match.keys, match.scan, *keys.table}, context_, counts));
    return MatchAsOf(match.rule, candidates, keys, context_);
  }

  const JoinPlan& plan_;
  const ExecutionContext& context_;
};

// An interruption is nobody's fault; every other failure names the view.
Status NameView(const Status& status, const std::string& name) {
  return status.reason() == Reason::kInterrupted ? status : status.WithContext("feature view '" + name + "'");
}

// Joins the views; those with the same key columns share the work on the left side.
Result<std::vector<ViewMatches>> JoinViews(const JoinPlan& plan, const LeftRows& left,
                                           std::span<FeatureRows* const> rows, const ExecutionContext& context) {
  const Join join(plan, context);
  std::vector<std::optional<ViewMatches>> matched(plan.views.size());
  for (std::size_t first = 0; first < plan.views.size(); ++first) {
    if (matched[first].has_value()) continue;
    const std::vector<int>& key_columns = plan.views[first].left_key_columns;
    LARDER_ASSIGN_OR_RETURN(LeftKeys keys, NumberLeftKeys(left, key_columns, plan.left_time_column, context));
    for (std::size_t i = first; i < plan.views.size(); ++i) {
      const ViewJoin& view = plan.views[i];
      if (view.left_key_columns != key_columns) continue;
      if (context.progress != nullptr) context.progress->Begin("match " + view.name, "rows");
      Result<ViewMatches> result = join.JoinView(view, keys, *rows[i]);
      if (context.progress != nullptr) context.progress->End();
      if (!result.ok()) return NameView(result.status(), view.name);
      matched[i] = std::move(result).value();
    }
  }
  std::vector<ViewMatches> views;
  views.reserve(matched.size());
  for (std::optional<ViewMatches>& view : matched) views.push_back(std::move(*view));
  return views;
}

void AddStatistics(const ViewStatistics& part, ViewStatistics& total) {
  if (total.choice.reason.empty()) total.choice = part.choice;
  total.passes += part.passes;
  total.spilled_bytes += part.spilled_bytes;
  total.rows_read += part.rows_read;
  total.null_key_rows += part.null_key_rows;
  total.null_time_rows += part.null_time_rows;
  total.candidate_rows += part.candidate_rows;
  total.fetched_rows += part.fetched_rows;
  total.matched_rows += part.matched_rows;
  total.not_found_rows += part.not_found_rows;
  total.outside_max_age_rows += part.outside_max_age_rows;
}

// Bounds the sizes of a batch that is given out: those in preparation are a small part of any budget.
constexpr std::int64_t kBatchBytes = std::int64_t{8} << 20;
constexpr std::int64_t kBatchShare = 64;
constexpr std::int64_t kLeastBatchRows = 1024;
constexpr std::int64_t kMostBatchRows = 64 << 10;
// Of each row of the left side while it is joined: word, slot, number and order of winners.
constexpr std::int64_t kMatchBytes = 110;
// Parts of the budget: of what is free, so much holds a part of the left side with all that belongs to it. The rest is
// for readers, writers, and batches under way.
constexpr std::int64_t kPartShare = 5;
constexpr std::int64_t kPartShareOf = 8;

/// Joins the left side part by part: one part when memory holds it.
class Stream final : public JoinedBatchStream {
 public:
  Stream(const JoinPlan& plan, arrow::RecordBatchReader& left, std::span<FeatureRows* const> views,
         const ExecutionContext& context)
      : plan_(plan),
        reader_(left),
        rows_(views.begin(), views.end()),
        context_(context),
        statistics_(views.size()),
        batch_rows_(kMostBatchRows) {
    for (const ViewJoin& view : plan_.views) row_bytes_ += ValueRows::RowBytes(view.values) + 4;
    const std::int64_t batch_bytes = std::min(kBatchBytes, context.memory.limit_bytes() / kBatchShare);
    while (batch_rows_ > kLeastBatchRows && batch_rows_ * row_bytes_ > batch_bytes) batch_rows_ /= 2;
  }

  // Reads and joins the first part.
  Status Begin() {
    LARDER_ASSIGN_OR_RETURN(at_end_, pending_.ReadUpTo({1, batch_rows_}, reader_, context_));
    part_rows_ = ChoosePartRows();
    LARDER_RETURN_IF_ERROR(JoinPart());
    // The caller's own progress follows the rows from here on.
    context_.progress = nullptr;
    return {};
  }

  Result<std::optional<JoinedBatch>> Next() override {
    if (ready_.empty()) {
      if (Status status = Prepare(); !status.ok()) {
        part_.reset();
        pending_ = LeftRows();
        at_end_ = true;
        return status;
      }
    }
    if (ready_.empty()) return std::optional<JoinedBatch>();
    std::optional<JoinedBatch> batch = std::move(ready_.front());
    ready_.pop_front();
    return batch;
  }

  std::int64_t row_count() const override { return row_count_; }
  std::span<const ViewStatistics> statistics() const override { return statistics_; }

 private:
  std::int64_t ChoosePartRows() const {
    if (context_.tuning.part_rows > 0) return context_.tuning.part_rows;
    if (pending_.rows_read() == 0) return 1;
    const std::int64_t left_bytes = pending_.bytes_read() / pending_.rows_read() + 1;
    const std::int64_t free_bytes = context_.memory.limit_bytes() - context_.memory.used_bytes();
    const std::int64_t rows = free_bytes / kPartShareOf * kPartShare / (left_bytes + row_bytes_ + kMatchBytes);
    return std::clamp<std::int64_t>(rows, kLeastBatchRows, static_cast<std::int64_t>(kMaxAsOfRows));
  }

  // Fills `ready_`, unless all is given.
  Status Prepare() {
    while (part_.has_value()) {
      LARDER_RETURN_IF_ERROR(CheckCancelled(context_));
      LARDER_ASSIGN_OR_RETURN(std::vector<JoinedBatch> batches, part_->Next(context_));
      for (JoinedBatch& batch : batches) ready_.push_back(std::move(batch));
      if (!ready_.empty() || (at_end_ && pending_.row_count() == 0)) return {};
      part_.reset();
      LARDER_RETURN_IF_ERROR(JoinPart());
    }
    return {};
  }

  // Reads and joins the next part. One that does not fit in memory is joined in halves.
  Status JoinPart() {
    if (!at_end_) {
      LARDER_ASSIGN_OR_RETURN(at_end_, pending_.ReadUpTo({part_rows_, batch_rows_}, reader_, context_));
    }
    while (true) {
      LeftRows part = pending_.TakeFirst(part_rows_);
      Result<std::vector<ViewMatches>> views = JoinViews(plan_, part, rows_, context_);
      if (views.ok()) {
        row_count_ += part.row_count();
        for (std::size_t i = 0; i < statistics_.size(); ++i) AddStatistics((*views)[i].statistics, statistics_[i]);
        part_.emplace(std::move(part), std::move(*views), plan_.match_details);
        return {};
      }
      if (views.status().reason() != Reason::kMemoryLimit || part.batches().size() < 2) return views.status();
      part_rows_ = part.row_count() / 2;
      pending_.PutBack(std::move(part));
    }
  }

  const JoinPlan plan_;
  arrow::RecordBatchReader& reader_;
  const std::vector<FeatureRows*> rows_;
  ExecutionContext context_;
  std::vector<ViewStatistics> statistics_;
  std::int64_t row_bytes_ = 1;  // of the values of all views
  std::int64_t batch_rows_;
  std::int64_t part_rows_ = 1;
  LeftRows pending_;
  bool at_end_ = false;  // of the reader
  std::optional<JoinedPart> part_;
  std::deque<JoinedBatch> ready_;
  std::int64_t row_count_ = 0;  // joined so far
};

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
  auto stream = std::make_unique<Stream>(plan, left, views, context);
  LARDER_RETURN_IF_ERROR(stream->Begin());
  return std::unique_ptr<JoinedBatchStream>(std::move(stream));
}

}  // namespace larder
