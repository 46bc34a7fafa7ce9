#include "online/rocksdb_load.h"

#include <algorithm>
#include <filesystem>
#include <future>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include <rocksdb/sst_file_reader.h>
#include <rocksdb/write_batch.h>

#include "online/rocksdb_database.h"
#include "online/sorted_runs.h"
#include "online/stored_format.h"

namespace larder {
namespace {

constexpr std::uint64_t kTableFileBytes = 64 << 20;

/// Bounds a part of the keys: those from `from` on and before `to`; an empty `to` has no end.
struct KeyRange {
  std::string from;
  std::string to;
};

/// Walks over the sorted cells of a range: those of one run, or of the table as it is.
class CellSource {
 public:
  explicit CellSource(std::vector<std::string> files) : files_(std::move(files)) {}
  explicit CellSource(std::unique_ptr<rocksdb::Iterator> iterator) : iterator_(std::move(iterator)) {}

  /// Goes to the first cell of the range, which must stay.
  Status Begin(const rocksdb::Options& options, const KeyRange& range) {
    range_ = &range;
    if (iterator_ == nullptr) return OpenNextFile(options);
    iterator_->Seek(range.from);
    return FromRocksDb(iterator_->status(), "cannot read the stored table");
  }
  Status Next(const rocksdb::Options& options) {
    iterator_->Next();
    if (iterator_->Valid()) return {};
    LARDER_RETURN_IF_ERROR(FromRocksDb(iterator_->status(), "cannot read a sorted file"));
    return OpenNextFile(options);
  }
  bool is_valid() const {
    return iterator_ != nullptr && iterator_->Valid() && (range_->to.empty() || key() < range_->to);
  }
  std::string_view key() const { return iterator_->key().ToStringView(); }
  std::string_view cell() const { return iterator_->value().ToStringView(); }

 private:
  Status OpenNextFile(const rocksdb::Options& options) {
    iterator_.reset();
    while (next_file_ < files_.size()) {
      reader_ = std::make_unique<rocksdb::SstFileReader>(options);
      LARDER_RETURN_IF_ERROR(FromRocksDb(reader_->Open(files_[next_file_++]), "cannot read a sorted file"));
      rocksdb::ReadOptions read;
      read.fill_cache = false;
      read.readahead_size = 1 << 20;
      iterator_.reset(reader_->NewIterator(read));
      iterator_->Seek(range_->from);
      if (iterator_->Valid()) return {};
      LARDER_RETURN_IF_ERROR(FromRocksDb(iterator_->status(), "cannot read a sorted file"));
      iterator_.reset();
    }
    return {};
  }

  std::vector<std::string> files_;
  const KeyRange* range_ = nullptr;
  std::size_t next_file_ = 0;
  std::unique_ptr<rocksdb::SstFileReader> reader_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

/// Holds the content that is to be swapped in, or a part of it.
struct NextContent {
  Status status;
  std::vector<std::string> files;
  TableStatistics statistics;
  std::int64_t applied_count = 0;
};

/// Divides the keys of runs into about `count` ranges of about one size.
std::vector<KeyRange> DivideKeys(const std::vector<SortedRun>& runs, int count) {
  std::vector<std::string> keys;
  for (const SortedRun& run : runs) keys.insert(keys.end(), run.some_keys.begin(), run.some_keys.end());
  std::sort(keys.begin(), keys.end());
  std::vector<KeyRange> ranges(1);
  for (int i = 1; i < count && !keys.empty(); ++i) {
    const std::string& border = keys[keys.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(count)];
    if (border <= ranges.back().from) continue;
    ranges.back().to = border;
    ranges.push_back({border, ""});
  }
  return ranges;
}

class RocksDbLoad final : public TableLoad {
 public:
  RocksDbLoad(std::shared_ptr<RocksDbTable> table, RocksDbShared& shared, const LoadOptions& options)
      : table_(std::move(table)),
        shared_(shared),
        options_(options),
        folder_(shared.database.NewLoadFolder()),
        runs_(shared.database.options(), folder_, {options.memory_bytes, options.thread_count}) {}
  ~RocksDbLoad() override;

