#include "online/ram_table.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "online/stored_format.h"

namespace larder {
namespace {

// What a cell takes in memory beside its bytes, about; decides whether loading a table is worth a try.
constexpr std::int64_t kOverheadPerCell = 96;

RamCell ToRamCell(const CellKey& key, const CellBatch& cells, std::size_t index) {
  return {key, cells.time(index), cells.state(index) == CellState::kDeleted, cells.value(index)};
}

/// Finds how many of the keys from `begin` on are of the same entity.
std::size_t SameEntity(std::span<const CellKey> keys, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < keys.size() && keys[end].entity_key == keys[begin].entity_key) ++end;
  return end - begin;
}

}  // namespace

/// Holds a read of the store for the cells that memory does not have.
struct RamTable::StoreRead {
  std::vector<CellKey> keys;
  std::vector<std::size_t> places;  ///< in the caller's batch
  std::vector<Ticket> tickets;
  CellBatch cells;
  CellBatch* answer = nullptr;
};

RamTable::RamTable(std::shared_ptr<OnlineTable> stored, RamAccount& account, RamCounters counters)
    : stored_(std::move(stored)), account_(account), counters_(counters), cells_(account.used_bytes()) {}

void RamTable::Read(std::span<const CellKey> keys, CellBatch& cells, ReadDone done) {
  cells.Reset(keys.size());
  std::unique_ptr<StoreRead> missing = ReadMemory(keys, cells);
  if (missing == nullptr) return done({});
  StoreRead& read = *missing;
  stored_->Read(
      read.keys, read.cells,
      [this, missing = std::shared_ptr<StoreRead>(std::move(missing)), done = std::move(done)](Status status) {
        if (status.ok()) FinishStoreRead(*missing);
        done(std::move(status));
      });
}

/// Answers what memory can; returns the rest, nullptr when there is none.
std::unique_ptr<RamTable::StoreRead> RamTable::ReadMemory(std::span<const CellKey> keys, CellBatch& cells) {
  std::unique_ptr<StoreRead> read;
  std::size_t hits = 0;
  std::size_t size = 0;
  for (std::size_t begin = 0; begin < keys.size(); begin += size) {
    size = SameEntity(keys, begin);
    const std::span<const CellKey> same = keys.subspan(begin, size);
    const Ticket ticket = TakeTicket(same[0].entity_key);
    const std::uint64_t whole = whole_.load();
    const bool is_bypassed = bypass_count_.load() != 0;
    const std::size_t found = is_bypassed ? 0 : cells_.Find(same, cells, begin);
    // What is not there is missing only if memory was looked at, and the table was whole before the look and all the
    // time until after it. A bypass begins before it takes the wholeness away: between the two, nothing was looked at.
    if (found == size || (!is_bypassed && whole != 0 && whole_.load() == whole)) {
      hits += size;
      continue;
    }
    if (read == nullptr) {
      read = std::make_unique<StoreRead>();
      read->answer = &cells;
    }
    for (std::size_t i = begin; i < begin + size; ++i) {
      read->keys.push_back(keys[i]);
      read->places.push_back(i);
      read->tickets.push_back(ticket);
    }
  }
  if (hits > 0) counters_.hits.Add(hits);
  if (hits < keys.size()) counters_.misses.Add(keys.size() - hits);
  return read;
}

void RamTable::FinishStoreRead(StoreRead& read) {
  for (std::size_t i = 0; i < read.keys.size(); ++i) {
    const std::size_t place = read.places[i];
    switch (read.cells.state(i)) {
      case CellState::kMissing:
        read.answer->SetMissing(place);
        continue;
      case CellState::kDeleted:
        read.answer->SetDeleted(place, read.cells.time(i));
        break;
      case CellState::kFound:
        read.answer->SetFound(place, read.cells.time(i), read.cells.value(i));
        break;
    }
    PutSeen(ToRamCell(read.keys[i], read.cells, i), read.tickets[i]);
  }
  account_.Balance();
}

RamTable::Ticket RamTable::TakeTicket(std::string_view entity_key) const {
  return {marks_.Take(WriteMarks::MarkOf(entity_key)), swap_count_.load()};
}

