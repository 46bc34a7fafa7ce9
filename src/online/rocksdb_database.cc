#include "online/rocksdb_database.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include "online/log_check.h"

namespace larder {
namespace {

constexpr std::string_view kFormatText = "larder online store, format ";
constexpr int kFormat = 1;
constexpr std::string_view kFamilyPrefix = "cells-";
constexpr const char* kFormatFile = "FORMAT";
constexpr const char* kLockFile = "OWNER";
constexpr const char* kInUseFile = "IN_USE";
constexpr const char* kLoadFolder = "loads";
// Space given back on a full disk, so that the store can at least be opened.
constexpr const char* kBallastFile = "BALLAST";
constexpr std::size_t kBallastBytes = 4 << 20;
// Less than this is a full disk: room for the files that the database starts while it writes.
constexpr std::uint64_t kLeastFreeBytes = 8 << 20;

rocksdb::Options MakeOptions(const StoreOptions& store, rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  // A record cut short at the end of the log is a write that was never acknowledged; any other fault there is damage.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;
  options.force_consistency_checks = true;
  // Only a write that comes later tries again after a failure; the database never does so by itself.
  options.max_bgerror_resume_count = 0;
  options.max_write_buffer_number = 2;
  options.write_buffer_size = 32 << 20;
  options.db_write_buffer_size = 128 << 20;
  options.max_total_wal_size = 256 << 20;
  options.target_file_size_base = 64 << 20;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = rocksdb::kLZ4Compression;
  options.max_background_jobs = 2;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(static_cast<std::size_t>(store.block_cache_bytes));
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

/// Returns the number before `suffix`, which ends the text; nullopt when it is anything else.
std::optional<std::uint64_t> NumberOf(std::string_view text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return std::nullopt;
  text.remove_suffix(suffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> FamilyId(std::string_view name) {
  return name.starts_with(kFamilyPrefix) ? NumberOf(name.substr(kFamilyPrefix.size()), "") : std::nullopt;
}

struct Meaning {
  Reason reason;
  std::string_view hint;
};

constexpr Meaning kDamage = {Reason::kDamaged,
                             "restore the folder of the online store from a copy, or remove it and materialize again"};

bool Tells(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// RocksDB tells most failures of files by text only.
Meaning MeaningOf(const rocksdb::Status& status, const std::string& text) {
  if (status.IsNoSpace() || Tells(text, "No space left")) return {Reason::kNoSpace, "make room on the disk"};
  if (status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() || status.IsInvalidArgument()) {
    return kDamage;
  }
  if (Tells(text, "No such file")) return kDamage;
  if (Tells(text, "Permission denied") || Tells(text, "Read-only file system")) {
    return {Reason::kReadOnly, "give the user of this program the right to write there"};
  }
  if (Tells(text, "lock hold by current process") || Tells(text, "Resource temporarily unavailable")) {
    return {Reason::kLocked, "one process owns the store: stop the other one, or a running `larder serve`"};
  }
  return {Reason::kIoError, "look at the disk and at the log of the system"};
}

}  // namespace

Status FromRocksDb(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return {};
  const std::string text = status.ToString();
  const Meaning meaning = MeaningOf(status, text);
  return Status(meaning.reason, std::string(what) + ": " + text, std::string(meaning.hint));
}

RocksDbDatabase::RocksDbDatabase(const StoreOptions& options, std::shared_ptr<rocksdb::FileSystem> files)
    : path_(options.path),
      durability_(options.durability),
      files_(std::make_shared<SyncWatch>(files != nullptr ? files : rocksdb::FileSystem::Default())),
      env_(rocksdb::NewCompositeEnv(files_)),
      options_(MakeOptions(options, env_.get())),
      read_only_(options.read_only) {}

CellFamily::CellFamily(RocksDbDatabase& database, rocksdb::ColumnFamilyHandle* handle, std::uint64_t id)
    : database_(database), handle_(handle), id_(id) {
  const std::scoped_lock lock(database_.families_mutex_);
  database_.families_.insert(this);
}

CellFamily::~CellFamily() {
  const DatabaseUse use(database_);
  const std::scoped_lock lock(database_.families_mutex_);
  database_.families_.erase(this);
  if (handle_ != nullptr) database_.database_->DestroyColumnFamilyHandle(handle_).PermitUncheckedError();
}

void DatabaseGate::Enter() {
  while (true) {
    user_count_.fetch_add(1);
    if (!is_closed_.load()) [[likely]]
      return;
    user_count_.fetch_sub(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

bool DatabaseGate::TryClose() {
  constexpr int kMostWaits = 200;
  is_closed_.store(true);
  for (int i = 0; i < kMostWaits; ++i) {
    if (user_count_.load() == 0) return true;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  is_closed_.store(false);
  return false;
}

Result<rocksdb::DB*> DatabaseUse::database() const {
  if (database_.database() != nullptr) return database_.database();
  const Status failure = database_.CheckWritable();
  return failure.ok() ? Status(Reason::kIoError, "the online store is closed") : failure;
}

Result<std::unique_ptr<RocksDbDatabase>> RocksDbDatabase::Open(const StoreOptions& options,
                                                               std::shared_ptr<rocksdb::FileSystem> files) {
  std::unique_ptr<RocksDbDatabase> database(new RocksDbDatabase(options, std::move(files)));
  Status status = database->Prepare();
  if (status.ok()) status = database->OpenFamilies();
  if (!status.ok()) return status.WithContext("online store " + options.path);
  return database;
}

RocksDbDatabase::~RocksDbDatabase() {
  const bool is_closed = Close();
  if (is_flushed_ && is_closed) env_->DeleteFile(Path(kInUseFile)).PermitUncheckedError();
  if (lock_ != nullptr) env_->UnlockFile(lock_).PermitUncheckedError();
}

/// Closes the database; the families stay as names. Returns whether all went well.
bool RocksDbDatabase::Close() {
  if (database_ == nullptr) return false;
  {
    const std::scoped_lock lock(families_mutex_);
    for (CellFamily* family : families_) {
      if (family->handle_ != nullptr) database_->DestroyColumnFamilyHandle(family->handle_).PermitUncheckedError();
      family->handle_ = nullptr;
    }
  }
  for (const auto& [id, handle] : families_left_) database_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  families_left_.clear();
  const bool is_closed = database_->Close().ok();
  database_.reset();
  return is_closed;
}

Status RocksDbDatabase::Prepare() {
  if (!read_only_) LARDER_RETURN_IF_ERROR(MakeFolders());
  LARDER_RETURN_IF_ERROR(ReadFormat());
  if (read_only_) {
    if (!is_new_) return CheckLogs();
    return Status(Reason::kFileNotFound, "there is no online store", "materialize or push something first");
  }
  LARDER_RETURN_IF_ERROR(TakeLock());
  // Another process may have made the store since.
  LARDER_RETURN_IF_ERROR(ReadFormat());
  LARDER_RETURN_IF_ERROR(CheckLogs());
  return RemoveLoads();
}

Status RocksDbDatabase::MakeFolders() {
  std::string folder;
  for (const std::filesystem::path& part : std::filesystem::path(path_)) {
    folder = folder.empty() ? part.string() : (std::filesystem::path(folder) / part).string();
    if (env_->FileExists(folder).ok()) continue;
    LARDER_RETURN_IF_ERROR(FromRocksDb(env_->CreateDirIfMissing(folder), "cannot make the folder"));
  }
  return {};
}

/// Reads which format the folder has; a folder without a format file is new unless it holds a database.
Status RocksDbDatabase::ReadFormat() {
  is_new_ = !env_->FileExists(Path(kFormatFile)).ok();
  if (is_new_) return {};
  std::string text;
  LARDER_RETURN_IF_ERROR(FromRocksDb(rocksdb::ReadFileToString(env_.get(), Path(kFormatFile), &text), kFormatFile));
  int format = 0;
  if (text.starts_with(kFormatText)) {
    std::from_chars(text.data() + kFormatText.size(), text.data() + text.size(), format);
  }
  if (format < 1 || text != std::string(kFormatText) + std::to_string(format) + "\n") {
    return Status(Reason::kDamaged, "the file FORMAT is not one of an online store", "restore it from a copy");
  }
  if (format > kFormat) {
    return Status(Reason::kNewerFormat,
                  "a newer version of Larder made it: format " + std::to_string(format) + ", known up to " +
                      std::to_string(kFormat),
                  "use that version");
  }
  return {};
}

Status RocksDbDatabase::TakeLock() {
  return FromRocksDb(env_->LockFile(Path(kLockFile), &lock_), "cannot take the store");
}

/// A store that was not closed has logs of its last writes, from the one on that IN_USE names. When they are gone, so
/// are the writes.
Status RocksDbDatabase::CheckLogs() {
  std::string text;
  if (is_new_ || !env_->FileExists(Path(kInUseFile)).ok()) return {};
  LARDER_RETURN_IF_ERROR(FromRocksDb(rocksdb::ReadFileToString(env_.get(), Path(kInUseFile), &text), kInUseFile));
  const std::uint64_t first_log = NumberOf(text, "\n").value_or(0);
  std::vector<std::string> names;
  LARDER_RETURN_IF_ERROR(FromRocksDb(env_->GetChildren(path_, &names), "cannot list the folder"));
  bool is_there = false;
  for (const std::string& name : names) {
    const std::optional<std::uint64_t> number = NumberOf(name, ".log");
    if (!number || *number < first_log) continue;
    is_there = true;
    LARDER_RETURN_IF_ERROR(CheckLog(*env_, path_ + "/" + name));
  }
  if (is_there) return {};
  return FromRocksDb(rocksdb::Status::Corruption("the log of the last writes is missing"), "cannot open");
}

Status RocksDbDatabase::RemoveLoads() {
  std::error_code error;
  std::filesystem::remove_all(Path(kLoadFolder), error);
  if (!error) return {};
  return Status(Reason::kIoError, "cannot remove what a bulk load left: " + Path(kLoadFolder) + ": " + error.message());
}

Status RocksDbDatabase::OpenFamilies() {
  LARDER_RETURN_IF_ERROR(TryOpenFamilies());
  if (is_new_ && !families_left_.empty()) {
    return FromRocksDb(rocksdb::Status::Corruption("the file FORMAT is missing"), "cannot open");
  }
  return is_open_for_writing_ ? Finish() : Status();
}

/// Opens the database, on a full disk with the help of the ballast, or at least for reading.
Status RocksDbDatabase::TryOpenFamilies() {
  rocksdb::Status status = TryOpen(read_only_);
  if (status.IsNoSpace() && !read_only_) {
    env_->DeleteFile(Path(kBallastFile)).PermitUncheckedError();
    status = TryOpen(false);
  }
  is_open_for_writing_ = status.ok() && !read_only_;
  if (status.IsNoSpace() && !read_only_) {
    SetFailure(FromRocksDb(status, "the online store is open for reading only"));
    status = TryOpen(true);
  }
  return FromRocksDb(status, "cannot open");
}

rocksdb::Status RocksDbDatabase::TryOpen(bool read_only) {
  std::vector<std::string> names;
  const bool has_database = env_->FileExists(Path("CURRENT")).ok();
  if (has_database) {
    const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options_, path_, &names);
    if (!status.ok()) return status;
  } else if (!is_new_) {
    return rocksdb::Status::Corruption("the file CURRENT is missing");
  } else {
    names = {rocksdb::kDefaultColumnFamilyName};
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, options_);
  options_.create_if_missing = !has_database;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
  const rocksdb::Status status = read_only
                                     ? rocksdb::DB::OpenForReadOnly(options_, path_, families, &handles, &database)
                                     : rocksdb::DB::Open(options_, path_, families, &handles, &database);
  if (!status.ok()) return status;
  database_.reset(database);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::optional<std::uint64_t> id = FamilyId(names[i]);
    if (!id) {
      database->DestroyColumnFamilyHandle(handles[i]).PermitUncheckedError();
      continue;
    }
    families_left_[*id] = handles[i];
    next_family_ = std::max(next_family_, *id + 1);
  }
  // After an opening again: those who hold a family have it again.
  const std::scoped_lock lock(families_mutex_);
  for (CellFamily* family : families_) {
    const auto place = families_left_.find(family->id());
    if (place == families_left_.end()) continue;
    family->handle_ = place->second;
    families_left_.erase(place);
  }
  return status;
}

/// Marks the store as made and in use.
Status RocksDbDatabase::Finish() {
  if (is_new_) LARDER_RETURN_IF_ERROR(WriteFormat(path_));
  LARDER_RETURN_IF_ERROR(MarkInUse());
  if (!env_->FileExists(Path(kBallastFile)).ok()) {
    // Without room for it the store works all the same.
    const rocksdb::Status ballast =
        rocksdb::WriteStringToFile(env_.get(), std::string(kBallastBytes, '\0'), Path(kBallastFile));
    if (!ballast.ok()) env_->DeleteFile(Path(kBallastFile)).PermitUncheckedError();
  }
  return {};
}

Status RocksDbDatabase::WriteFormat(const std::string& folder) {
  const std::string text = std::string(kFormatText) + std::to_string(kFormat) + "\n";
  const std::string path = folder + "/" + kFormatFile;
  const std::string fresh = path + ".new";
  rocksdb::Status status = rocksdb::WriteStringToFile(env_.get(), text, fresh, true);
  if (status.ok()) status = env_->RenameFile(fresh, path);
  return FromRocksDb(status, "cannot write FORMAT");
}

Status RocksDbDatabase::Checkpoint(const std::string& folder) {
  if (database_ == nullptr) return CheckWritable();
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(database_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder);
  LARDER_RETURN_IF_ERROR(FromRocksDb(status, "cannot copy the online store"));
  LARDER_RETURN_IF_ERROR(WriteFormat(folder));
  std::unique_ptr<rocksdb::Directory> directory;
  status = env_->NewDirectory(folder, &directory);
  if (status.ok()) status = directory->Fsync();
  return FromRocksDb(status, "cannot copy the online store");
}

/// Writes from which log on the last writes stand.
Status RocksDbDatabase::MarkInUse() {
  std::unique_ptr<rocksdb::LogFile> log;
  rocksdb::Status status = database_->GetCurrentWalFile(&log);
  if (status.ok()) {
    const std::string number = std::to_string(log->LogNumber()) + "\n";
    const std::string fresh = Path(kInUseFile) + ".new";
    status = rocksdb::WriteStringToFile(env_.get(), number, fresh, true);
    if (status.ok()) status = env_->RenameFile(fresh, Path(kInUseFile));
  }
  std::unique_ptr<rocksdb::Directory> folder;
  if (status.ok()) status = env_->NewDirectory(path_, &folder);
  if (status.ok()) status = folder->Fsync();
  return FromRocksDb(status, "cannot write IN_USE");
}

std::shared_ptr<CellFamily> RocksDbDatabase::TakeFamily(std::uint64_t id) {
  const auto place = families_left_.find(id);
  if (place == families_left_.end()) return nullptr;
  auto family = std::make_shared<CellFamily>(*this, place->second, id);
  families_left_.erase(place);
  return family;
}

Status RocksDbDatabase::DropFamiliesLeft() {
  if (!is_open_for_writing_) return {};
  while (!families_left_.empty()) {
    LARDER_RETURN_IF_ERROR(DropFamily(*TakeFamily(families_left_.begin()->first)));
  }
  return {};
}

Result<std::shared_ptr<CellFamily>> RocksDbDatabase::MakeFamily() {
  const std::uint64_t id = next_family_++;
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  const rocksdb::Status status =
      database_->CreateColumnFamily(options_, std::string(kFamilyPrefix) + std::to_string(id), &handle);
  if (!status.ok()) return NoteFailure(status, "cannot make an online table");
  return std::make_shared<CellFamily>(*this, handle, id);
}

Status RocksDbDatabase::DropFamily(const CellFamily& family) {
  const rocksdb::Status status = database_->DropColumnFamily(family.handle());
  return status.ok() ? Status() : NoteFailure(status, "cannot drop an online table");
}

std::string RocksDbDatabase::NewLoadFolder() {
  return Path(kLoadFolder) + "/" + std::to_string(next_load_.fetch_add(1));
}

Status RocksDbDatabase::Failure() const {
  if (files_->sync_failed()) {
    return Status(Reason::kIoError, "the disk failed to sync: the online store takes no more writes",
                  "check the disk, then start again: acknowledged writes are read back then");
  }
  const std::scoped_lock lock(mutex_);
  return failure_;
}

Status RocksDbDatabase::CheckWritable() const {
  if (read_only_ && Failure().ok()) return Status(Reason::kReadOnly, "the online store was opened read-only");
  return Failure();
}

Status RocksDbDatabase::PrepareWrite() {
  Status failure = CheckWritable();
  const bool was_full = failure.reason() == Reason::kNoSpace;
  if (!failure.ok() && !was_full) return failure;
  if (!HasRoom()) {
    // Told before a file is cut short: that way nothing has to be opened again.
    if (was_full) return failure;
    return Status(Reason::kNoSpace, "the disk of the online store is full", "make room on the disk");
  }
  return was_full ? Reopen() : Status();
}

bool RocksDbDatabase::HasRoom() const {
  std::uint64_t free_bytes = 0;
  const rocksdb::IOStatus status = files_->target()->GetFreeSpace(path_, rocksdb::IOOptions(), &free_bytes, nullptr);
  return !status.ok() || free_bytes >= kLeastFreeBytes;
}

Status RocksDbDatabase::Reopen() {
  if (!gate_.TryClose()) return CheckWritable();
  Close();
  Status status = CheckLogs();
  if (status.ok()) status = TryOpenFamilies();
  if (status.ok() && is_open_for_writing_) status = MarkInUse();
  if (!status.ok() || is_open_for_writing_) SetFailure(status);
  gate_.Open();
  if (status.ok()) LARDER_RETURN_IF_ERROR(DropFamiliesLeft());
  return CheckWritable();
}

Status RocksDbDatabase::Write(rocksdb::WriteBatch& batch, bool always_sync) {
  rocksdb::WriteOptions options;
  options.sync = always_sync || durability_ == StoreDurability::kSync;
  const rocksdb::Status status = database_->Write(options, &batch);
  return status.ok() ? Status() : NoteFailure(status, "the online store cannot write");
}

Status RocksDbDatabase::NoteFailure(const rocksdb::Status& status, const std::string& what) {
  SetFailure(FromRocksDb(status, what));
  return Failure();
}

void RocksDbDatabase::SetFailure(Status failure) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(failure);
}

void RocksDbDatabase::FlushBeforeClose(const std::vector<std::shared_ptr<CellFamily>>& families) {
  if (!CheckWritable().ok()) return;
  std::vector<rocksdb::ColumnFamilyHandle*> handles = {records()};
  for (const auto& family : families) handles.push_back(family->handle());
  // A failure costs time at the next start, not data: the log has everything.
  is_flushed_ = database_->Flush(rocksdb::FlushOptions(), handles).ok();
}

std::int64_t RocksDbDatabase::StoredBytes() const {
  std::uint64_t files = 0;
  std::uint64_t memory = 0;
  if (database_ == nullptr) return 0;
  database_->GetAggregatedIntProperty("rocksdb.total-sst-files-size", &files);
  database_->GetAggregatedIntProperty("rocksdb.cur-size-all-mem-tables", &memory);
  return static_cast<std::int64_t>(files + memory);
}

}  // namespace larder
