#include "online/rocksdb_store.h"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <rocksdb/write_batch.h>

#include "online/group_commit.h"
#include "online/rocksdb_database.h"
#include "online/rocksdb_table.h"
#include "online/stored_format.h"

namespace larder {
namespace {

class RocksDbStore final : public OnlineStore {
 public:
  explicit RocksDbStore(std::unique_ptr<RocksDbDatabase> database)
      : database_(std::move(database)),
        queue_([this](std::span<PendingWrite* const> group) { CommitGroup(shared_, group); }),
        shared_{*database_, queue_} {}
  ~RocksDbStore() override;

  Status ReadRecords();
  Result<std::shared_ptr<OnlineTable>> OpenTable(const TableName& name) override;
  Status DropTable(const TableName& name) override;
  std::vector<TableStatistics> Tables() const override;
  Status Checkpoint(const std::string& folder) override;
  Status CheckWritable() const override { return database_->CheckWritable(); }
  std::int64_t StoredBytes() const override {
    const DatabaseUse use(*database_);
    return database_->StoredBytes();
  }

 private:
  Status Drop(RocksDbTable& table);

  const std::unique_ptr<RocksDbDatabase> database_;
  CommitQueue queue_;
  RocksDbShared shared_;
  mutable std::mutex mutex_;  ///< guards the list of tables
  std::map<TableName, std::shared_ptr<RocksDbTable>> tables_;
};

RocksDbStore::~RocksDbStore() {
  std::vector<std::shared_ptr<CellFamily>> families;
  for (const auto& [name, table] : tables_) {
    if (RocksDbTableState state = table->state(); state.family != nullptr) families.push_back(std::move(state.family));
  }
  database_->FlushBeforeClose(families);
  for (const auto& [name, table] : tables_) table->Forget();
}

Status RocksDbStore::ReadRecords() {
  const std::unique_ptr<rocksdb::Iterator> records(
      database_->database()->NewIterator(rocksdb::ReadOptions(), database_->records()));
  for (records->SeekToFirst(); records->Valid(); records->Next()) {
    LARDER_ASSIGN_OR_RETURN(TableRecord record,
                            DecodeTableRecord(records->key().ToStringView(), records->value().ToStringView()));
    std::shared_ptr<CellFamily> family = database_->TakeFamily(record.family);
    if (family == nullptr) {
      return Status(Reason::kDamaged, "the cells of a table are missing: " + record.statistics.name.ToString());
    }
    const TableName name = record.statistics.name;
    tables_[name] = std::make_shared<RocksDbTable>(
        RocksDbTableState{std::move(family), std::move(record.statistics), false}, shared_);
  }
  LARDER_RETURN_IF_ERROR(FromRocksDb(records->status(), "cannot read the list of tables"));
  return database_->DropFamiliesLeft();
}

Result<std::shared_ptr<OnlineTable>> RocksDbStore::OpenTable(const TableName& name) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<RocksDbTable>& table = tables_[name];
  if (table == nullptr) {
    RocksDbTableState state;
    state.statistics.name = name;
    table = std::make_shared<RocksDbTable>(std::move(state), shared_);
  }
  return std::shared_ptr<OnlineTable>(table);
}

Status RocksDbStore::DropTable(const TableName& name) {
  std::shared_ptr<RocksDbTable> table;
  {
    const std::scoped_lock lock(mutex_);
    const auto place = tables_.find(name);
    if (place == tables_.end()) return {};
    table = place->second;
  }
  LARDER_RETURN_IF_ERROR(
      queue_.RunAlone([&] { return Drop(*table); }).WithContext("cannot drop online table " + name.ToString()));
  const std::scoped_lock lock(mutex_);
  const auto place = tables_.find(name);
  if (place != tables_.end() && place->second == table) tables_.erase(place);
  return {};
}

Status RocksDbStore::Drop(RocksDbTable& table) {
  RocksDbTableState state = table.state();
  if (state.dropped) return {};
  if (state.family != nullptr) {
    LARDER_RETURN_IF_ERROR(database_->PrepareWrite());
    rocksdb::WriteBatch batch;
    LARDER_RETURN_IF_ERROR(FromRocksDb(batch.Delete(TableRecordKey(table.name())), "cannot write"));
    LARDER_RETURN_IF_ERROR(database_->Write(batch, true));
    (void)database_->DropFamily(*state.family);  // else it is dropped at the next opening
  }
  table.spare_family().reset();
  state.family = nullptr;
  state.statistics = {};
  state.statistics.name = table.name();
  state.dropped = true;
  table.Publish(std::move(state));
  return {};
}

Status RocksDbStore::Checkpoint(const std::string& folder) {
  // Alone, so that all tables and their records are of one moment.
  return queue_.RunAlone([&] {
    const DatabaseUse use(*database_);
    return database_->Checkpoint(folder);
  });
}

std::vector<TableStatistics> RocksDbStore::Tables() const {
  const std::scoped_lock lock(mutex_);
  std::vector<TableStatistics> tables;
  for (const auto& [name, table] : tables_) {
    const RocksDbTableState state = table->state();
    if (state.family != nullptr) tables.push_back(state.statistics);
  }
  return tables;
}

}  // namespace

Result<std::unique_ptr<OnlineStore>> OpenRocksDbStore(const StoreOptions& options,
                                                      std::shared_ptr<rocksdb::FileSystem> files) {
  LARDER_ASSIGN_OR_RETURN(std::unique_ptr<RocksDbDatabase> database, RocksDbDatabase::Open(options, std::move(files)));
  auto store = std::make_unique<RocksDbStore>(std::move(database));
  LARDER_RETURN_IF_ERROR(store->ReadRecords().WithContext("online store " + options.path));
  return std::unique_ptr<OnlineStore>(std::move(store));
}

}  // namespace larder
