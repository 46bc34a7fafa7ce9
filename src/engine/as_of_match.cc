#include "engine/as_of_match.h"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "engine/as_of_word.h"
#include "engine/execution_context.h"

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
    return rule_.IsYoungEnough(time_us, best.event_us) ? best.row : kTooOld;
  }

  const MatchRule& rule_;
  const CandidateRows& candidates_;
  std::span<std::uint32_t> winners_;
};

// The moments at which candidates become available.
Result<PartitionedWords> MakeRightWords(const MatchRule& rule, const CandidateRows& candidates,
                                        const KeyPartitions& partitions, const ExecutionContext& context) {
  if (!rule.as_known) {
    return PartitionAsOfRows({candidates.keys.span(), candidates.event_us.span()}, partitions, context);
  }
  BudgetedVector<std::int64_t> moments(&context.memory, "times of a feature view");
  LARDER_RETURN_IF_ERROR(moments.ResizeForOverwrite(candidates.size()));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    moments[i] = std::max(candidates.event_us[i], candidates.created_us[i]);
  }
  return PartitionAsOfRows({candidates.keys.span(), moments.span()}, partitions, context);
}

// Numbers the candidates that won, by their rows: a set of bits, and how many of them stand before each word.
class WinnerNumbers {
 public:
  explicit WinnerNumbers(MemoryBudget& memory) : words_(&memory, kPurpose), before_(&memory, kPurpose) {}

  Status Count(std::span<const std::uint32_t> winners, std::size_t candidate_count) {
    const std::size_t word_count = candidate_count / 64 + 1;
    LARDER_RETURN_IF_ERROR(words_.Resize(word_count));
    LARDER_RETURN_IF_ERROR(before_.Resize(word_count));
    for (const std::uint32_t winner : winners) {
      if (IsWinner(winner)) words_[winner / 64] |= std::uint64_t{1} << (winner % 64);
    }
    for (std::size_t i = 0; i < word_count; ++i) {
      before_[i] = count_;
      count_ += static_cast<std::uint32_t>(std::popcount(words_[i]));
    }
    return {};
  }

  std::uint32_t count() const { return count_; }
  std::uint32_t Of(std::uint32_t winner) const {
    const std::uint64_t below = words_[winner / 64] & ((std::uint64_t{1} << (winner % 64)) - 1);
    return before_[winner / 64] + static_cast<std::uint32_t>(std::popcount(below));
  }

  // Visits the rows that won, ascending.
  template <class Visit>
  void ForEach(Visit visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(word))));
      }
    }
  }

 private:
  static constexpr std::string_view kPurpose = "winners of a join";
  BudgetedVector<std::uint64_t> words_;
  BudgetedVector<std::uint32_t> before_;
  std::uint32_t count_ = 0;
};

// Applies `change` to every winner among `winners`, on all threads.
template <class Change>
Status ChangeWinners(std::span<std::uint32_t> winners, const ExecutionContext& context, Change change) {
  constexpr std::size_t kRowsPerTask = 256 << 10;
  return RunTasks(context, winners.size() / kRowsPerTask + 1, [&](std::size_t task) {
    const std::size_t begin = task * kRowsPerTask;
    for (std::uint32_t& winner : winners.subspan(begin, std::min(kRowsPerTask, winners.size() - begin))) {
      if (IsWinner(winner)) winner = change(winner);
    }
    return Status();
  });
}

// Replaces the rows in `winners.slots` by numbers in the order of ordinals, and fills in the rest.
Status CompactWinners(const CandidateRows& candidates, bool match_details, const ExecutionContext& context,
                      Winners& winners) {
  WinnerNumbers numbers(context.memory);
  LARDER_RETURN_IF_ERROR(numbers.Count(winners.slots.span(), candidates.size()));
  LARDER_RETURN_IF_ERROR(
      ChangeWinners(winners.slots.span(), context, [&](std::uint32_t row) { return numbers.Of(row); }));
  BudgetedVector<std::uint32_t> rows(&context.memory, "winners of a join");
  LARDER_RETURN_IF_ERROR(rows.MakeRoom(numbers.count()));
  numbers.ForEach([&](std::uint32_t row) { rows.Add(row); });
  if (!candidates.ordinals_ascend) {
    BudgetedVector<std::uint32_t> order(&context.memory, "winners of a join");
    LARDER_RETURN_IF_ERROR(order.ResizeForOverwrite(rows.size()));
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.span().begin(), order.span().end(), [&](std::uint32_t a, std::uint32_t b) {
      return candidates.ordinals[rows[a]] < candidates.ordinals[rows[b]];
    });
    BudgetedVector<std::uint32_t> place(&context.memory, "winners of a join");
    LARDER_RETURN_IF_ERROR(place.ResizeForOverwrite(rows.size()));
    for (std::uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
    for (std::uint32_t& i : order.span()) i = rows[i];
    rows = std::move(order);
    LARDER_RETURN_IF_ERROR(ChangeWinners(winners.slots.span(), context, [&](std::uint32_t i) { return place[i]; }));
  }
  LARDER_RETURN_IF_ERROR(winners.ordinals.MakeRoom(rows.size()));
  if (match_details) LARDER_RETURN_IF_ERROR(winners.event_us.MakeRoom(rows.size()));
  for (const std::uint32_t row : rows.span()) {
    winners.ordinals.Add(candidates.ordinals[row]);
    if (match_details) winners.event_us.Add(candidates.event_us[row]);
  }
  return {};
}

}  // namespace

Result<Winners> MatchAsOf(const MatchRule& rule, const CandidateRows& candidates, LeftKeys& left,
                          const ExecutionContext& context) {
  Winners winners(context.memory);
  LARDER_RETURN_IF_ERROR(winners.slots.Resize(left.row_count, kNoWinner));
  if (candidates.size() == 0) return winners;
  LARDER_RETURN_IF_ERROR(SortPartitions(left.words, context));
  {
    LARDER_ASSIGN_OR_RETURN(PartitionedWords right, MakeRightWords(rule, candidates, left.words.partitions, context));
    const PartitionMatcher matcher(rule, candidates, winners.slots.span());
    LARDER_RETURN_IF_ERROR(RunTasks(context, left.words.partitions.count(), [&](std::size_t partition) {
      SortAsOfWords(right.Partition(partition));
      matcher.Match(left.words.Partition(partition), right.Partition(partition));
      return Status();
    }));
  }
  LARDER_RETURN_IF_ERROR(CompactWinners(candidates, rule.match_details, context, winners));
  return winners;
}

}  // namespace larder
