#include "online/sorted_runs.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "online/rocksdb_database.h"
#include "online/stored_format.h"

namespace larder {
namespace {

constexpr std::uint64_t kRunFileBytes = 256 << 20;

std::uint64_t KeyHead(std::string_view key) {
  std::array<unsigned char, 8> head{};
  std::memcpy(head.data(), key.data(), std::min(key.size(), head.size()));
  std::uint64_t number = 0;
  for (const unsigned char byte : head) number = number << 8 | byte;
  return number;
}

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
  StoredCell cell;
  LARDER_RETURN_IF_ERROR(ReadStoredKey(stored_key, key));
  LARDER_RETURN_IF_ERROR(ReadStoredCell(stored_key, stored_cell, cell));
  statistics_.Add(cell.time, cell.deleted, key.entity_key.size() + key.sort_key.size() + cell.value.size());
  return writer_->FileSize() >= file_bytes_ ? Finish() : Status();
}

Status CellFileWriter::Finish() {
  if (writer_ == nullptr) return {};
  const rocksdb::Status status = writer_->Finish();
  writer_.reset();
  return FromRocksDb(status, "cannot write a bulk load");
}

SortedRuns::SortedRuns(const rocksdb::Options& options, std::string folder, std::int64_t memory_bytes)
    : options_(options),
      folder_(std::move(folder)),
      memory_bytes_(static_cast<std::size_t>(std::max<std::int64_t>(memory_bytes, 1 << 16))) {}

Status SortedRuns::Add(const CellWrite& write) {
  Entry entry;
  entry.offset = bytes_.size();
  AppendStoredKey(write.key, bytes_);
  entry.key_size = static_cast<std::uint32_t>(bytes_.size() - entry.offset);
  // The bytes grow while the cell is appended, so its key is borrowed from where it cannot move.
  const std::string stored_key(bytes_, entry.offset);
  AppendStoredCell(stored_key, {write.time, write.deleted, write.value}, bytes_);
  entry.cell_size = static_cast<std::uint32_t>(bytes_.size() - entry.offset - entry.key_size);
  entry.key_head = KeyHead(stored_key);
  entry.time = write.time;
  if (!entries_.empty() && stored_key <= Key(entries_.back())) is_sorted_ = false;
  entries_.push_back(entry);
  ++added_count_;
  return bytes_.size() + entries_.size() * sizeof(Entry) >= memory_bytes_ ? WriteRun() : Status();
}

void SortedRuns::Sort() {
  if (is_sorted_) return;
  // Of equal keys the newest comes first, of equal times the one added last.
  std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
    if (a.key_head != b.key_head) return a.key_head < b.key_head;
    if (const int order = Key(a).compare(Key(b)); order != 0) return order < 0;
    if (a.time != b.time) return b.time < a.time;
    return a.offset > b.offset;
  });
}

Status SortedRuns::WriteRun() {
  if (entries_.empty()) return {};
  Sort();
  CellFileWriter writer(options_, folder_ + "/run-" + std::to_string(runs_.size()) + "-", kRunFileBytes);
  if (!runs_.empty() && Key(entries_.front()) <= last_key_) is_one_sequence_ = false;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (i > 0 && Key(entries_[i]) == Key(entries_[i - 1])) continue;
    LARDER_RETURN_IF_ERROR(writer.Append(Key(entries_[i]), Cell(entries_[i])));
  }
  LARDER_RETURN_IF_ERROR(writer.Finish());
  last_key_ = Key(entries_.back());
  runs_.push_back(writer.files());
  const TableStatistics& run = writer.statistics();
  statistics_.row_count += run.row_count;
  statistics_.deleted_count += run.deleted_count;
  statistics_.byte_count += run.byte_count;
  statistics_.newest_event_time_us = std::max(statistics_.newest_event_time_us, run.newest_event_time_us);
  entries_.clear();
  bytes_.clear();
  is_sorted_ = true;
  return {};
}

Status SortedRuns::Finish() {
  LARDER_RETURN_IF_ERROR(WriteRun());
  bytes_ = {};
  entries_ = {};
  return {};
}

}  // namespace larder
