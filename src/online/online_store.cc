#include "online/online_store.h"

#include <algorithm>
#include <latch>
#include <utility>

namespace larder {
namespace {

/// Runs an asynchronous read and waits until it is done.
template <class Start>
Status Wait(const Start& start) {
  std::latch done(1);
  Status result;
  start([&](Status status) {
    result = std::move(status);
    done.count_down();
  });
  done.wait();
  return result;
}

Status CheckSize(std::string_view what, std::size_t size, std::size_t limit) {
  if (size <= limit) return {};
  return Status(Reason::kLimitExceeded, std::string(what) + " of a row is too long: " + std::to_string(size) +
                                            " bytes, at most " + std::to_string(limit));
}

}  // namespace

std::string TableName::ToString() const { return view + "/" + std::to_string(generation); }

void TableStatistics::Add(const CellTime& time, bool deleted, std::size_t bytes) {
  byte_count += static_cast<std::int64_t>(bytes);
  if (deleted) {
    ++deleted_count;
    return;
  }
  ++row_count;
  if (!newest_event_time_us || *newest_event_time_us < time.event_time_us) newest_event_time_us = time.event_time_us;
}

void TableStatistics::Remove(bool deleted, std::size_t bytes) {
  byte_count -= static_cast<std::int64_t>(bytes);
  --(deleted ? deleted_count : row_count);
}

std::int64_t WriteResult::applied_count() const {
  return std::count(outcomes.begin(), outcomes.end(), WriteOutcome::kApplied);
}

void OnlineTable::FindInMemory(std::span<const CellKey> keys, const MemoryPin&, std::span<CellInMemory> cells) {
  std::fill_n(cells.begin(), keys.size(), CellInMemory());
}

Result<std::vector<std::unique_ptr<CellScan>>> OnlineTable::ScanParts(ScanCells what, int) {
  std::vector<std::unique_ptr<CellScan>> scans(1);
  LARDER_ASSIGN_OR_RETURN(scans[0], Scan(what));
  return scans;
}

Status OnlineStore::Checkpoint(const std::string&) {
  return Status(Reason::kInvalidConfig, "the online store has no files to copy", "use online_store: {type: rocksdb}");
}

Status CheckWrites(const TableName& table, std::span<const CellWrite> writes) {
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const CellWrite& write = writes[i];
    Status status = CheckSize("the key", write.key.entity_key.size(), kMaxEntityKeyBytes);
    if (status.ok()) status = CheckSize("the sort key", write.key.sort_key.size(), kMaxSortKeyBytes);
    if (status.ok()) status = CheckSize("the value", write.value.size(), kMaxCellValueBytes);
    if (!status.ok()) return status.WithContext("table " + table.ToString() + ": write " + std::to_string(i));
  }
  return {};
}

Status ReadCells(OnlineTable& table, std::span<const CellKey> keys, CellBatch& cells) {
  return Wait([&](ReadDone done) { table.Read(keys, cells, std::move(done)); });
}

Status ReadCellRange(OnlineTable& table, const CellRange& range, CellBatch& cells) {
  return Wait([&](ReadDone done) { table.ReadRange(range, cells, std::move(done)); });
}

}  // namespace larder
