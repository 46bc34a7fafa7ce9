#include "online/group_commit.h"

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <rocksdb/write_batch.h>

#include "base/hash.h"
#include "online/rocksdb_database.h"
#include "online/rocksdb_table.h"
#include "online/stored_format.h"

namespace larder {
namespace {

std::size_t CellBytes(const CellKey& key, std::string_view value) {
  return key.entity_key.size() + key.sort_key.size() + value.size();
}

struct HashBytes {
  std::size_t operator()(std::string_view bytes) const { return Hash64(bytes); }
};

/// Holds what is known of a cell that the group writes.
struct KnownCell {
  bool is_there = false;
  bool deleted = false;
  CellTime time;
  std::size_t byte_count = 0;
  const CellWrite* winner = nullptr;  ///< of this group; nullptr: what is stored stays
  Status status;                      ///< of reading it
};

/// Holds the part of a group that goes to one table.
class TableGroup {
 public:
  explicit TableGroup(RocksDbTable& table) : table_(table), state_(table.state()) {}

  void Add(PendingWrite& write) { batches_.push_back(&write); }
  /// Reads what is stored under the keys of the group, and makes the table when this is its first write.
  Status Prepare(RocksDbDatabase& database);
  /// Decides each write, in order, and puts what wins into `batch`.
  Status Decide(std::uint64_t& sequence, rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* records);
  /// Makes readers of the table's state see the group.
  void Publish();
  /// Gives all batches a failure.
  void Fail(const Status& status) {
    for (PendingWrite* write : batches_) write->status = status;
  }

 private:
  std::size_t CellOf(const CellKey& key);
  Status ReadStored(RocksDbDatabase& database);
  Status CheckCells(const PendingWrite& write, std::size_t first) const;
  WriteOutcome DecideOne(const CellWrite& write, KnownCell& cell);

  RocksDbTable& table_;
  RocksDbTableState state_;
  std::vector<PendingWrite*> batches_;
  std::unordered_map<std::string_view, std::size_t, HashBytes> cell_of_key_;
  std::deque<std::string> stored_keys_;  // stay where they are: the map borrows them
  std::vector<KnownCell> cells_;
  std::vector<std::size_t> cell_of_write_;  // of all batches, one after another
};

std::size_t TableGroup::CellOf(const CellKey& key) {
  std::string& stored_key = stored_keys_.emplace_back();
  AppendStoredKey(key, stored_key);
  const auto [place, is_new] = cell_of_key_.try_emplace(stored_key, cells_.size());
  if (is_new) {
    cells_.emplace_back();
  } else {
    stored_keys_.pop_back();
  }
  return place->second;
}

Status TableGroup::Prepare(RocksDbDatabase& database) {
  LARDER_RETURN_IF_ERROR(table_.CheckNotDropped());
  for (const PendingWrite* write : batches_) {
    for (const CellWrite& cell : write->writes) cell_of_write_.push_back(CellOf(cell.key));
  }
  const RocksDbTable::Changes& changes = table_.changes();
  if (changes.is_recorded && changes.stored_keys.size() + cells_.size() > RocksDbTable::Changes::kMaxKeys) {
    return Status(Reason::kOverloaded, "too many rows were written while a bulk load is being swapped in",
                  "write again when the load has ended");
  }
  if (state_.family != nullptr) return ReadStored(database);
  if (table_.spare_family() == nullptr) {
    LARDER_ASSIGN_OR_RETURN(table_.spare_family(), database.MakeFamily());
  }
  state_.family = table_.spare_family();
  return {};
}

Status TableGroup::ReadStored(RocksDbDatabase& database) {
  constexpr std::size_t kChunk = 1024;
  std::vector<rocksdb::Slice> keys;
  std::vector<rocksdb::PinnableSlice> values(kChunk);
  std::vector<rocksdb::Status> statuses(kChunk);
  for (std::size_t begin = 0; begin < cells_.size(); begin += keys.size()) {
    keys.clear();
    while (keys.size() < kChunk && begin + keys.size() < cells_.size()) {
      keys.emplace_back(stored_keys_[begin + keys.size()]);
    }
    database.database()->MultiGet(rocksdb::ReadOptions(), state_.family->handle(), keys.size(), keys.data(),
                                  values.data(), statuses.data());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      KnownCell& cell = cells_[begin + i];
      if (statuses[i].ok()) {
        StoredCell stored;
        const std::string_view key = keys[i].ToStringView();
        CellKey parts;
        cell.status = ReadStoredCell(key, values[i].ToStringView(), stored);
        if (cell.status.ok()) cell.status = ReadStoredKey(key, parts);
        cell.is_there = true;
        cell.deleted = stored.deleted;
        cell.time = stored.time;
        cell.byte_count = CellBytes(parts, stored.value);
      } else if (!statuses[i].IsNotFound()) {
        cell.status = FromRocksDb(statuses[i], "cannot read what is stored");
      }
      values[i].Reset();
    }
  }
  return {};
}

Status TableGroup::CheckCells(const PendingWrite& write, std::size_t first) const {
  for (std::size_t i = 0; i < write.writes.size(); ++i) {
    LARDER_RETURN_IF_ERROR(cells_[cell_of_write_[first + i]].status);
  }
  return {};
}

WriteOutcome TableGroup::DecideOne(const CellWrite& write, KnownCell& cell) {
  if (cell.is_there) {
    if (write.time < cell.time) return WriteOutcome::kOlder;
    state_.statistics.Remove(cell.deleted, cell.byte_count);
  }
  cell.is_there = true;
  cell.deleted = write.deleted;
  cell.time = write.time;
  cell.byte_count = CellBytes(write.key, write.deleted ? std::string_view() : write.value);
  cell.winner = &write;
  state_.statistics.Add(cell.time, cell.deleted, cell.byte_count);
  return WriteOutcome::kApplied;
}

Status TableGroup::Decide(std::uint64_t& sequence, rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* records) {
  std::size_t first = 0;
  for (PendingWrite* write : batches_) {
    write->status = CheckCells(*write, first);
    for (std::size_t i = 0; write->status.ok() && i < write->writes.size(); ++i) {
      write->result.outcomes.push_back(DecideOne(write->writes[i], cells_[cell_of_write_[first + i]]));
    }
    write->result.sequence = ++sequence;
    first += write->writes.size();
  }
  std::string bytes;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const CellWrite* winner = cells_[i].winner;
    if (winner == nullptr) continue;
    bytes.clear();
    AppendStoredCell(stored_keys_[i], {winner->time, winner->deleted, winner->value}, bytes);
    LARDER_RETURN_IF_ERROR(FromRocksDb(batch.Put(state_.family->handle(), stored_keys_[i], bytes), "cannot write"));
  }
  const TableRecord record = {state_.family->id(), state_.statistics};
  const std::string key = TableRecordKey(table_.name());
  return FromRocksDb(batch.Put(records, key, EncodeTableRecord(record)), "cannot write");
}

