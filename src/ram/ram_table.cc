#include "ram/ram_table.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

#include "online/stored_format.h"

namespace larder {
namespace {

// What a cell takes in memory beside its bytes, about; decides whether loading a table is worth a try.
constexpr std::int64_t kOverheadPerCell = 64;
constexpr int kMostLoadThreads = 8;

RamCell ToRamCell(const CellKey& key, const CellBatch& cells, std::size_t index) {
  return {key, cells.time(index), cells.state(index) == CellState::kDeleted, cells.value(index)};
}

void Copy(const CellInMemory& cell, CellBatch& cells, std::size_t index) {
  if (cell.state == MemoryState::kDeleted) cells.SetDeleted(index, cell.time);
  if (cell.state == MemoryState::kFound) cells.SetFound(index, cell.time, cell.value);
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
    : stored_(std::move(stored)),
      account_(account),
      counters_(counters),
      cells_(account.pins(), account.used_bytes()) {}

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

void RamTable::FindInMemory(std::span<const CellKey> keys, const MemoryPin& pin, std::span<CellInMemory> cells) {
  const std::uint64_t whole = whole_.load();
  if (!pin.is_held() || bypass_count_.load() != 0) {
    std::fill_n(cells.begin(), keys.size(), CellInMemory());
    return;
  }
  cells_.Find(keys, whole == 0, cells);
  // What is not there is missing only if memory was looked at, and the table was whole before the look and all the time
  // until after it. A bypass begins before it takes the wholeness away: between the two, nothing was looked at.
  const bool is_whole = whole != 0 && whole_.load() == whole;
  std::uint64_t hits = keys.size();
  for (CellInMemory& cell : cells.first(keys.size())) {
    if (cell.state != MemoryState::kUnknown) continue;
    if (is_whole) {
      cell.state = MemoryState::kMissing;
    } else {
      --hits;
    }
  }
  if (hits > 0) counters_.hits.Add(hits);
}

/// Answers what memory can; returns the rest, nullptr when there is none.
std::unique_ptr<RamTable::StoreRead> RamTable::ReadMemory(std::span<const CellKey> keys, CellBatch& cells) {
  thread_local std::vector<CellInMemory> memory;
  memory.resize(std::max(memory.size(), keys.size()));
  const MemoryPin pin = account_.pins()->Take();
  FindInMemory(keys, pin, memory);
  std::unique_ptr<StoreRead> read;
  std::size_t size = 0;
  for (std::size_t begin = 0; begin < keys.size(); begin += size) {
    size = SameEntity(keys, begin);
    const auto same = std::span(memory).subspan(begin, size);
    const auto is_unknown = [](const CellInMemory& cell) { return cell.state == MemoryState::kUnknown; };
    if (std::none_of(same.begin(), same.end(), is_unknown)) {
      for (std::size_t i = 0; i < size; ++i) Copy(same[i], cells, begin + i);
      continue;
    }
    // All cells of the entity, so that they are of one moment.
    if (read == nullptr) {
      read = std::make_unique<StoreRead>();
      read->answer = &cells;
    }
    const Ticket ticket = TakeTicket(keys[begin].entity_key);
    for (std::size_t i = begin; i < begin + size; ++i) {
      read->keys.push_back(keys[i]);
      read->places.push_back(i);
      read->tickets.push_back(ticket);
    }
  }
  if (read != nullptr) counters_.misses.Add(read->keys.size());
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
    RamCell cell = ToRamCell(read.keys[i], read.cells, i);
    cell.stamp = NextReadStamp();
    PutSeen(cell, read.tickets[i]);
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
                         RamCell cell = ToRamCell({entity_key, cells.sort_key(i)}, cells, i);
                         cell.stamp = NextReadStamp();
                         PutSeen(cell, ticket);
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

/// Puts what the store took; the cells of one entity as one change, so that a reader sees the batch or nothing of it.
void RamTable::Apply(std::span<const CellWrite> writes, const WriteResult& result) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (result.outcomes[i] == WriteOutcome::kApplied) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return writes[a].key < writes[b].key; });
  std::vector<RamCell> cells;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const CellWrite& write = writes[order[i]];
    const CellWrite* const next = i + 1 < order.size() ? &writes[order[i + 1]] : nullptr;
    // Of the writes of one cell the last that was applied counts; the others no reader may see.
    if (next != nullptr && next->key == write.key) continue;
    cells.push_back({write.key, write.time, write.deleted, write.value, CellStamp::OfWrite(result.sequence)});
    if (next != nullptr && next->key.entity_key == write.key.entity_key) continue;
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

/// Holds what the threads of a load share.
struct RamTable::Loading {
  const std::atomic<bool>& stop;
  const std::uint64_t spoil_count;
  std::vector<WriteMarks::Ticket> tickets = std::vector<WriteMarks::Ticket>(WriteMarks::kMarks);
};

Status RamTable::LoadAll(const std::atomic<bool>& stop) {
  // Before the bypass is looked for: one that begins later spoils this count, and so the load.
  Loading loading{stop, spoil_count_.load()};
  if (whole_.load() != 0 || bypass_count_.load() > 0 || !Fits()) return {};
  std::vector<std::string> left;
  LARDER_RETURN_IF_ERROR(LoadCells(loading, left));
  if (stop.load()) return {};
  // With no writer at work memory and store are the same; from here on each write keeps them so.
  const std::scoped_lock lock(gate_);
  WaitForWriters();
  LARDER_RETURN_IF_ERROR(LoadLeft(left));
  if (account_.used_bytes()->load() > account_.limit_bytes()) return {};
  const std::scoped_lock whole_lock(whole_mutex_);
  if (spoil_count_.load() == loading.spoil_count) whole_.store(++load_count_);
  return {};
}

/// Puts the cells of the store, a part for each thread, except those that may have been written since the scans began:
/// their keys go to `left`.
Status RamTable::LoadCells(Loading& loading, std::vector<std::string>& left) {
  const int thread_count = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMostLoadThreads);
  std::vector<std::unique_ptr<CellScan>> scans;
  {
    const std::scoped_lock lock(gate_);
    WaitForWriters();
    for (std::size_t mark = 0; mark < loading.tickets.size(); ++mark) loading.tickets[mark] = marks_.Take(mark);
    LARDER_ASSIGN_OR_RETURN(scans, stored_->ScanParts(ScanCells::kEverything, thread_count));
  }
  const TableStatistics statistics = stored_->Statistics();
  cells_.Reserve(statistics.row_count + statistics.deleted_count);
  std::vector<std::vector<std::string>> left_of(scans.size());
  std::vector<std::future<Status>> parts;
  for (std::size_t i = 0; i < scans.size(); ++i) {
    parts.push_back(std::async(scans.size() == 1 ? std::launch::deferred : std::launch::async,
                               [&, i] { return LoadPart(loading, *scans[i], left_of[i]); }));
  }
  Status status;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Status part = parts[i].get();
    if (status.ok()) status = std::move(part);
    std::move(left_of[i].begin(), left_of[i].end(), std::back_inserter(left));
  }
  return status;
}

Status RamTable::LoadPart(const Loading& loading, CellScan& scan, std::vector<std::string>& left) {
  ScannedCell cell;
  while (!loading.stop.load() && spoil_count_.load() == loading.spoil_count) {
    LARDER_ASSIGN_OR_RETURN(const bool is_there, scan.Next(cell));
    if (!is_there || account_.used_bytes()->load() > account_.limit_bytes()) break;
    const WriteMarks::Ticket& ticket = loading.tickets[WriteMarks::MarkOf(cell.key.entity_key)];
    bool is_good = false;
    const RamCell loaded = {cell.key, cell.time, cell.deleted, cell.value, NextReadStamp()};
    cells_.Put({&loaded, 1}, RamCells::PutRule::kIfAbsent, [&] {
      is_good = marks_.IsGood(ticket) && bypass_count_.load() == 0 && spoil_count_.load() == loading.spoil_count;
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
    RamCell cell = ToRamCell(key, cells, 0);
    cell.stamp = NextReadStamp();
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