/// Puts what a reader saw in the store. While the key is being written, only over an older cell: what one reader was
/// told, no other may be told less than.
void RamTable::PutSeen(const RamCell& cell, const Ticket& ticket) {
  bool is_good = false;
  const auto is_not_swapped = [&] { return bypass_count_.load() == 0 && swap_count_.load() == ticket.swap_count; };
  cells_.Put({&cell, 1}, RamCells::PutRule::kAlways, [&] {
    is_good = is_not_swapped() && marks_.IsGood(ticket.mark);
    return is_good;
  });
  if (is_good) return;
  const std::uint64_t whole = whole_.load();
  const RamCells::PutRule rule = whole != 0 ? RamCells::PutRule::kAlways : RamCells::PutRule::kIfPresent;
  cells_.Put({&cell, 1}, rule, [&] { return is_not_swapped() && (whole == 0 || whole_.load() == whole); });
}

void RamTable::ReadRange(const CellRange& range, CellBatch& cells, ReadDone done) {
  const Ticket ticket = TakeTicket(range.entity_key);
  stored_->ReadRange(range, cells,
                     [this, ticket, &cells, entity_key = range.entity_key, done = std::move(done)](Status status) {
                       for (std::size_t i = 0; status.ok() && i < cells.size(); ++i) {
                         PutSeen(ToRamCell({entity_key, cells.sort_key(i)}, cells, i), ticket);
                       }
                       account_.Balance();
                       done(std::move(status));
                     });
}

Result<WriteResult> RamTable::Write(std::span<const CellWrite> writes) {
  std::vector<std::size_t> marks;
  marks.reserve(writes.size());
  for (const CellWrite& write : writes) marks.push_back(WriteMarks::MarkOf(write.key.entity_key));
  std::sort(marks.begin(), marks.end());
  marks.erase(std::unique(marks.begin(), marks.end()), marks.end());
  {
    const std::shared_lock lock(gate_);
    writer_count_.fetch_add(1);
    for (const std::size_t mark : marks) marks_.Begin(mark);
  }
  Result<WriteResult> result = stored_->Write(writes);
  if (result.ok()) Apply(writes, *result);
  for (const std::size_t mark : marks) marks_.End(mark);
  writer_count_.fetch_sub(1);
  account_.Balance();
  return result;
}

/// Puts what the store took; the cells of one key under one lock, so that a reader sees the batch or nothing of it.
void RamTable::Apply(std::span<const CellWrite> writes, const WriteResult& result) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (result.outcomes[i] == WriteOutcome::kApplied) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return writes[a].key.entity_key < writes[b].key.entity_key; });
  std::vector<RamCell> cells;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const CellWrite& write = writes[order[i]];
    const std::string_view value = write.deleted ? std::string_view() : write.value;
    cells.push_back({write.key, write.time, write.deleted, value, result.sequence});
    if (i + 1 < order.size() && writes[order[i + 1]].key.entity_key == write.key.entity_key) continue;
    cells_.Put(cells, RamCells::PutRule::kAlways,
               [&] { return bypass_count_.load() == 0 && result.sequence > least_sequence_.load(); });
    cells.clear();
  }
}

void RamTable::Evict(std::int64_t bytes) {
  Spoil();
  const std::int64_t evicted = cells_.Evict(bytes);
  if (evicted > 0) counters_.evictions.Add(static_cast<std::uint64_t>(evicted));
}