  Status MakeFolder();
  Status Add(std::span<const CellWrite> cells) override;
  Result<LoadResult> Commit() override;

 private:
  Status CheckCancelled() const { return options_.cancellation == nullptr ? Status() : options_.cancellation->Check(); }
  Result<LoadResult> CommitNow();
  Status RecordChanges();
  Status StopRecording();
  Status Merge();
  NextContent MergeRange(const KeyRange& range, std::size_t part);
  Status MergeSources(std::vector<CellSource>& sources, bool first_is_stored, CellFileWriter& writer,
                      std::int64_t& applied_count) const;
  Status SwapIn(LoadResult& result);
  Status FillFamily(CellFamily& family, rocksdb::WriteBatch& batch);
  Status KeepChanged(const std::string& stored_key, CellFamily& family, rocksdb::WriteBatch& batch);

  const std::shared_ptr<RocksDbTable> table_;
  RocksDbShared& shared_;
  const LoadOptions options_;
  const std::string folder_;
  SortedRuns runs_;
  std::shared_ptr<CellFamily> stored_;                            ///< the table when the merge began
  std::optional<DatabaseUse> use_;                                ///< while it is read
  std::vector<KeyRange> ranges_;                                  ///< that are merged side by side
  std::vector<std::unique_ptr<rocksdb::Iterator>> stored_cells_;  ///< one for each range, all of one moment
  NextContent next_;
};

Status RocksDbLoad::MakeFolder() {
  rocksdb::Env& env = shared_.database.env();
  const std::string parent = std::filesystem::path(folder_).parent_path().string();
  rocksdb::Status status = env.CreateDirIfMissing(parent);
  if (status.ok()) status = env.CreateDirIfMissing(folder_);
  return FromRocksDb(status, "cannot make a folder for a bulk load");
}

RocksDbLoad::~RocksDbLoad() {
  stored_cells_.clear();
  std::error_code error;  // what cannot be removed now is removed at the next opening
  std::filesystem::remove_all(folder_, error);
  table_->EndLoad();
}

Status RocksDbLoad::Add(std::span<const CellWrite> cells) {
  LARDER_RETURN_IF_ERROR(CheckCancelled());
  LARDER_RETURN_IF_ERROR(CheckWrites(table_->name(), cells));
  for (const CellWrite& cell : cells) LARDER_RETURN_IF_ERROR(runs_.Add(cell));
  return {};
}

Result<LoadResult> RocksDbLoad::Commit() {
  Result<LoadResult> result = CommitNow();
  const Status stopped = StopRecording();
  if (!result.ok()) return result.status().WithContext("online table " + table_->name().ToString());
  LARDER_RETURN_IF_ERROR(stopped);
  return result;
}

Result<LoadResult> RocksDbLoad::CommitNow() {
  LARDER_RETURN_IF_ERROR(CheckCancelled());
  LARDER_RETURN_IF_ERROR(runs_.Finish());
  ranges_ = DivideKeys(runs_.runs(), options_.thread_count);
  LARDER_RETURN_IF_ERROR(shared_.queue.RunAlone([this] { return RecordChanges(); }));
  LARDER_RETURN_IF_ERROR(Merge());
  use_.reset();
  LARDER_RETURN_IF_ERROR(CheckCancelled());
  LoadResult result;
  LARDER_RETURN_IF_ERROR(shared_.queue.RunAlone([&] { return SwapIn(result); }));
  return result;
}

/// From here on writers note what they change, so that the swap has to look at those cells only.
Status RocksDbLoad::RecordChanges() {
  LARDER_RETURN_IF_ERROR(table_->CheckNotDropped());
  stored_ = table_->state().family;
  if (stored_ != nullptr) {
    use_.emplace(shared_.database);
    LARDER_ASSIGN_OR_RETURN(rocksdb::DB* const database, use_->database());
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    options.readahead_size = 1 << 20;
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      stored_cells_.emplace_back(database->NewIterator(options, stored_->handle()));
    }
  }
  table_->changes().is_recorded = true;
  return {};
}

Status RocksDbLoad::StopRecording() {
  return shared_.queue.RunAlone([this] {
    table_->changes() = {};
    return Status();
  });
}

/// Makes the files of the next content: the runs themselves when nothing is to be merged, else new ones.
Status RocksDbLoad::Merge() {
  if (stored_ == nullptr && runs_.is_one_sequence()) {
    for (const SortedRun& run : runs_.runs()) next_.files.insert(next_.files.end(), run.files.begin(), run.files.end());
    next_.statistics = runs_.statistics();
    next_.applied_count = next_.statistics.row_count + next_.statistics.deleted_count;
    return {};
  }
  std::vector<std::future<NextContent>> parts;
  for (std::size_t part = 0; part < ranges_.size(); ++part) {
    parts.push_back(std::async(ranges_.size() == 1 ? std::launch::deferred : std::launch::async,
                               [this, part] { return MergeRange(ranges_[part], part); }));
  }
  for (std::future<NextContent>& future : parts) {
    const NextContent part = future.get();
    if (next_.status.ok()) next_.status = part.status;
    next_.files.insert(next_.files.end(), part.files.begin(), part.files.end());
    AddStatistics(part.statistics, next_.statistics);
    next_.applied_count += part.applied_count;
  }
  return next_.status;
}

NextContent RocksDbLoad::MergeRange(const KeyRange& range, std::size_t part) {
  const rocksdb::Options& options = shared_.database.options();
  std::vector<CellSource> sources;
  if (stored_ != nullptr) sources.emplace_back(std::move(stored_cells_[part]));
  for (const SortedRun& run : runs_.runs()) sources.emplace_back(run.files);
  NextContent content;
  for (CellSource& source : sources) {
    if (content.status.ok()) content.status = source.Begin(options, range);
  }
  if (!content.status.ok()) return content;
  CellFileWriter writer(options, folder_ + "/table-" + std::to_string(part) + "-", kTableFileBytes);
  content.status = MergeSources(sources, stored_ != nullptr, writer, content.applied_count);
  if (content.status.ok()) content.status = writer.Finish();
  content.files = writer.files();
  content.statistics = writer.statistics();
  return content;
}

Status RocksDbLoad::MergeSources(std::vector<CellSource>& sources, bool first_is_stored, CellFileWriter& writer,
                                 std::int64_t& applied_count) const {
  constexpr std::int64_t kCellsBetweenLooks = 4096;
  const rocksdb::Options& options = shared_.database.options();
  // The least key is on top; of equal keys the source that is earlier, so that later ones win ties.
  const auto is_behind = [&](std::size_t a, std::size_t b) {
    const int order = sources[a].key().compare(sources[b].key());
    return order != 0 ? order > 0 : a > b;
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(is_behind)> heap(is_behind);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].is_valid()) heap.push(i);
  }
  std::string key;
  std::string newest;
  for (std::int64_t count = 0; !heap.empty(); ++count) {
    if (count % kCellsBetweenLooks == 0) LARDER_RETURN_IF_ERROR(CheckCancelled());
    key = sources[heap.top()].key();
    CellTime newest_time;
    std::size_t winner = sources.size();
    while (!heap.empty() && sources[heap.top()].key() == key) {
      const std::size_t source = heap.top();
      heap.pop();
      StoredCell cell;
      LARDER_RETURN_IF_ERROR(ReadStoredCell(key, sources[source].cell(), cell));
      if (winner == sources.size() || cell.time >= newest_time) {
        winner = source;
        newest_time = cell.time;
        newest = sources[source].cell();
      }
      LARDER_RETURN_IF_ERROR(sources[source].Next(options));
      if (sources[source].is_valid()) heap.push(source);
    }
    LARDER_RETURN_IF_ERROR(writer.Append(key, newest));
    if (winner > 0 || !first_is_stored) ++applied_count;
  }
  return {};
}

