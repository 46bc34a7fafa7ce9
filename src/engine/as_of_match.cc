#include "engine/as_of_match.h"

#include <algorithm>
#include <span>

#include "engine/as_of_word.h"
#include "engine/run_tasks.h"

namespace larder {
namespace {

// Walks over the sorted words of both sides of one partition.
//
// A candidate becomes available at its event time or, with as_known, when it was also known: max(s, c). Words are
// sorted by that moment, so that the best candidate seen so far of a key is the winner for every later t: no search
// backwards, and ties need no order of their own.
class PartitionMatcher {
 public:
  PartitionMatcher(const MatchRule& rule, const CandidateRows& candidates, std::span<std::uint32_t> winners)
      : rule_(rule), candidates_(candidates), winners_(winners) {}

  void Match(std::span<const AsOfWord> left, std::span<const AsOfWord> right) const {
    std::size_t next = 0;
    Best best;
    for (const AsOfWord word : left) {
      for (; next < right.size() && NotAfter(right[next], word); ++next) Improve(best, right[next]);
      if (best.key == AsOfKey(word)) winners_[AsOfRow(word)] = Judge(best, AsOfTime(word));
    }
  }

 private:
  struct Best {
    std::uint32_t key = kUnknownKeyId;
    std::uint32_t row = kNoWinner;
    std::int64_t event_us = 0;
  };

  // Puts the candidate of `word` in place of `best` if it wins.
  void Improve(Best& best, AsOfWord word) const {
    const std::uint32_t row = AsOfRow(word);
    // Without as_known the word holds the event time, so that most candidates are judged without a look at their row.
    const std::int64_t event_us = rule_.as_known ? candidates_.event_us[row] : AsOfTime(word);
    const bool wins = best.key != AsOfKey(word) || event_us > best.event_us ||
                      (event_us == best.event_us && candidates_.WinsOver(row, best.row));
    if (wins) best = {AsOfKey(word), row, event_us};
  }

  std::uint32_t Judge(const Best& best, std::int64_t time_us) const {
    if (candidates_.IsDeleted(best.row)) return kNoWinner;
    if (rule_.ttl_us == 0) return best.row;
    // s <= t, so the age is exact as an unsigned number even where it does not fit int64.
    const std::uint64_t age_us = static_cast<std::uint64_t>(time_us) - static_cast<std::uint64_t>(best.event_us);
    return age_us <= static_cast<std::uint64_t>(rule_.ttl_us) ? best.row : kTooOld;
  }

  const MatchRule& rule_;
  const CandidateRows& candidates_;
  std::span<std::uint32_t> winners_;
};

// The moments at which candidates become available.
Result<PartitionedWords> MakeRightWords(const MatchRule& rule, const CandidateRows& candidates,
                                        const KeyPartitions& partitions, MemoryBudget& memory) {
  if (!rule.as_known) {
    return PartitionAsOfRows({candidates.keys.span(), candidates.event_us.span()}, partitions, memory);
  }
  BudgetedVector<std::int64_t> moments(&memory, "times of a feature view");
  LARDER_RETURN_IF_ERROR(moments.Resize(candidates.size()));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    moments[i] = std::max(candidates.event_us[i], candidates.created_us[i]);
  }
  return PartitionAsOfRows({candidates.keys.span(), moments.span()}, partitions, memory);
}

}  // namespace

Result<BudgetedVector<std::uint32_t>> MatchAsOf(const MatchRule& rule, const CandidateRows& candidates, LeftKeys& left,
                                                const ExecutionContext& context) {
  BudgetedVector<std::uint32_t> winners(&context.memory, "winners of a join");
  LARDER_RETURN_IF_ERROR(winners.Resize(left.row_count, kNoWinner));
  if (candidates.size() == 0) return winners;
  PartitionedWords& left_words = left.words;
  LARDER_ASSIGN_OR_RETURN(PartitionedWords right_words,
                          MakeRightWords(rule, candidates, left_words.partitions, context.memory));
  const PartitionMatcher matcher(rule, candidates, winners.span());
  LARDER_RETURN_IF_ERROR(RunTasks(context, left_words.partitions.count(), [&](std::size_t partition) {
    const std::span<AsOfWord> left_part = left_words.Partition(partition);
    const std::span<AsOfWord> right_part = right_words.Partition(partition);
    if (!left_words.sorted) SortAsOfWords(left_part);
    SortAsOfWords(right_part);
    matcher.Match(left_part, right_part);
    return Status();
  }));
  left_words.sorted = true;
  return winners;
}

}  // namespace larder