/// Waits until every write that began is in memory; the gate is held, so no other begins.
void RamTable::WaitForWriters() const {
  while (writer_count_.load() > 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

void RamTable::BeginBypass() {
  const std::scoped_lock lock(gate_);
  WaitForWriters();
  bypass_count_.fetch_add(1);
  swap_count_.fetch_add(1);
  Spoil();
  cells_.Clear();
}

void RamTable::EndBypass(std::uint64_t sequence) {
  if (least_sequence_.load() < sequence) least_sequence_.store(sequence);
  swap_count_.fetch_add(1);
  bypass_count_.fetch_sub(1);
}

void RamTable::Spoil() {
  const std::scoped_lock lock(whole_mutex_);
  spoil_count_.fetch_add(1);
  whole_.store(0);
}

bool RamTable::Fits() const {
  const TableStatistics statistics = stored_->Statistics();
  const std::int64_t cell_count = statistics.row_count + statistics.deleted_count;
  return statistics.byte_count + cell_count * kOverheadPerCell + account_.used_bytes()->load() <=
         account_.limit_bytes();
}

Status RamTable::LoadAll(const std::atomic<bool>& stop) {
  // Before the bypass is looked for: one that begins later spoils this count, and so the load.
  const std::uint64_t spoil_count = spoil_count_.load();
  if (whole_.load() != 0 || bypass_count_.load() > 0 || !Fits()) return {};
  std::vector<std::string> left;
  LARDER_RETURN_IF_ERROR(LoadCells(stop, spoil_count, left));
  if (stop.load()) return {};
  // With no writer at work memory and store are the same; from here on each write keeps them so.
  const std::scoped_lock lock(gate_);
  WaitForWriters();
  LARDER_RETURN_IF_ERROR(LoadLeft(left));
  if (account_.used_bytes()->load() > account_.limit_bytes()) return {};
  const std::scoped_lock whole_lock(whole_mutex_);
  if (spoil_count_.load() == spoil_count) whole_.store(++load_count_);
  return {};
}

/// Puts the cells of a scan, except those that may have been written since it began: their keys go to `left`.
Status RamTable::LoadCells(const std::atomic<bool>& stop, std::uint64_t spoil_count, std::vector<std::string>& left) {
  std::vector<WriteMarks::Ticket> tickets(WriteMarks::kMarks);
  std::unique_ptr<CellScan> scan;
  {
    const std::scoped_lock lock(gate_);
    WaitForWriters();
    for (std::size_t mark = 0; mark < tickets.size(); ++mark) tickets[mark] = marks_.Take(mark);
    LARDER_ASSIGN_OR_RETURN(scan, stored_->Scan(ScanCells::kEverything));
  }
  ScannedCell cell;
  while (!stop.load() && spoil_count_.load() == spoil_count) {
    LARDER_ASSIGN_OR_RETURN(const bool is_there, scan->Next(cell));
    if (!is_there || account_.used_bytes()->load() > account_.limit_bytes()) break;
    const WriteMarks::Ticket& ticket = tickets[WriteMarks::MarkOf(cell.key.entity_key)];
    bool is_good = false;
    const RamCell loaded = {cell.key, cell.time, cell.deleted, cell.value};
    cells_.Put({&loaded, 1}, RamCells::PutRule::kIfAbsent, [&] {
      is_good = marks_.IsGood(ticket) && bypass_count_.load() == 0 && spoil_count_.load() == spoil_count;
      return is_good;
    });
    if (is_good) continue;
    AppendStoredKey(cell.key, left.emplace_back());
  }
  return {};
}

Status RamTable::LoadLeft(const std::vector<std::string>& left) {
  CellBatch cells;
  for (const std::string& stored_key : left) {
    CellKey key;
    LARDER_RETURN_IF_ERROR(ReadStoredKey(stored_key, key));
    if (bypass_count_.load() > 0 || cells_.Contains(key)) continue;  // its writer has put it
    LARDER_RETURN_IF_ERROR(ReadCells(*stored_, {&key, 1}, cells));
    const RamCell cell = ToRamCell(key, cells, 0);
    if (cells.state(0) != CellState::kMissing)
      cells_.Put({&cell, 1}, RamCells::PutRule::kIfAbsent, [] { return true; });
  }
  return {};
}

namespace {

/// Keeps memory out of the way while the store swaps.
class RamLoad final : public TableLoad {
 public:
  RamLoad(std::shared_ptr<RamTable> table, std::unique_ptr<TableLoad> load, RamAccount& account)
      : table_(std::move(table)), load_(std::move(load)), account_(account) {}

  Status Add(std::span<const CellWrite> cells) override { return load_->Add(cells); }

  Result<LoadResult> Commit() override {
    table_->BeginBypass();
    Result<LoadResult> result = load_->Commit();
    table_->EndBypass(result.ok() ? result->sequence : 0);
    account_.LoadLater(table_->name());
    return result;
  }

 private:
  const std::shared_ptr<RamTable> table_;
  const std::unique_ptr<TableLoad> load_;
  RamAccount& account_;
};

}  // namespace

Result<std::unique_ptr<TableLoad>> RamTable::BeginLoad(const LoadOptions& options) {
  LARDER_ASSIGN_OR_RETURN(std::unique_ptr<TableLoad> load, stored_->BeginLoad(options));
  return std::unique_ptr<TableLoad>(std::make_unique<RamLoad>(shared_from_this(), std::move(load), account_));
}

}  // namespace larder
