#include "online/rocksdb_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "online/rocksdb_database.h"
#include "online/rocksdb_load.h"
#include "online/stored_format.h"

namespace larder {
namespace {

/// Keeps the memory of reads from one to the next.
struct ReadMemory {
  std::vector<std::string> stored_keys;
  std::vector<rocksdb::Slice> slices;
  std::vector<rocksdb::PinnableSlice> values;
  std::vector<rocksdb::Status> statuses;

  void Prepare(std::span<const CellKey> keys) {
    if (stored_keys.size() < keys.size()) stored_keys.resize(keys.size());
    if (values.size() < keys.size()) values.resize(keys.size());
    slices.resize(keys.size());
    statuses.resize(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      stored_keys[i].clear();
      AppendStoredKey(keys[i], stored_keys[i]);
      slices[i] = stored_keys[i];
    }
  }
  /// Lets go of blocks that the values hold.
  void Release(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values[i].Reset();
  }
};

Status Answer(const ReadMemory& memory, std::size_t index, CellBatch& cells) {
  const rocksdb::Status& status = memory.statuses[index];
  if (status.IsNotFound()) return {};
  LARDER_RETURN_IF_ERROR(FromRocksDb(status, "cannot read"));
  StoredCell cell;
  LARDER_RETURN_IF_ERROR(ReadStoredCell(memory.stored_keys[index], memory.values[index].ToStringView(), cell));
  if (cell.deleted) {
    cells.SetDeleted(index, cell.time);
  } else {
    cells.SetFound(index, cell.time, cell.value);
  }
  return {};
}

/// Turns a prefix into the least string behind everything that begins with it; false when there is none.
bool ToEndOfPrefix(std::string& prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return false;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return true;
}

/// Returns up to `count` - 1 stored keys that divide a family into parts of about one size, each the first that a cell
/// of its entity can have; ascending.
std::vector<std::string> DividingKeys(rocksdb::DB& database, const CellFamily& family, int count) {
  rocksdb::ColumnFamilyMetaData files;
  database.GetColumnFamilyMetaData(family.handle(), &files);
  std::vector<std::string> keys;
  for (const rocksdb::LevelMetaData& level : files.levels) {
    for (const rocksdb::SstFileMetaData& file : level.files) {
      CellKey key;
      if (!ReadStoredKey(file.smallestkey, key).ok()) continue;
      std::string prefix;
      AppendStoredPrefix(key.entity_key, prefix);
      keys.push_back(std::move(prefix));
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::vector<std::string> dividing;
  for (int i = 1; i < count && !keys.empty(); ++i) {
    const std::string& key = keys[keys.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(count)];
    if (key != keys.front() && (dividing.empty() || dividing.back() < key)) dividing.push_back(key);
  }
  return dividing;
}

class RocksDbScan final : public CellScan {
 public:
  RocksDbScan(RocksDbDatabase& database, ScanCells what) : use_(database), what_(what) {}

  /// Begins with the stored keys from `from` on and before `to`; an empty `to` has no end.
  Status Begin(std::shared_ptr<CellFamily> family, std::string from = {}, std::string to = {}) {
    if (family == nullptr) return {};
    LARDER_ASSIGN_OR_RETURN(rocksdb::DB* const database, use_.database());
    family_ = std::move(family);
    to_ = std::move(to);
    upper_bound_ = to_;
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    options.readahead_size = 1 << 20;
    if (!to_.empty()) options.iterate_upper_bound = &upper_bound_;
    iterator_.reset(database->NewIterator(options, family_->handle()));
    iterator_->Seek(from);
    return {};
  }

  Result<bool> Next(ScannedCell& cell) override {
    while (iterator_ != nullptr) {
      if (is_begun_) iterator_->Next();
      is_begun_ = true;
      if (!iterator_->Valid()) {
        const Status status = FromRocksDb(iterator_->status(), "cannot scan");
        iterator_.reset();
        if (!status.ok()) return status;
        break;
      }
      StoredCell stored;
      const std::string_view key = iterator_->key().ToStringView();
      Status status = ReadStoredCell(key, iterator_->value().ToStringView(), stored);
      if (status.ok()) status = ReadStoredKey(key, cell.key);
      if (!status.ok()) {
        iterator_.reset();
        return status;
      }
      if (stored.deleted && what_ == ScanCells::kRows) continue;
      cell.time = stored.time;
      cell.value = stored.value;
      cell.deleted = stored.deleted;
      return true;
    }
    return false;
  }

 private:
  const DatabaseUse use_;
  std::shared_ptr<CellFamily> family_;
  std::string to_;
  rocksdb::Slice upper_bound_;  ///< of to_
  const ScanCells what_;
  bool is_begun_ = false;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

RocksDbTable::RocksDbTable(RocksDbTableState state, RocksDbShared& shared)
    : name_(state.statistics.name), shared_(shared), state_(std::move(state)) {}

RocksDbTableState RocksDbTable::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

void RocksDbTable::Publish(RocksDbTableState state) {
  // The old family may be the last one's to destroy, which takes a lock of the database: not under ours.
  const std::scoped_lock lock(mutex_);
  std::swap(state_, state);
}

void RocksDbTable::Forget() {
  spare_family_.reset();
  Publish({});
}

TableStatistics RocksDbTable::Statistics() const { return state().statistics; }

Status RocksDbTable::CheckNotDropped() const {
  if (!state().dropped) return {};
  return Status(Reason::kUnknownObject, "the online table was dropped: " + name_.ToString());
}

void RocksDbTable::Read(std::span<const CellKey> keys, CellBatch& cells, ReadDone done) {
  done(ReadNow(keys, cells).WithContext("online table " + name_.ToString()));
}

void RocksDbTable::ReadRange(const CellRange& range, CellBatch& cells, ReadDone done) {
  done(ReadRangeNow(range, cells).WithContext("online table " + name_.ToString()));
}

Status RocksDbTable::ReadNow(std::span<const CellKey> keys, CellBatch& cells) const {
  cells.Reset(keys.size());
  // The use comes first: a family stays as it is only for those inside.
  const DatabaseUse use(shared_.database);
  const std::shared_ptr<CellFamily> family = state().family;
  if (family == nullptr || keys.empty()) return {};
  LARDER_ASSIGN_OR_RETURN(rocksdb::DB* const database, use.database());
  thread_local ReadMemory memory;
  memory.Prepare(keys);
  const rocksdb::ReadOptions options;
  if (keys.size() == 1) {
    memory.statuses[0] = database->Get(options, family->handle(), memory.slices[0], &memory.values[0]);
  } else {
    database->MultiGet(options, family->handle(), keys.size(), memory.slices.data(), memory.values.data(),
                       memory.statuses.data());
  }
  Status status;
  for (std::size_t i = 0; i < keys.size() && status.ok(); ++i) {
    status = Answer(memory, i, cells);
  }
  memory.Release(keys.size());
  return status;
}

Status RocksDbTable::ReadRangeNow(const CellRange& range, CellBatch& cells) const {
  cells.Clear();
  const DatabaseUse use(shared_.database);
  const std::shared_ptr<CellFamily> family = state().family;
  if (family == nullptr || (range.to_sort_key && *range.to_sort_key <= range.from_sort_key)) return {};
  LARDER_ASSIGN_OR_RETURN(rocksdb::DB* const database, use.database());
  std::string prefix;
  AppendStoredPrefix(range.entity_key, prefix);
  const std::string lower = prefix + std::string(range.from_sort_key);
  std::string upper = prefix;
  bool has_upper = true;
  if (range.to_sort_key) {
    upper += *range.to_sort_key;
  } else {
    has_upper = ToEndOfPrefix(upper);
  }
  const rocksdb::Slice lower_bound(lower);
  const rocksdb::Slice upper_bound(upper);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower_bound;
  if (has_upper) options.iterate_upper_bound = &upper_bound;
  const std::unique_ptr<rocksdb::Iterator> iterator(database->NewIterator(options, family->handle()));
  range.descending ? iterator->SeekToLast() : iterator->SeekToFirst();
  for (; iterator->Valid() && static_cast<std::int64_t>(cells.size()) < range.limit;
       range.descending ? iterator->Prev() : iterator->Next()) {
    StoredCell cell;
    LARDER_RETURN_IF_ERROR(ReadStoredCell(iterator->key().ToStringView(), iterator->value().ToStringView(), cell));
    if (cell.deleted) continue;
    cells.AppendFound(iterator->key().ToStringView().substr(prefix.size()), cell.time, cell.value);
  }
  return FromRocksDb(iterator->status(), "cannot read");
}

Result<WriteResult> RocksDbTable::Write(std::span<const CellWrite> writes) {
  LARDER_RETURN_IF_ERROR(CheckWrites(name_, writes));
  PendingWrite write{this, writes};
  shared_.queue.Write(write);
  if (!write.status.ok()) return write.status.WithContext("online table " + name_.ToString());
  return std::move(write.result);
}

Result<std::unique_ptr<CellScan>> RocksDbTable::Scan(ScanCells what) {
  auto scan = std::make_unique<RocksDbScan>(shared_.database, what);
  LARDER_RETURN_IF_ERROR(scan->Begin(state().family));
  return std::unique_ptr<CellScan>(std::move(scan));
}

Result<std::vector<std::unique_ptr<CellScan>>> RocksDbTable::ScanParts(ScanCells what, int count) {
  std::vector<std::unique_ptr<CellScan>> scans;
  const Status status = shared_.queue.RunAlone([&]() -> Status {
    const std::shared_ptr<CellFamily> family = state().family;
    const DatabaseUse use(shared_.database);
    std::vector<std::string> borders = {""};
    if (family != nullptr) {
      LARDER_ASSIGN_OR_RETURN(rocksdb::DB* const database, use.database());
      for (std::string& key : DividingKeys(*database, *family, count)) borders.push_back(std::move(key));
    }
    borders.emplace_back();
    for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
      auto scan = std::make_unique<RocksDbScan>(shared_.database, what);
      LARDER_RETURN_IF_ERROR(scan->Begin(family, borders[i], borders[i + 1]));
      scans.push_back(std::move(scan));
    }
    return {};
  });
  if (!status.ok()) return status;
  return scans;
}

Result<std::unique_ptr<TableLoad>> RocksDbTable::BeginLoad(const LoadOptions& options) {
  LARDER_RETURN_IF_ERROR(CheckNotDropped());
  LARDER_RETURN_IF_ERROR(shared_.database.CheckWritable());
  if (loading_.exchange(true)) {
    return Status(Reason::kAlreadyRunning, "the online table is being loaded already: " + name_.ToString());
  }
  return NewRocksDbLoad(shared_from_this(), shared_, options);
}

}  // namespace larder