Status RocksDbLoad::SwapIn(LoadResult& result) {
  LARDER_RETURN_IF_ERROR(table_->CheckNotDropped());
  LARDER_RETURN_IF_ERROR(shared_.database.PrepareWrite());
  const RocksDbTableState before = table_->state();
  LARDER_ASSIGN_OR_RETURN(const std::shared_ptr<CellFamily> family, shared_.database.MakeFamily());
  next_.statistics.name = table_->name();
  next_.statistics.newest_event_time_us =
      std::max(next_.statistics.newest_event_time_us, before.statistics.newest_event_time_us);
  rocksdb::WriteBatch batch;
  Status status = FillFamily(*family, batch);
  if (status.ok()) {
    const TableRecord record = {family->id(), next_.statistics};
    status = FromRocksDb(batch.Put(TableRecordKey(table_->name()), EncodeTableRecord(record)), "cannot write");
  }
  // The record is the swap: with it in the log the new family is the table, before it the old one.
  if (status.ok()) status = shared_.database.Write(batch, true);
  if (!status.ok()) {
    (void)shared_.database.DropFamily(*family);  // else it is dropped at the next opening
    return status;
  }
  result.applied_count = next_.applied_count;
  result.older_count = runs_.added_count() - next_.applied_count;
  result.sequence = ++shared_.sequence;
  table_->Publish({family, next_.statistics, false});
  if (before.family != nullptr) (void)shared_.database.DropFamily(*before.family);
  return {};
}

