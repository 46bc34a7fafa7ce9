// One table of an online store in RocksDB.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "online/group_commit.h"
#include "online/online_store.h"
#include "online/rocksdb_database.h"

namespace larder {

/// Holds what the tables of a store share.
struct RocksDbShared {
  RocksDbDatabase& database;
  CommitQueue& queue;
  std::uint64_t sequence = 0;  ///< of the last batch; changed by the one who commits
};

/// Says what a table is at a moment.
struct RocksDbTableState {
  std::shared_ptr<CellFamily> family;  ///< nullptr: nothing was written yet, or the table was dropped
  TableStatistics statistics;
  bool dropped = false;
};

/// Reads a table, and gives its writers to the queue. State changes only while its changer is alone (CommitQueue);
/// everyone reads it.
class RocksDbTable final : public OnlineTable, public std::enable_shared_from_this<RocksDbTable> {
 public:
  RocksDbTable(RocksDbTableState state, RocksDbShared& shared);

  const TableName& name() const override { return name_; }
  void Read(std::span<const CellKey> keys, CellBatch& cells, ReadDone done) override;
  void ReadRange(const CellRange& range, CellBatch& cells, ReadDone done) override;
  Result<WriteResult> Write(std::span<const CellWrite> writes) override;
  Result<std::unique_ptr<CellScan>> Scan(ScanCells what) override;
  Result<std::vector<std::unique_ptr<CellScan>>> ScanParts(ScanCells what, int count) override;
  Result<std::unique_ptr<TableLoad>> BeginLoad(const LoadOptions& options) override;
  TableStatistics Statistics() const override;

  RocksDbTableState state() const;
  void Publish(RocksDbTableState state);
  Status CheckNotDropped() const;

  /// Lets go of the database, for an object that stays longer than its store.
  void Forget();

  /// Lets a load know which cells change while it merges; for whoever is alone. Bounded: a writer that finds it full is
  /// refused.
  struct Changes {
    static constexpr std::size_t kMaxKeys = 1'000'000;
    bool is_recorded = false;
    std::unordered_set<std::string> stored_keys;
  };
  Changes& changes() { return changes_; }
  void EndLoad() { loading_ = false; }
  /// Keeps a family that was made for a first write which then failed; for whoever is alone.
  std::shared_ptr<CellFamily>& spare_family() { return spare_family_; }

 private:
  Status ReadNow(std::span<const CellKey> keys, CellBatch& cells) const;
  Status ReadRangeNow(const CellRange& range, CellBatch& cells) const;

  const TableName name_;
  RocksDbShared& shared_;
  std::atomic<bool> loading_{false};
  Changes changes_;
  std::shared_ptr<CellFamily> spare_family_;
  mutable std::mutex mutex_;  ///< guards the state; held for a copy of it only
  RocksDbTableState state_;
};

}  // namespace larder
