// The RocksDB database of an online store: its folder, options, column families, and what happens when the disk fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "base/status.h"
#include "online/online_store.h"
#include "online/sync_watch.h"

namespace larder {

/// Returns the failure of RocksDB under our reason, with `what` before its text: kDamaged for what its checksums found
/// and for files that are gone, kNoSpace, kReadOnly, kLocked, else kIoError. Ok stays ok.
Status FromRocksDb(const rocksdb::Status& status, std::string_view what);

class RocksDbDatabase;

/// Holds the cells of one table. Shared by all who read it: a family that was dropped stays readable for them. Must go
/// before its database.
class CellFamily {
 public:
  CellFamily(RocksDbDatabase& database, rocksdb::ColumnFamilyHandle* handle, std::uint64_t id);
  CellFamily(const CellFamily&) = delete;
  CellFamily& operator=(const CellFamily&) = delete;
  ~CellFamily();

  /// Returns the handle; good while the database is in use (DatabaseUse) or the caller is the one who commits.
  rocksdb::ColumnFamilyHandle* handle() const { return handle_; }
  std::uint64_t id() const { return id_; }

 private:
  friend class RocksDbDatabase;
  RocksDbDatabase& database_;
  rocksdb::ColumnFamilyHandle* handle_;  ///< changes when the database is opened again
  const std::uint64_t id_;
};

/// Counts those who use the database, so that it can be opened again when no one does. Thread-safe; to enter costs an
/// atomic addition.
class DatabaseGate {
 public:
  /// Enters; waits while the gate is closed, which is for the time of an opening at most.
  void Enter();
  void Leave() { user_count_.fetch_sub(1); }
  /// Closes the gate when everyone is out, and waits for those inside only a little: else nothing is closed.
  bool TryClose();
  void Open() { is_closed_.store(false); }

 private:
  std::atomic<int> user_count_{0};
  std::atomic<bool> is_closed_{false};
};

/// Owns the folder of a store. Thread-safe, except that what changes families is for one thread at a time.
class RocksDbDatabase {
 public:
  /// Opens or makes it; fails as OpenRocksDbStore says.
  static Result<std::unique_ptr<RocksDbDatabase>> Open(const StoreOptions& options,
                                                       std::shared_ptr<rocksdb::FileSystem> files);
  RocksDbDatabase(const RocksDbDatabase&) = delete;
  RocksDbDatabase& operator=(const RocksDbDatabase&) = delete;
  /// Closes it. No family may be in use any more.
  ~RocksDbDatabase();

  /// Returns the database; nullptr when it could not be opened again after a full disk. To be asked by those inside
  /// the gate, and by the one who commits, for whom it is there once PrepareWrite was ok.
  rocksdb::DB* database() { return database_.get(); }
  DatabaseGate& gate() { return gate_; }
  /// Returns the family of the records of tables.
  rocksdb::ColumnFamilyHandle* records() { return database_->DefaultColumnFamily(); }
  rocksdb::Env& env() { return *env_; }
  /// Returns the options of families, also for files made outside the database.
  const rocksdb::Options& options() const { return options_; }

  /// Takes the family of this number that was found at the opening; nullptr when there is none.
  std::shared_ptr<CellFamily> TakeFamily(std::uint64_t id);
  /// Drops the families that were found at the opening and not taken: those of loads and first writes that did not end.
  Status DropFamiliesLeft();
  Result<std::shared_ptr<CellFamily>> MakeFamily();
  Status DropFamily(const CellFamily& family);

  /// Writes what is in memory to files, so that the next start is quick. To be called last, when no one writes.
  void FlushBeforeClose(const std::vector<std::shared_ptr<CellFamily>>& families);

  /// Returns a name for a new folder of files that a load builds; such folders are removed at the opening.
  std::string NewLoadFolder();

  /// Tells whether writes are accepted: the last failure that a later write has not disproved.
  Status CheckWritable() const;
  /// Makes the database ready for a write, by the one who commits. After a full disk it opens the database again, so
  /// that no file in which a write ended halfway is written on; never after a sync that failed.
  Status PrepareWrite();
  /// Writes as durably as the store was opened to be, or durably in any case. After a failure no part is seen.
  Status Write(rocksdb::WriteBatch& batch, bool always_sync);
  /// Notes a failure that concerns writing, and returns it as ours.
  Status NoteFailure(const rocksdb::Status& status, const std::string& what);

  /// Copies the database to a folder that is not there (OnlineStore::Checkpoint); for the one who commits.
  Status Checkpoint(const std::string& folder);

  std::int64_t StoredBytes() const;

 private:
  RocksDbDatabase(const StoreOptions& options, std::shared_ptr<rocksdb::FileSystem> files);

  std::string Path(const char* name) const { return path_ + "/" + name; }
  Status Prepare();
  Status MakeFolders();
  Status ReadFormat();
  Status TakeLock();
  Status CheckLogs();
  Status RemoveLoads();
  Status OpenFamilies();
  Status TryOpenFamilies();
  rocksdb::Status TryOpen(bool read_only);
  Status Finish();
  Status WriteFormat(const std::string& folder);
  Status MarkInUse();
  Status Reopen();
  bool Close();
  bool HasRoom() const;
  Status Failure() const;
  void SetFailure(Status failure);

  const std::string path_;
  const StoreDurability durability_;
  const std::shared_ptr<SyncWatch> files_;
  const std::unique_ptr<rocksdb::Env> env_;
  rocksdb::Options options_;
  const bool read_only_;              ///< as asked for
  bool is_open_for_writing_ = false;  ///< not on a full disk
  bool is_new_ = false;
  bool is_flushed_ = false;
  rocksdb::FileLock* lock_ = nullptr;
  std::unique_ptr<rocksdb::DB> database_;
  std::map<std::uint64_t, rocksdb::ColumnFamilyHandle*> families_left_;
  std::uint64_t next_family_ = 1;
  std::atomic<std::uint64_t> next_load_{1};
  mutable std::mutex mutex_;  ///< guards the failure
  Status failure_;
  DatabaseGate gate_;
  friend class CellFamily;
  std::mutex families_mutex_;  ///< guards the list of families
  std::set<CellFamily*> families_;
};

/// Keeps the database open for the one who holds it: for a read, a scan, a merge. A store whose disk was full takes no
/// writes while an old one is held.
class DatabaseUse {
 public:
  explicit DatabaseUse(RocksDbDatabase& database) : database_(database) { database.gate().Enter(); }
  DatabaseUse(const DatabaseUse&) = delete;
  DatabaseUse& operator=(const DatabaseUse&) = delete;
  ~DatabaseUse() { database_.gate().Leave(); }

  /// Fails when there is no database any more.
  Result<rocksdb::DB*> database() const;

 private:
  RocksDbDatabase& database_;
};

}  // namespace larder
