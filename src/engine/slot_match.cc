#include "engine/slot_match.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>

namespace larder {
namespace {

// Rows whose searches wait for memory together.
constexpr std::size_t kBlock = 32;

// The best row of the view among those that become available after the left row before this one (of its key) and not
// after this one. Zeros: none.
struct Slot {
  std::uint64_t event_rank = 0;  // grows with the event time; 0 is the least
  std::int64_t created_us = 0;
  std::uint64_t ordinal = 0;
  std::uint32_t lock = 0;
  std::uint32_t marks = 0;
};

constexpr std::uint32_t kIsThere = 4;  // beside CandidateRows::kDeleted and kHasCreated

constexpr std::uint64_t RankOf(std::int64_t time_us) {
  return static_cast<std::uint64_t>(time_us) ^ (std::uint64_t{1} << 63);
}
constexpr std::int64_t TimeOf(std::uint64_t rank) { return static_cast<std::int64_t>(rank ^ (std::uint64_t{1} << 63)); }

// Tells whether `a` wins over `b`, which is there.
bool WinsOver(const Slot& a, const Slot& b) {
  if (a.event_rank != b.event_rank) return a.event_rank > b.event_rank;
  const std::uint32_t a_has_created = a.marks & CandidateRows::kHasCreated;
  const std::uint32_t b_has_created = b.marks & CandidateRows::kHasCreated;
  if (a_has_created != b_has_created) return a_has_created > b_has_created;
  if (a.created_us != b.created_us) return a.created_us > b.created_us;
  return a.ordinal > b.ordinal;
}

// Puts `row` into `slot` if it wins. Slots are offered to by several threads at once; most offers see without a lock
// that they lose, because the event time of a slot only grows.
void Offer(const Slot& row, Slot& slot) {
  std::atomic_ref<std::uint64_t> best_rank(slot.event_rank);
  if (row.event_rank < best_rank.load(std::memory_order_relaxed)) return;
  std::atomic_ref<std::uint32_t> lock(slot.lock);
  while (lock.exchange(1, std::memory_order_acquire) != 0) std::this_thread::yield();
  if (slot.marks == 0 || WinsOver(row, slot)) {
    best_rank.store(row.event_rank, std::memory_order_relaxed);
    slot.created_us = row.created_us;
    slot.ordinal = row.ordinal;
    slot.marks = row.marks;
  }
  lock.store(0, std::memory_order_release);
}

/// Holds the left side by key and time, and a slot for each of its rows.
class Slots {
 public:
  Slots(const SlotMatch& match, const LeftKeys& left, MemoryBudget& memory)
      : match_(match), words_(left.words.words.span()), starts_(&memory, kPurpose), slots_(&memory, kPurpose) {}

  // The words of the left side are sorted.
  Status Prepare(std::uint32_t key_count) {
    LARDER_RETURN_IF_ERROR(starts_.Resize(std::size_t{key_count} + 1));
    LARDER_RETURN_IF_ERROR(slots_.Resize(words_.size()));
    for (const AsOfWord word : words_) ++starts_[AsOfKey(word) + 1];
    for (std::size_t key = 0; key < key_count; ++key) starts_[key + 1] += starts_[key];
    return {};
  }

  // Offers the rows of a batch that can match. Called by several threads at once.
  void OfferBatch(const KeyScanBatch& batch, std::span<const std::uint32_t> ids, ScanCounts& counts) {
    std::array<std::int64_t, kBlock> rows{};
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      if (!match_.scan.Keeps(batch, row, ids[i], counts)) continue;
      __builtin_prefetch(&starts_[ids[i]]);
      rows[waiting++] = row;
      if (waiting < kBlock) continue;
      OfferBlock(batch, ids, rows);
      waiting = 0;
    }
    OfferBlock(batch, ids, std::span(rows).first(waiting));
  }

  // Finds the winner of each left row of a partition: the best slot of its key so far. Puts its position into
  // `winners`.
  void Fill(std::size_t begin, std::size_t end, std::span<std::uint32_t> winners) const {
    const Slot* best = nullptr;
    for (std::size_t i = begin; i < end; ++i) {
      if (i == begin || AsOfKey(words_[i]) != AsOfKey(words_[i - 1])) best = nullptr;
      const Slot& slot = slots_[i];
      if (slot.marks != 0 && (best == nullptr || WinsOver(slot, *best))) best = &slot;
      if (best != nullptr) winners[AsOfRow(words_[i])] = Judge(*best, AsOfTime(words_[i]));
    }
  }

  std::uint64_t ordinal(std::uint32_t position) const { return slots_[position].ordinal; }
  std::int64_t event_us(std::uint32_t position) const { return TimeOf(slots_[position].event_rank); }
  std::size_t size() const { return slots_.size(); }

 private:
  static constexpr std::string_view kPurpose = "best rows of a feature view";