void TableGroup::Publish() {
  RocksDbTable::Changes& changes = table_.changes();
  for (std::size_t i = 0; changes.is_recorded && i < cells_.size(); ++i) {
    if (cells_[i].winner != nullptr) changes.stored_keys.insert(stored_keys_[i]);
  }
  table_.spare_family().reset();
  table_.Publish(std::move(state_));
}

}  // namespace

void CommitQueue::Write(PendingWrite& write) {
  Waiting mine{&write, {}};
  std::unique_lock lock(mutex_);
  queue_.push_back(&mine);
  while (!mine.done) {
    // The front of the queue leads, unless someone wants to be alone.
    mine.turn.wait(lock, [&] { return mine.done || (!busy_ && alone_waiting_ == 0 && queue_.front() == &mine); });
    if (mine.done) return;
    busy_ = true;
    const std::vector<Waiting*> group = TakeGroup();
    lock.unlock();
    std::vector<PendingWrite*> writes;
    writes.reserve(group.size());
    for (const Waiting* waiting : group) writes.push_back(waiting->write);
    commit_(writes);
    lock.lock();
    busy_ = false;
    for (Waiting* waiting : group) {
      waiting->done = true;
      if (waiting != &mine) waiting->turn.notify_one();
    }
    PassOn();
  }
}

Status CommitQueue::RunAlone(const std::function<Status()>& work) {
  std::unique_lock lock(mutex_);
  ++alone_waiting_;
  free_.wait(lock, [&] { return !busy_; });
  --alone_waiting_;
  busy_ = true;
  lock.unlock();
  Status status = work();
  lock.lock();
  busy_ = false;
  PassOn();
  return status;
}

std::vector<CommitQueue::Waiting*> CommitQueue::TakeGroup() {
  std::vector<Waiting*> group;
  std::size_t row_count = 0;
  while (!queue_.empty()) {
    row_count += queue_.front()->write->writes.size();
    if (!group.empty() && row_count > kMaxGroupRows) break;
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  return group;
}

void CommitQueue::PassOn() {
  if (alone_waiting_ > 0) {
    free_.notify_one();
  } else if (!queue_.empty()) {
    queue_.front()->turn.notify_one();
  }
}

void CommitGroup(RocksDbShared& shared, std::span<PendingWrite* const> group) {
  std::map<RocksDbTable*, TableGroup> tables;
  for (PendingWrite* write : group) {
    if (write->writes.empty()) {
      write->status = write->table->CheckNotDropped();
      write->result.sequence = ++shared.sequence;
      continue;
    }
    tables.try_emplace(write->table, *write->table).first->second.Add(*write);
  }
  if (tables.empty()) return;
  const Status ready = shared.database.PrepareWrite();
  rocksdb::WriteBatch batch;
  std::vector<TableGroup*> written;
  for (auto& [table, part] : tables) {
    Status status = ready;
    if (status.ok()) status = part.Prepare(shared.database);
    if (status.ok()) status = part.Decide(shared.sequence, batch, shared.database.records());
    if (status.ok()) {
      written.push_back(&part);
    } else {
      part.Fail(status);
    }
  }
  if (written.empty()) return;
  const Status status = shared.database.Write(batch, false);
  for (TableGroup* part : written) status.ok() ? part->Publish() : part->Fail(status);
}

}  // namespace larder
