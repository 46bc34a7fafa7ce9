// One table behind a RAM tier: which cells memory may answer for, and when.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <vector>

#include "base/counters.h"
#include "base/status.h"
#include "online/memory_pins.h"
#include "online/online_store.h"
#include "ram/ram_cells.h"
#include "ram/write_marks.h"

namespace larder {

/// Bounds and counts the memory of all tables of a tier.
class RamAccount {
 public:
  virtual ~RamAccount() = default;
  virtual const std::shared_ptr<std::atomic<std::int64_t>>& used_bytes() = 0;
  virtual std::int64_t limit_bytes() const = 0;
  virtual const std::shared_ptr<MemoryPins>& pins() = 0;
  /// Makes room when the bound is exceeded. To be called without locks.
  virtual void Balance() = 0;
  /// Queues a table whose content changed as a whole, to be read into memory.
  virtual void LoadLater(const TableName& name) = 0;
};

/// Counts the reads of a view.
struct RamCounters {
  Counter& hits;
  Counter& misses;
  Counter& evictions;
};

/// Answers reads of a table from memory, else from the store. Memory never holds a cell older than an acknowledged
/// write: writers put what the store took, in the store's order of batches; readers of the store put what they saw only
/// if nobody wrote the key meanwhile. When the table is whole in memory, a cell that is not there is missing.
class RamTable final : public OnlineTable, public std::enable_shared_from_this<RamTable> {
 public:
  RamTable(std::shared_ptr<OnlineTable> stored, RamAccount& account, RamCounters counters);

  const TableName& name() const override { return stored_->name(); }
  void Read(std::span<const CellKey> keys, CellBatch& cells, ReadDone done) override;
  void FindInMemory(std::span<const CellKey> keys, const MemoryPin& pin, std::span<CellInMemory> cells) override;
  void ReadRange(const CellRange& range, CellBatch& cells, ReadDone done) override;
  Result<WriteResult> Write(std::span<const CellWrite> writes) override;
  Result<std::unique_ptr<CellScan>> Scan(ScanCells what) override { return stored_->Scan(what); }
  Result<std::vector<std::unique_ptr<CellScan>>> ScanParts(ScanCells what, int count) override {
    return stored_->ScanParts(what, count);
  }
  Result<std::unique_ptr<TableLoad>> BeginLoad(const LoadOptions& options) override;
  TableStatistics Statistics() const override { return stored_->Statistics(); }

  /// Reads the whole table into memory, while it is read and written; returns at once when it does not fit, is whole
  /// already, or `stop` is set. One caller at a time.
  Status LoadAll(const std::atomic<bool>& stop);
  /// Gives memory back; the table is not whole afterwards.
  void Evict(std::int64_t bytes);

  /// Sends all reads to the store and forgets what memory holds: from before until after the store changes as a whole.
  void BeginBypass();
  /// Ends it; `sequence`: that of the change. Writes that were committed before it never come into memory.
  void EndBypass(std::uint64_t sequence);

 private:
  struct StoreRead;
  /// Holds what was so before the store was read.
  struct Ticket {
    WriteMarks::Ticket mark;
    std::uint64_t swap_count = 0;
  };

  std::unique_ptr<StoreRead> ReadMemory(std::span<const CellKey> keys, CellBatch& cells);
  CellStamp NextReadStamp() { return CellStamp::OfRead(read_count_.fetch_add(1, std::memory_order_relaxed)); }
  void FinishStoreRead(StoreRead& read);
  void Apply(std::span<const CellWrite> writes, const WriteResult& result);
  Ticket TakeTicket(std::string_view entity_key) const;
  void PutSeen(const RamCell& cell, const Ticket& ticket);
  void WaitForWriters() const;
  struct Loading;
  Status LoadCells(Loading& loading, std::vector<std::string>& left);
  Status LoadPart(const Loading& loading, CellScan& scan, std::vector<std::string>& left);
  Status LoadLeft(const std::vector<std::string>& left);
  bool Fits() const;
  /// Makes the table not whole, also for a load in progress.
  void Spoil();

  const std::shared_ptr<OnlineTable> stored_;
  RamAccount& account_;
  const RamCounters counters_;
  RamCells cells_;
  std::atomic<std::uint64_t> read_count_{0};  ///< of cells read from the store: each gets a stamp of its own
  WriteMarks marks_;
  std::shared_mutex gate_;  ///< writers share it while they mark; alone: no new writer begins
  std::atomic<int> writer_count_{0};
  std::atomic<std::uint64_t> whole_{0};  ///< not 0: memory has every cell; another number each time that begins
  std::atomic<int> bypass_count_{0};
  std::atomic<std::uint64_t> swap_count_{0};   ///< of beginnings and ends of bypasses
  std::mutex whole_mutex_;                     ///< for those who change whether the table is whole
  std::atomic<std::uint64_t> spoil_count_{0};  ///< of bypasses and evictions: what spoils a load in progress
  std::uint64_t load_count_ = 0;
  std::atomic<std::uint64_t> least_sequence_{0};  ///< batches up to this one never come into memory
};

}  // namespace larder
