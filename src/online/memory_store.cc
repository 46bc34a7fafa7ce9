#include "online/memory_store.h"

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/hash.h"

namespace larder {
namespace {

struct MemoryCell {
  CellTime time;
  bool deleted = false;
  std::string value;
};

using CellsOfKey = std::map<std::string, MemoryCell, std::less<>>;

struct HashBytes {
  using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name
  std::size_t operator()(std::string_view bytes) const { return Hash64(bytes); }
};

/// Holds the cells of a table. Readers lock a shard; writers, of whom there is one at a time, lock it to change it.
class Content {
 public:
  struct Shard {
    mutable std::shared_mutex mutex;
    std::unordered_map<std::string, CellsOfKey, HashBytes, std::equal_to<>> keys;
  };

  Shard& ShardOf(std::string_view entity_key) { return shards_[Hash64(entity_key) % shards_.size()]; }
  const std::array<Shard, 64>& shards() const { return shards_; }

  /// Copies all cells of another content; no writer may be at work in either.
  void CopyFrom(const Content& other) {
    for (std::size_t i = 0; i < shards_.size(); ++i) shards_[i].keys = other.shards_[i].keys;
  }

 private:
  std::array<Shard, 64> shards_;
};

/// Applies a write to cells whose shard is locked, and counts it.
WriteOutcome Apply(const CellWrite& write, CellsOfKey& cells, TableStatistics& statistics) {
  const std::size_t key_bytes = write.key.entity_key.size() + write.key.sort_key.size();
  auto place = cells.find(write.key.sort_key);
  if (place == cells.end()) {
    place = cells.emplace(write.key.sort_key, MemoryCell()).first;
  } else {
    if (write.time < place->second.time) return WriteOutcome::kOlder;
    statistics.Remove(place->second.deleted, key_bytes + place->second.value.size());
  }
  const std::string_view value = write.deleted ? std::string_view() : write.value;
  place->second = {write.time, write.deleted, std::string(value)};
  statistics.Add(write.time, write.deleted, key_bytes + value.size());
  return WriteOutcome::kApplied;
}

/// Gives the cells of a copy.
class MemoryScan final : public CellScan {
 public:
  MemoryScan(const Content* content, ScanCells what) {
    if (content == nullptr) return;
    for (const Content::Shard& shard : content->shards()) {
      for (const auto& [entity_key, cells] : shard.keys) {
        for (const auto& [sort_key, cell] : cells) {
          if (cell.deleted && what == ScanCells::kRows) continue;
          cells_.push_back({entity_key, sort_key, cell});
        }
      }
    }
  }

  Result<bool> Next(ScannedCell& cell) override {
    if (next_ == cells_.size()) return false;
    const Copied& copied = cells_[next_++];
    cell = {{copied.entity_key, copied.sort_key}, copied.cell.time, copied.cell.value, copied.cell.deleted};
    return true;
  }

 private:
  struct Copied {
    std::string entity_key;
    std::string sort_key;
    MemoryCell cell;
  };
  std::vector<Copied> cells_;
  std::size_t next_ = 0;
};

/// Orders the writers of a store: one at a time, so that batches have one order.
struct WriterOrder {
  std::mutex mutex;
  std::uint64_t sequence = 0;
};

class MemoryTable final : public OnlineTable, public std::enable_shared_from_this<MemoryTable> {
 public:
  MemoryTable(TableName name, WriterOrder& writers) : name_(std::move(name)), writers_(writers) {
    statistics_.name = name_;
  }

  const TableName& name() const override { return name_; }
  void Read(std::span<const CellKey> keys, CellBatch& cells, ReadDone done) override;
  void ReadRange(const CellRange& range, CellBatch& cells, ReadDone done) override;
  Result<WriteResult> Write(std::span<const CellWrite> writes) override;
  Result<std::unique_ptr<CellScan>> Scan(ScanCells what) override;
  Result<std::unique_ptr<TableLoad>> BeginLoad(const LoadOptions& options) override;
  TableStatistics Statistics() const override;

  /// Makes the table what it is with these cells over it; the swap of a load.
  Result<LoadResult> Replace(std::span<const CellWrite> cells);
  void EndLoad() { loading_ = false; }
  /// Empties the table for good. The writers' mutex is held by the caller.
  void Drop();
  bool is_there() const;

 private:
  std::shared_ptr<Content> content() const;
  void Publish(std::shared_ptr<Content> content, const TableStatistics& statistics);
  Status CheckNotDropped() const;

