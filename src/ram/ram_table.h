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
#include "ram/ram_tier.h"
#include "ram/read_ages.h"
#include "ram/read_flights.h"
#include "ram/refresh_slots.h"
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
  Counter& stale;   ///< cells answered after their ttl, while they are read again
  Counter& shared;  ///< misses that another reader's read has answered
};

/// Answers reads of a table from memory, else from the store. Memory never holds a cell older than an acknowledged
/// write: writers put what the store took, in the store's order of batches; readers of the store put what they saw only
/// if nobody wrote the key meanwhile. When the table is whole in memory, a cell that is not there is missing, and none
/// grows old.
class RamTable final : public OnlineTable, public std::enable_shared_from_this<RamTable> {
 public:
  RamTable(std::shared_ptr<OnlineTable> stored, RamAccount& account, const RamTierOptions& options,
           RamCounters counters);

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
  /// Reads the cells again that readers have met after their ttl. One caller at a time.
  void Refresh();

  /// Sends all reads to the store and forgets what memory holds: from before until after the store changes as a whole.
  void BeginBypass();
  /// Ends it; `sequence`: that of the change. Writes that were committed before it never come into memory.
  void EndBypass(std::uint64_t sequence);

 private:
  struct StoreRead;

  std::shared_ptr<StoreRead> ReadMemory(std::span<const CellKey> keys, CellBatch& cells);
  void JoinReads(std::span<const CellKey> keys, std::size_t begin, std::size_t count,
                 const std::shared_ptr<StoreRead>& read);
  void ReadAlone(const std::shared_ptr<StoreRead>& read, std::size_t place, const CellKey& key);
  void FinishStoreRead(StoreRead& read, const Status& status);
  void FinishPart(StoreRead& read, const Status& status);
  void JudgeAges(std::span<const CellKey> keys, std::span<CellInMemory> cells);
  /// Returns the event time before which cells are not put into memory.
  std::int64_t HorizonUs() const;
  bool IsKept(const CellTime& time) const { return time.event_time_us >= HorizonUs(); }
  void NoteEventTime(std::int64_t event_time_us);
  void Apply(std::span<const CellWrite> writes, const WriteResult& result);
  StoreTicket TakeTicket(std::string_view entity_key) const;
  bool IsGood(const StoreTicket& ticket) const;
  void PutSeen(const CellKey& key, const CellBatch& cells, std::size_t index, const StoreTicket& ticket);
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
  const RamTierOptions options_;
  const RamCounters counters_;
  RamCells cells_;
  ReadAges ages_;
  std::unique_ptr<RefreshSlots> refreshes_;  ///< none: what has passed its ttl is not answered
  ReadFlights flights_;
  std::atomic<std::int64_t> newest_us_{INT64_MIN};  ///< event time; followed with a retention only
  WriteMarks marks_;
  std::shared_mutex gate_;  ///< writers share it while they mark; alone: no new writer begins
  std::atomic<int> writer_count_{0};
  std::atomic<std::uint64_t> whole_{0};  ///< not 0: memory has every cell; another number each time that begins
  std::atomic<int> bypass_count_{0};
  std::atomic<std::uint64_t> swap_count_{0};      ///< of beginnings and ends of bypasses
  std::mutex whole_mutex_;                        ///< for those who change whether the table is whole
  std::atomic<std::uint64_t> spoil_count_{0};     ///< of bypasses and evictions: what spoils a load in progress
  std::atomic<std::uint64_t> left_out_count_{0};  ///< of changes behind the horizon: after one a load is not whole
  std::uint64_t load_count_ = 0;
  std::atomic<std::uint64_t> least_sequence_{0};  ///< batches up to this one never come into memory
};

}  // namespace larder