  void OfferBlock(const KeyScanBatch& batch, std::span<const std::uint32_t> ids, std::span<const std::int64_t> rows) {
    for (const std::int64_t row : rows) {
      const std::uint32_t id = ids[static_cast<std::size_t>(row)];
      __builtin_prefetch(&words_[(starts_[id] + starts_[id + 1]) / 2]);
    }
    for (const std::int64_t row : rows) OfferRow(batch, row, ids[static_cast<std::size_t>(row)]);
  }

  void OfferRow(const KeyScanBatch& batch, std::int64_t row, std::uint32_t id) {
    const std::int64_t event_us = batch.event_us(row);
    const std::int64_t moment_us = match_.rule.as_known ? std::max(event_us, batch.created_us(row)) : event_us;
    const std::span<const AsOfWord> of_key = words_.subspan(starts_[id], starts_[id + 1] - starts_[id]);
    const auto first = std::lower_bound(of_key.begin(), of_key.end(), moment_us,
                                        [](AsOfWord word, std::int64_t time_us) { return AsOfTime(word) < time_us; });
    if (first == of_key.end()) return;
    // Later left rows of the key are further away still.
    if (!match_.rule.match_details && !match_.rule.IsYoungEnough(AsOfTime(*first), event_us)) return;
    const Slot offered{RankOf(event_us), batch.created_us(row), batch.ordinal(row), 0,
                       kIsThere | (batch.is_deleted(row) ? std::uint32_t{CandidateRows::kDeleted} : 0) |
                           (batch.has_created(row) ? std::uint32_t{CandidateRows::kHasCreated} : 0)};
    Offer(offered, slots_[starts_[id] + static_cast<std::size_t>(first - of_key.begin())]);
  }

  std::uint32_t Judge(const Slot& best, std::int64_t time_us) const {
    if ((best.marks & CandidateRows::kDeleted) != 0) return kNoWinner;
    if (!match_.rule.IsYoungEnough(time_us, TimeOf(best.event_rank))) return kTooOld;
    return static_cast<std::uint32_t>(&best - slots_.data());
  }

  const SlotMatch& match_;
  std::span<const AsOfWord> words_;
  BudgetedVector<std::uint32_t> starts_;  // of each key in `words_`
  BudgetedVector<Slot> slots_;            // as `words_`
};

// Numbers the slots that won in the order of their ordinals, puts these numbers in place of positions, and fills in the
// rest of `winners`.
Status NumberWinners(const Slots& slots, bool match_details, const ExecutionContext& context, Winners& winners) {
  BudgetedVector<std::uint32_t> numbers(&context.memory, "winners of a join");  // by position
  LARDER_RETURN_IF_ERROR(numbers.Resize(slots.size()));
  std::size_t count = 0;
  for (const std::uint32_t position : winners.slots.span()) {
    if (IsWinner(position) && std::exchange(numbers[position], 1) == 0) ++count;
  }
  BudgetedVector<AsOfWord> order(&context.memory, "winners of a join");  // by ordinal, then position
  LARDER_RETURN_IF_ERROR(order.MakeRoom(count));
  for (std::uint32_t position = 0; position < numbers.size(); ++position) {
    if (numbers[position] != 0) order.Add({position, slots.ordinal(position)});
  }
  SortAsOfWords(order.span());
  LARDER_RETURN_IF_ERROR(winners.ordinals.MakeRoom(count));
  if (match_details) LARDER_RETURN_IF_ERROR(winners.event_us.MakeRoom(count));
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto position = static_cast<std::uint32_t>(order[i].lo);
    numbers[position] = i;
    winners.ordinals.Add(order[i].hi);
    if (match_details) winners.event_us.Add(slots.event_us(position));
  }
  for (std::uint32_t& winner : winners.slots.span()) {
    if (IsWinner(winner)) winner = numbers[winner];
  }
  return {};
}

}  // namespace

Result<Winners> MatchBySlots(const SlotMatch& match, LeftKeys& left, const ExecutionContext& context,
                             ScanCounts& counts) {
  Winners winners(context.memory);
  LARDER_RETURN_IF_ERROR(winners.slots.Resize(left.row_count, kNoWinner));
  LARDER_RETURN_IF_ERROR(SortPartitions(left.words, context));
  Slots slots(match, left, context.memory);
  LARDER_RETURN_IF_ERROR(slots.Prepare(left.table->key_count()));
  LARDER_ASSIGN_OR_RETURN(counts,
                          ScanKeys({match.keys, match.scan, *left.table}, context, [&](const KeyScanPiece& piece) {
                            slots.OfferBatch(piece.batch, piece.ids, piece.counts);
                            return Status();
                          }));
  LARDER_RETURN_IF_ERROR(RunTasks(context, left.words.partitions.count(), [&](std::size_t partition) {
    slots.Fill(left.words.starts[partition], left.words.starts[partition + 1], winners.slots.span());
    return Status();
  }));
  LARDER_RETURN_IF_ERROR(NumberWinners(slots, match.rule.match_details, context, winners));
  return winners;
}

}  // namespace larder