  const TableName name_;
  WriterOrder& writers_;
  std::atomic<bool> loading_{false};
  mutable std::mutex mutex_;  ///< guards what follows; held for copies of pointers and counts only
  std::shared_ptr<Content> content_;
  TableStatistics statistics_;
  bool dropped_ = false;
};

class MemoryLoad final : public TableLoad {
 public:
  MemoryLoad(std::shared_ptr<MemoryTable> table, const LoadOptions& options)
      : table_(std::move(table)), options_(options) {}
  ~MemoryLoad() override { table_->EndLoad(); }

  Status Add(std::span<const CellWrite> cells) override {
    if (options_.cancellation != nullptr) LARDER_RETURN_IF_ERROR(options_.cancellation->Check());
    LARDER_RETURN_IF_ERROR(CheckWrites(table_->name(), cells));
    for (const CellWrite& cell : cells) {
      cells_.push_back({std::string(cell.key.entity_key), std::string(cell.key.sort_key), std::string(cell.value),
                        cell.time, cell.deleted});
    }
    return {};
  }

  Result<LoadResult> Commit() override {
    if (options_.cancellation != nullptr) LARDER_RETURN_IF_ERROR(options_.cancellation->Check());
    std::vector<CellWrite> writes;
    writes.reserve(cells_.size());
    for (const Owned& cell : cells_) {
      writes.push_back({{cell.entity_key, cell.sort_key}, cell.time, cell.value, cell.deleted});
    }
    return table_->Replace(writes);
  }

