#include "online/sorted_runs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "online/rocksdb_database.h"
#include "online/stored_format.h"

namespace larder {
namespace {

constexpr std::uint64_t kRunFileBytes = 256 << 20;

constexpr std::size_t kLeastMemoryBytes = 1 << 16;
// Keys noted of each part of a run: enough to divide runs evenly among a few threads.
constexpr std::size_t kNotedKeys = 64;

}  // namespace

CellFileWriter::CellFileWriter(const rocksdb::Options& options, std::string path_prefix, std::uint64_t file_bytes)
    : options_(options), path_prefix_(std::move(path_prefix)), file_bytes_(file_bytes) {}

Status CellFileWriter::Append(std::string_view stored_key, std::string_view stored_cell) {
  if (writer_ == nullptr) {
    files_.push_back(path_prefix_ + std::to_string(files_.size()) + ".sst");
    writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(options_), options_);
    LARDER_RETURN_IF_ERROR(FromRocksDb(writer_->Open(files_.back()), "cannot write a bulk load"));
  }
  LARDER_RETURN_IF_ERROR(FromRocksDb(writer_->Put(stored_key, stored_cell), "cannot write a bulk load"));
  CellKey key;
  LARDER_RETURN_IF_ERROR(ReadStoredKey(stored_key, key));
  const StoredCell cell = PeekStoredCell(stored_cell);
  statistics_.Add(cell.time, cell.deleted, key.entity_key.size() + key.sort_key.size() + cell.value.size());
  return writer_->FileSize() >= file_bytes_ ? Finish() : Status();
}

Status CellFileWriter::Finish() {
  if (writer_ == nullptr) return {};
  const rocksdb::Status status = writer_->Finish();
  writer_.reset();
  return FromRocksDb(status, "cannot write a bulk load");
}

void AddStatistics(const TableStatistics& more, TableStatistics& statistics) {
  statistics.row_count += more.row_count;
  statistics.deleted_count += more.deleted_count;
  statistics.byte_count += more.byte_count;
  statistics.newest_event_time_us = std::max(statistics.newest_event_time_us, more.newest_event_time_us);
}

SortedRuns::SortedRuns(const rocksdb::Options& options, std::string folder, const RunOptions& runs)
    : options_(options), folder_(std::move(folder)), run_options_(runs) {}

SortedRuns::~SortedRuns() {
  if (writing_.valid()) writing_.wait();
}

Status SortedRuns::Add(const CellWrite& write) {
  cells_.Add(write);
  ++added_count_;
  const auto half_bytes = static_cast<std::size_t>(std::max<std::int64_t>(run_options_.memory_bytes, 0)) / 2;
  if (cells_.used_bytes() < std::max(half_bytes, kLeastMemoryBytes)) return {};
  LARDER_RETURN_IF_ERROR(TakeWritten());
  std::swap(cells_, written_cells_);
  writing_ = std::async(std::launch::async, [this] { return WriteRun(written_cells_, 1); });
  return {};
}

Status SortedRuns::Finish() {
  LARDER_RETURN_IF_ERROR(TakeWritten());
  if (!cells_.is_empty()) {
    std::promise<Written> last;
    last.set_value(WriteRun(cells_, run_options_.thread_count));
    writing_ = last.get_future();
    LARDER_RETURN_IF_ERROR(TakeWritten());
  }
  cells_ = {};
  written_cells_ = {};
  return {};
}

Status SortedRuns::TakeWritten() {
  if (!writing_.valid()) return {};
  Written written = writing_.get();
  LARDER_RETURN_IF_ERROR(written.status);
  runs_.push_back(std::move(written.run));
  AddStatistics(written.statistics, statistics_);
  written_cells_.Clear();
  return {};
}

bool SortedRuns::is_one_sequence() const {
  for (std::size_t i = 1; i < runs_.size(); ++i) {
    if (runs_[i].first_key <= runs_[i - 1].last_key) return false;
  }
  return true;
}

/// Writes cells in as many parts as threads, one behind the other in the order of keys.
SortedRuns::Written SortedRuns::WriteRun(CellBuffer& cells, int thread_count) const {
  cells.Order();
  const std::span<const CellBuffer::Entry> entries = cells.entries();
  std::vector<std::future<Written>> parts;
  const auto part_count = static_cast<std::size_t>(std::max(thread_count, 1));
  for (std::size_t part = 0; part < part_count; ++part) {
    const std::size_t begin = entries.size() * part / part_count;
    const std::size_t end = entries.size() * (part + 1) / part_count;
    if (begin == end) continue;
    parts.push_back(std::async(part_count == 1 ? std::launch::deferred : std::launch::async,
                               [this, &cells, own = entries.subspan(begin, end - begin), part] {
                                 return WritePart(cells, own, static_cast<int>(part));
                               }));
  }
  Written written;
  written.run.first_key = cells.Key(entries.front());
  written.run.last_key = cells.Key(entries.back());
  for (std::future<Written>& future : parts) {
    Written part = future.get();
    if (written.status.ok()) written.status = std::move(part.status);
    std::move(part.run.files.begin(), part.run.files.end(), std::back_inserter(written.run.files));
    std::move(part.run.some_keys.begin(), part.run.some_keys.end(), std::back_inserter(written.run.some_keys));
    AddStatistics(part.statistics, written.statistics);
  }
  return written;
}

SortedRuns::Written SortedRuns::WritePart(const CellBuffer& cells, std::span<const CellBuffer::Entry> entries,
                                          int part) const {
  const std::string prefix = folder_ + "/run-" + std::to_string(runs_.size()) + "-" + std::to_string(part) + "-";
  CellFileWriter writer(options_, prefix, kRunFileBytes);
  Written written;
  const std::size_t step = entries.size() / kNotedKeys + 1;
  for (std::size_t i = 0; i < entries.size() && written.status.ok(); ++i) {
    written.status = writer.Append(cells.Key(entries[i]), cells.Cell(entries[i]));
    if (i % step == 0) written.run.some_keys.emplace_back(cells.Key(entries[i]));
  }
  if (written.status.ok()) written.status = writer.Finish();
  written.run.files = writer.files();
  written.statistics = writer.statistics();
  return written;
}

}  // namespace larder
