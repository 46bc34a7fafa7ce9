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

/// Names a cell of a batch.
struct Place {
  CellBatch& cells;
  std::size_t index;
};

void Set(CellState state, const CellTime& time, std::string_view value, const Place& place) {
  switch (state) {
    case CellState::kMissing:
      return place.cells.SetMissing(place.index);
    case CellState::kDeleted:
      return place.cells.SetDeleted(place.index, time);
    case CellState::kFound:
      return place.cells.SetFound(place.index, time, value);
  }
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

/// Holds a read that memory alone could not answer: part of it asks the store, part waits for other readers' reads.
struct RamTable::StoreRead {
  struct Asked {
    std::size_t place = 0;  ///< in the caller's batch
    StoreTicket ticket;
    bool leads = false;  ///< others may wait for it
  };
  std::vector<CellKey> keys;
  std::vector<Asked> asked;  ///< as keys
  CellBatch cells;
  std::mutex mutex;  ///< guards what follows, once others may answer
  CellBatch* answer = nullptr;
  int open_parts = 1;
  Status status;
  ReadDone done;
};

RamTable::RamTable(std::shared_ptr<OnlineTable> stored, RamAccount& account, const RamTierOptions& options,
                   RamCounters counters)
    : stored_(std::move(stored)),
      account_(account),
      options_(options),
      counters_(counters),
      cells_(account.pins(), account.used_bytes()),
      ages_(options.ages) {
  if (ages_.has_ttl() && options_.ages.stale_us > 0) refreshes_ = std::make_unique<RefreshSlots>(account.used_bytes());
  NoteEventTime(stored_->Statistics().newest_event_time_us.value_or(INT64_MIN));
}

void RamTable::NoteEventTime(std::int64_t event_time_us) {
  if (options_.retention_us == 0) return;
  std::int64_t newest_us = newest_us_.load();
  while (newest_us < event_time_us && !newest_us_.compare_exchange_weak(newest_us, event_time_us)) {
  }
}

std::int64_t RamTable::HorizonUs() const {
  std::int64_t horizon_us = 0;
  if (options_.retention_us == 0) return INT64_MIN;
  return __builtin_sub_overflow(newest_us_.load(), options_.retention_us, &horizon_us) ? INT64_MIN : horizon_us;
}

void RamTable::Read(std::span<const CellKey> keys, CellBatch& cells, ReadDone done) {
  cells.Reset(keys.size());
  const std::shared_ptr<StoreRead> read = ReadMemory(keys, cells);
  if (read == nullptr) return done({});
  read->done = std::move(done);
  if (read->keys.empty()) return FinishPart(*read, {});
  stored_->Read(read->keys, read->cells, [this, read](const Status& status) {
    FinishStoreRead(*read, status);
    FinishPart(*read, status);
  });
}

void RamTable::FindInMemory(std::span<const CellKey> keys, const MemoryPin& pin, std::span<CellInMemory> cells) {
  const std::uint64_t whole = whole_.load();
  if (!pin.is_held() || bypass_count_.load() != 0) {
    std::fill_n(cells.begin(), keys.size(), CellInMemory());
    return;
  }
  cells_.Find(keys, whole == 0, cells);
  if (whole == 0 && ages_.has_ttl()) JudgeAges(keys, cells);
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

/// Takes out what has passed its ttl, or asks for it to be read again while it is answered once more.
void RamTable::JudgeAges(std::span<const CellKey> keys, std::span<CellInMemory> cells) {
  const std::uint64_t moment = ages_.Moment();
  std::uint64_t stale = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (cells[i].state == MemoryState::kUnknown) continue;
    const ReadAges::Age age = ages_.AgeAt(moment, CellStamp::FromBits(cells[i].revision));
    if (age == ReadAges::Age::kFresh) continue;
    if (age == ReadAges::Age::kExpired) {
      cells[i] = {};
      continue;
    }
    ++stale;
    refreshes_->Ask(keys[i]);
  }
  if (stale > 0) counters_.stale.Add(stale);
}

void RamTable::Refresh() {
  if (refreshes_ == nullptr) return;
  const std::vector<RefreshSlots::Taken> taken = refreshes_->TakeAll();
  if (taken.empty()) return;
  std::vector<CellKey> keys;
  std::vector<StoreTicket> tickets;
  for (const RefreshSlots::Taken& asked : taken) {
    keys.push_back(asked.key);
    tickets.push_back(TakeTicket(asked.key.entity_key));
  }
  CellBatch cells;
  // After a failure they stay as they are until they expire; who reads them then is told.
  if (ReadCells(*stored_, keys, cells).ok()) {
    for (std::size_t i = 0; i < keys.size(); ++i) PutSeen(keys[i], cells, i, tickets[i]);
  }
  for (const RefreshSlots::Taken& asked : taken) refreshes_->Release(asked.slot);
  account_.Balance();
}

/// Answers what memory can; returns the rest, nullptr when there is none.
std::shared_ptr<RamTable::StoreRead> RamTable::ReadMemory(std::span<const CellKey> keys, CellBatch& cells) {
  thread_local std::vector<CellInMemory> memory;
  memory.resize(std::max(memory.size(), keys.size()));
  std::vector<std::pair<std::size_t, std::size_t>> unknown;  // begin and count of keys
  std::size_t size = 0;
  {
    const MemoryPin pin = account_.pins()->Take();
    FindInMemory(keys, pin, memory);
    for (std::size_t begin = 0; begin < keys.size(); begin += size) {
      size = SameEntity(keys, begin);
      const auto same = std::span(memory).subspan(begin, size);
      const auto is_unknown = [](const CellInMemory& cell) { return cell.state == MemoryState::kUnknown; };
      if (std::any_of(same.begin(), same.end(), is_unknown)) {
        // All cells of the entity, so that they are of one moment.
        unknown.emplace_back(begin, size);
        continue;
      }
      for (std::size_t i = 0; i < size; ++i) Copy(same[i], cells, begin + i);
    }
  }
  if (unknown.empty()) return nullptr;
  auto read = std::make_shared<StoreRead>();
  read->answer = &cells;
  for (const auto& [begin, count] : unknown) JoinReads(keys, begin, count, read);
  return read;
}

/// Has the cells of one entity read: by another reader who is at it, else by this one.
void RamTable::JoinReads(std::span<const CellKey> keys, std::size_t begin, std::size_t count,
                         const std::shared_ptr<StoreRead>& read) {
  counters_.misses.Add(count);
  const CellKey& key = keys[begin];
  const StoreTicket ticket = TakeTicket(key.entity_key);
  bool leads = false;
  if (count == 1 && key.sort_key.empty() && IsGood(ticket)) {
    {
      const std::scoped_lock lock(read->mutex);
      ++read->open_parts;
    }
    const auto waiter = [this, read, place = begin, key](const ReadFlights::Answer& answer) {
      // The failure may be of another cell that was read along.
      if (!answer.status.ok()) return ReadAlone(read, place, key);
      {
        const std::scoped_lock lock(read->mutex);
        Set(answer.state, answer.time, answer.value, {*read->answer, place});
      }
      FinishPart(*read, {});
    };
    const auto is_good = [this](const StoreTicket& other) { return IsGood(other); };
    const ReadFlights::Part part = flights_.Join(key.entity_key, ticket, is_good, waiter);
    if (part == ReadFlights::Part::kWaits) return counters_.shared.Add();
    const std::scoped_lock lock(read->mutex);
    --read->open_parts;
    leads = part == ReadFlights::Part::kLeads;
  }
  for (std::size_t i = begin; i < begin + count; ++i) {
    read->keys.push_back(keys[i]);
    read->asked.push_back({i, ticket, leads});
  }
}

/// Asks the store for one cell of a read whose leader has failed.
void RamTable::ReadAlone(const std::shared_ptr<StoreRead>& read, std::size_t place, const CellKey& key) {
  struct One {
    CellKey key;
    CellBatch cells;
  };
  const auto one = std::make_shared<One>(One{key, {}});
  stored_->Read({&one->key, 1}, one->cells, [this, read, place, one](const Status& status) {
    if (status.ok()) {
      const std::scoped_lock lock(read->mutex);
      Set(one->cells.state(0), one->cells.time(0), one->cells.value(0), {*read->answer, place});
    }
    FinishPart(*read, status);
  });
}

/// Takes over what the store has said, into memory, the answer and those of others who wait for it.
void RamTable::FinishStoreRead(StoreRead& read, const Status& status) {
  for (std::size_t i = 0; i < read.keys.size(); ++i) {
    const StoreRead::Asked& asked = read.asked[i];
    ReadFlights::Answer answer{status};
    if (status.ok()) {
      answer = {status, read.cells.state(i), read.cells.time(i), read.cells.value(i)};
      PutSeen(read.keys[i], read.cells, i, asked.ticket);
      const std::scoped_lock lock(read.mutex);
      Set(answer.state, answer.time, answer.value, {*read.answer, asked.place});
    }
    if (asked.leads) flights_.End(read.keys[i].entity_key, answer);
  }
}

void RamTable::FinishPart(StoreRead& read, const Status& status) {
  {
    const std::scoped_lock lock(read.mutex);
    if (read.status.ok()) read.status = status;
    if (--read.open_parts > 0) return;
  }
  account_.Balance();
  read.done(std::move(read.status));
}

StoreTicket RamTable::TakeTicket(std::string_view entity_key) const {
  return {marks_.Take(WriteMarks::MarkOf(entity_key)), swap_count_.load()};
}

/// Tells whether the store has said since the ticket what it says now, of this entity.
bool RamTable::IsGood(const StoreTicket& ticket) const {
  return bypass_count_.load() == 0 && swap_count_.load() == ticket.swap_count && marks_.IsGood(ticket.mark);
}

/// Puts what a reader saw in the store. While the key is being written, only over an older cell: what one reader was
/// told, no other may be told less than.
void RamTable::PutSeen(const CellKey& key, const CellBatch& cells, std::size_t index, const StoreTicket& ticket) {
  if (cells.state(index) == CellState::kMissing) return;
  RamCell cell = ToRamCell(key, cells, index);
  cell.stamp = ages_.NewStamp();
  const bool is_kept = IsKept(cell.time);
  bool is_good = false;
  const auto is_not_swapped = [&] { return bypass_count_.load() == 0 && swap_count_.load() == ticket.swap_count; };
  cells_.Put({&cell, 1}, is_kept ? RamCells::PutRule::kAlways : RamCells::PutRule::kIfPresent, [&] {
    is_good = is_not_swapped() && marks_.IsGood(ticket.mark);
    return is_good;
  });
  if (is_good) return;
  const std::uint64_t whole = whole_.load();
  const RamCells::PutRule rule = whole != 0 ? RamCells::PutRule::kAlways : RamCells::PutRule::kIfPresent;
  cells_.Put({&cell, 1}, rule, [&] { return is_not_swapped() && (whole == 0 || whole_.load() == whole); });
}

void RamTable::ReadRange(const CellRange& range, CellBatch& cells, ReadDone done) {
  const StoreTicket ticket = TakeTicket(range.entity_key);
  stored_->ReadRange(range, cells,
                     [this, ticket, &cells, entity_key = range.entity_key, done = std::move(done)](Status status) {
                       for (std::size_t i = 0; status.ok() && i < cells.size(); ++i) {
                         PutSeen({entity_key, cells.sort_key(i)}, cells, i, ticket);
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
    if (!write.deleted) NoteEventTime(write.time.event_time_us);
    if (next != nullptr && next->key.entity_key == write.key.entity_key) continue;
    // A table in memory that is whole has to stay so.
    const auto is_kept = [this](const RamCell& cell) { return IsKept(cell.time); };
    const bool is_put = whole_.load() != 0 || std::any_of(cells.begin(), cells.end(), is_kept);
    if (!is_put) left_out_count_.fetch_add(1);
    cells_.Put(cells, is_put ? RamCells::PutRule::kAlways : RamCells::PutRule::kIfPresent,
               [&] { return bypass_count_.load() == 0 && result.sequence > least_sequence_.load(); });
    cells.clear();
  }
}

void RamTable::Evict(std::int64_t bytes) {
  Spoil();
  const std::int64_t evicted = cells_.Evict(bytes, HorizonUs());
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
  const std::uint64_t left_out_count;
  std::vector<WriteMarks::Ticket> tickets = std::vector<WriteMarks::Ticket>(WriteMarks::kMarks);
};

Status RamTable::LoadAll(const std::atomic<bool>& stop) {
  // Before the bypass is looked for: one that begins later spoils this count, and so the load.
  Loading loading{stop, spoil_count_.load(), left_out_count_.load()};
  NoteEventTime(stored_->Statistics().newest_event_time_us.value_or(INT64_MIN));
  // With a retention a part of the table may fit though the whole does not.
  if (whole_.load() != 0 || bypass_count_.load() > 0 || (!Fits() && options_.retention_us == 0)) return {};
  std::vector<std::string> left;
  LARDER_RETURN_IF_ERROR(LoadCells(loading, left));
  if (stop.load()) return {};
  // With no writer at work memory and store are the same; from here on each write keeps them so.
  const std::scoped_lock lock(gate_);
  WaitForWriters();
  LARDER_RETURN_IF_ERROR(LoadLeft(left));
  if (left_out_count_.load() != loading.left_out_count) return {};
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
  if (Fits()) cells_.Reserve(statistics.row_count + statistics.deleted_count);
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
    if (!IsKept(cell.time)) {
      left_out_count_.fetch_add(1);
      continue;
    }
    const WriteMarks::Ticket& ticket = loading.tickets[WriteMarks::MarkOf(cell.key.entity_key)];
    bool is_good = false;
    const RamCell loaded = {cell.key, cell.time, cell.deleted, cell.value, ages_.NewStamp()};
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
    cell.stamp = ages_.NewStamp();
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