Status RocksDbLoad::FillFamily(CellFamily& family, rocksdb::WriteBatch& batch) {
  if (!next_.files.empty()) {
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.snapshot_consistency = false;  // no reader has seen the family yet
    options.write_global_seqno = false;
    const rocksdb::Status status =
        shared_.database.database()->IngestExternalFile(family.handle(), next_.files, options);
    if (!status.ok()) return shared_.database.NoteFailure(status, "cannot take the files of a bulk load");
  }
  for (const std::string& stored_key : table_->changes().stored_keys) {
    LARDER_RETURN_IF_ERROR(KeepChanged(stored_key, family, batch));
  }
  return {};
}

/// Carries over a cell that was written after the merge had begun, unless the load has a newer one.
Status RocksDbLoad::KeepChanged(const std::string& stored_key, CellFamily& family, rocksdb::WriteBatch& batch) {
  rocksdb::DB& database = *shared_.database.database();
  const std::shared_ptr<CellFamily> current = table_->state().family;
  CellKey key;
  LARDER_RETURN_IF_ERROR(ReadStoredKey(stored_key, key));
  const std::size_t key_bytes = key.entity_key.size() + key.sort_key.size();
  std::string written_bytes;
  LARDER_RETURN_IF_ERROR(
      FromRocksDb(database.Get(rocksdb::ReadOptions(), current->handle(), stored_key, &written_bytes), "cannot read"));
  StoredCell written;
  LARDER_RETURN_IF_ERROR(ReadStoredCell(stored_key, written_bytes, written));
  std::string merged_bytes;
  const rocksdb::Status status = database.Get(rocksdb::ReadOptions(), family.handle(), stored_key, &merged_bytes);
  if (status.ok()) {
    StoredCell merged;
    LARDER_RETURN_IF_ERROR(ReadStoredCell(stored_key, merged_bytes, merged));
    if (written.time < merged.time) return {};
    next_.statistics.Remove(merged.deleted, key_bytes + merged.value.size());
  } else if (!status.IsNotFound()) {
    return FromRocksDb(status, "cannot read");
  }
  next_.statistics.Add(written.time, written.deleted, key_bytes + written.value.size());
  return FromRocksDb(batch.Put(family.handle(), stored_key, written_bytes), "cannot write");
}

}  // namespace

Result<std::unique_ptr<TableLoad>> NewRocksDbLoad(std::shared_ptr<RocksDbTable> table, RocksDbShared& shared,
                                                  const LoadOptions& options) {
  auto load = std::make_unique<RocksDbLoad>(std::move(table), shared, options);
  LARDER_RETURN_IF_ERROR(load->MakeFolder());
  return std::unique_ptr<TableLoad>(std::move(load));
}

}  // namespace larder