 private:
  struct Owned {
    std::string entity_key;
    std::string sort_key;
    std::string value;
    CellTime time;
    bool deleted;
  };
  const std::shared_ptr<MemoryTable> table_;
  const LoadOptions options_;
  std::vector<Owned> cells_;
};

std::shared_ptr<Content> MemoryTable::content() const {
  const std::scoped_lock lock(mutex_);
  return content_;
}

void MemoryTable::Publish(std::shared_ptr<Content> content, const TableStatistics& statistics) {
  const std::scoped_lock lock(mutex_);
  content_ = std::move(content);
  statistics_ = statistics;
}

bool MemoryTable::is_there() const { return content() != nullptr; }

Status MemoryTable::CheckNotDropped() const {
  const std::scoped_lock lock(mutex_);
  if (!dropped_) return {};
  return Status(Reason::kUnknownObject, "the online table was dropped: " + name_.ToString());
}

void MemoryTable::Read(std::span<const CellKey> keys, CellBatch& cells, ReadDone done) {
  cells.Reset(keys.size());
  const std::shared_ptr<Content> content = this->content();
  for (std::size_t i = 0; content != nullptr && i < keys.size();) {
    // Neighbouring cells of one key are read under one lock: a batch of writes is seen whole or not at all.
    Content::Shard& shard = content->ShardOf(keys[i].entity_key);
    const std::shared_lock lock(shard.mutex);
    const auto key = shard.keys.find(keys[i].entity_key);
    const std::string_view entity_key = keys[i].entity_key;
    for (; i < keys.size() && keys[i].entity_key == entity_key; ++i) {
      if (key == shard.keys.end()) continue;
      const auto cell = key->second.find(keys[i].sort_key);
      if (cell == key->second.end()) continue;
      if (cell->second.deleted) {
        cells.SetDeleted(i, cell->second.time);
      } else {
        cells.SetFound(i, cell->second.time, cell->second.value);
      }
    }
  }
  done({});
}

void MemoryTable::ReadRange(const CellRange& range, CellBatch& cells, ReadDone done) {
  cells.Clear();
  const std::shared_ptr<Content> content = this->content();
  if (content == nullptr || (range.to_sort_key && *range.to_sort_key <= range.from_sort_key)) return done({});
  Content::Shard& shard = content->ShardOf(range.entity_key);
  const std::shared_lock lock(shard.mutex);
  const auto key = shard.keys.find(range.entity_key);
  if (key == shard.keys.end()) return done({});
  const auto begin = key->second.lower_bound(range.from_sort_key);
  const auto end = range.to_sort_key ? key->second.lower_bound(*range.to_sort_key) : key->second.end();
  const auto collect = [&](auto from, auto to) {
    for (; from != to && static_cast<std::int64_t>(cells.size()) < range.limit; ++from) {
      if (!from->second.deleted) cells.AppendFound(from->first, from->second.time, from->second.value);
    }
  };
  if (range.descending) {
    collect(std::make_reverse_iterator(end), std::make_reverse_iterator(begin));
  } else {
    collect(begin, end);
  }
  done({});
}

Result<WriteResult> MemoryTable::Write(std::span<const CellWrite> writes) {
  LARDER_RETURN_IF_ERROR(CheckWrites(name_, writes));
  const std::scoped_lock writer(writers_.mutex);
  LARDER_RETURN_IF_ERROR(CheckNotDropped());
  WriteResult result;
  result.sequence = ++writers_.sequence;
  if (writes.empty()) return result;
  std::shared_ptr<Content> content = this->content();
  if (content == nullptr) content = std::make_shared<Content>();
  TableStatistics statistics = Statistics();
  result.outcomes.resize(writes.size());
  std::map<Content::Shard*, std::vector<std::size_t>> by_shard;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    by_shard[&content->ShardOf(writes[i].key.entity_key)].push_back(i);
  }
  for (const auto& [shard, indexes] : by_shard) {
    const std::scoped_lock lock(shard->mutex);
    for (const std::size_t i : indexes) {
      CellsOfKey& cells = shard->keys[std::string(writes[i].key.entity_key)];
      result.outcomes[i] = Apply(writes[i], cells, statistics);
    }
  }
  Publish(std::move(content), statistics);
  return result;
}

Result<LoadResult> MemoryTable::Replace(std::span<const CellWrite> cells) {
  const std::scoped_lock writer(writers_.mutex);
  LARDER_RETURN_IF_ERROR(CheckNotDropped());
  const auto content = std::make_shared<Content>();
  if (const std::shared_ptr<Content> old = this->content(); old != nullptr) content->CopyFrom(*old);
  TableStatistics statistics = Statistics();
  std::unordered_set<const MemoryCell*> applied;
  for (const CellWrite& cell : cells) {
    CellsOfKey& cells_of_key =
        content->ShardOf(cell.key.entity_key).keys.try_emplace(std::string(cell.key.entity_key)).first->second;
    if (Apply(cell, cells_of_key, statistics) == WriteOutcome::kOlder) continue;
    applied.insert(&cells_of_key.find(cell.key.sort_key)->second);
  }
  LoadResult result;
  result.applied_count = static_cast<std::int64_t>(applied.size());
  result.older_count = static_cast<std::int64_t>(cells.size()) - result.applied_count;
  result.sequence = ++writers_.sequence;
  Publish(content, statistics);
  return result;
}

Result<std::unique_ptr<CellScan>> MemoryTable::Scan(ScanCells what) {
  // Writers wait for the copy, readers do not.
  const std::scoped_lock writer(writers_.mutex);
  const std::shared_ptr<Content> content = this->content();
  return std::unique_ptr<CellScan>(std::make_unique<MemoryScan>(content.get(), what));
}

Result<std::unique_ptr<TableLoad>> MemoryTable::BeginLoad(const LoadOptions& options) {
  LARDER_RETURN_IF_ERROR(CheckNotDropped());
  if (loading_.exchange(true)) {
    return Status(Reason::kAlreadyRunning, "the online table is being loaded already: " + name_.ToString());
  }
  return std::unique_ptr<TableLoad>(std::make_unique<MemoryLoad>(shared_from_this(), options));
}

TableStatistics MemoryTable::Statistics() const {
  const std::scoped_lock lock(mutex_);
  return statistics_;
}

void MemoryTable::Drop() {
  TableStatistics statistics;
  statistics.name = name_;
  Publish(nullptr, statistics);
  const std::scoped_lock lock(mutex_);
  dropped_ = true;
}

class MemoryStore final : public OnlineStore {
 public:
  Result<std::shared_ptr<OnlineTable>> OpenTable(const TableName& name) override {
    const std::scoped_lock lock(mutex_);
    std::shared_ptr<MemoryTable>& table = tables_[name];
    if (table == nullptr) table = std::make_shared<MemoryTable>(name, writers_);
    return std::shared_ptr<OnlineTable>(table);
  }

  Status DropTable(const TableName& name) override {
    const std::scoped_lock lock(writers_.mutex, mutex_);
    const auto place = tables_.find(name);
    if (place == tables_.end()) return {};
    place->second->Drop();
    ++writers_.sequence;
    tables_.erase(place);
    return {};
  }

  std::vector<TableStatistics> Tables() const override {
    const std::scoped_lock lock(mutex_);
    std::vector<TableStatistics> tables;
    for (const auto& [name, table] : tables_) {
      if (table->is_there()) tables.push_back(table->Statistics());
    }
    return tables;
  }

  Status CheckWritable() const override { return {}; }

  std::int64_t StoredBytes() const override {
    std::int64_t bytes = 0;
    for (const TableStatistics& table : Tables()) bytes += table.byte_count;
    return bytes;
  }

 private:
  WriterOrder writers_;
  mutable std::mutex mutex_;  ///< guards the list of tables
  std::map<TableName, std::shared_ptr<MemoryTable>> tables_;
};

}  // namespace

Result<std::unique_ptr<OnlineStore>> OpenMemoryStore(const StoreOptions&) {
  return std::unique_ptr<OnlineStore>(std::make_unique<MemoryStore>());
}

}  // namespace larder
