// The online store: tables of cells that every kind of store implements alike.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "online/cell.h"
#include "online/memory_pins.h"

namespace larder {

/// Names a table: the stored rows of one generation of a view.
struct TableName {
  std::string view;
  std::int64_t generation = 0;

  friend auto operator<=>(const TableName&, const TableName&) = default;
  /// Returns "view/generation", for messages.
  std::string ToString() const;
};

/// Counts what a table holds. Exact, kept with every write, durable as the writes are.
struct TableStatistics {
  TableName name;
  std::int64_t row_count = 0;      ///< cells that are not deleted
  std::int64_t deleted_count = 0;  ///< deletion marks
  std::int64_t byte_count = 0;     ///< keys and values of all cells, without the store's own overhead
  /// The greatest event time of a row ever applied; a deletion neither raises nor lowers it. None: no row ever.
  std::optional<std::int64_t> newest_event_time_us = std::nullopt;

  /// Counts a cell in, and its event time if it is a row.
  void Add(const CellTime& time, bool deleted, std::size_t bytes);
  /// Counts out a cell that another takes the place of; the newest event time stays.
  void Remove(bool deleted, std::size_t bytes);

  friend bool operator==(const TableStatistics&, const TableStatistics&) = default;
};

/// Tells what became of one write.
enum class WriteOutcome : std::uint8_t {
  kApplied,  ///< the write is the newest of its cell
  kOlder,    ///< the store holds a newer one: counted and dropped
};

/// Tells what became of a batch of writes.
struct WriteResult {
  std::vector<WriteOutcome> outcomes;  ///< one for each write, in order
  std::uint64_t sequence = 0;          ///< grows with the order in which the store applied batches

  std::int64_t applied_count() const;
  std::int64_t older_count() const { return static_cast<std::int64_t>(outcomes.size()) - applied_count(); }
};

/// Is called once when a read is done, with its failure if any: by a store on this machine before the call of the read
/// returns, on the caller's thread; by a store behind a network later, on a thread of its own.
using ReadDone = std::function<void(Status)>;

/// Tells what memory knows of a cell.
enum class MemoryState : std::uint8_t {
  kUnknown,  ///< not in memory: only the store can tell
  kMissing,  ///< never written: memory has every cell of the table
  kDeleted,  ///< the newest write is a deletion
  kFound,
};

/// Holds the answer of a look-up in memory; borrows the bytes of the store, which stay as they are while the pin does.
struct CellInMemory {
  MemoryState state = MemoryState::kUnknown;
  CellTime time = {};           ///< of the newest write, a deletion too
  std::string_view value = {};  ///< of a cell that was found
  std::uint64_t revision = 0;   ///< of a cell that was found: equal ones of a key and table object are equal bytes
};

/// Says which cells of one key to read.
struct CellRange {
  std::string_view entity_key;
  std::string_view from_sort_key = {};                         ///< included
  std::optional<std::string_view> to_sort_key = std::nullopt;  ///< excluded; none: to the end of the key
  bool descending = false;
  std::int64_t limit = 1'000'000;  ///< at most so many cells
};

/// Holds a cell met by a scan; its bytes are good until the scan moves on.
struct ScannedCell {
  CellKey key;
  CellTime time;
  std::string_view value;
  bool deleted = false;
};

/// Says which cells a scan gives.
enum class ScanCells : std::uint8_t {
  kRows,        ///< what readers can see
  kEverything,  ///< deletion marks too
};

/// Walks over the cells of a table as they were when the scan began. Cells of one key come together, by sort key; the
/// order of keys is the store's. Not thread-safe; must not outlive its store.
class CellScan {
 public:
  virtual ~CellScan() = default;
  /// Moves on and fills `cell`; false at the end. kDamaged when stored bytes are not what was written; after a failure
  /// the scan is finished.
  virtual Result<bool> Next(ScannedCell& cell) = 0;
};

/// Says how a bulk load may work.
struct LoadOptions {
  std::int64_t memory_bytes = 64 << 20;        ///< buffered before it goes to files
  int thread_count = 2;                        ///< that sort, merge and write files at the end
  const Cancellation* cancellation = nullptr;  ///< looked at by Add and Commit; must outlive the load
};

/// Counts what a bulk load did.
struct LoadResult {
  std::int64_t applied_count = 0;  ///< cells of the table that are the load's afterwards
  std::int64_t older_count = 0;    ///< the others: they lost against a newer one, stored or in the load itself
  std::uint64_t sequence = 0;      ///< of the swap, among the batches of WriteResult
};

/// Builds the next content of a table beside it. Without Commit, or after a failure, the table is as it was and nothing
/// of the load is left. Not thread-safe; must not outlive its table's store.
class TableLoad {
 public:
  virtual ~TableLoad() = default;
  /// Takes cells in any order; cells sorted by (length of entity key, entity key, sort key) are cheapest. The bytes may
  /// go when the call returns.
  virtual Status Add(std::span<const CellWrite> cells) = 0;
  /// Swaps in, whole and durable, what the table held with the cells of the load over it: of each cell the newer one,
  /// by time; of equal pairs the load's, within the load the later. A reader sees the table before or after, never
  /// between, and does not wait; writes go on while the load is merged and wait only for the swap. Must be called last,
  /// once.
  virtual Result<LoadResult> Commit() = 0;
};

/// Reads and writes one table. A table is there once something was written to it; before, it reads as empty. After the
/// table was dropped this object reads as empty and its writes fail with kUnknownObject; OpenTable gives a new one.
/// Thread-safe: readers never wait for durable writes, bulk loads or scans.
class OnlineTable {
 public:
  virtual ~OnlineTable() = default;

  virtual const TableName& name() const = 0;
  /// Reads cells; `cells` has one answer per key in order, a repeated key a repeated answer. `keys`, the bytes they
  /// borrow and `cells` must stay until `done` is called; `cells` is undefined on failure. Neighbouring cells of one
  /// key are seen as some write left them, never between. A reader never sees the time of a cell go back. kDamaged when
  /// stored bytes are not what was written: they are never returned. kIoError.
  virtual void Read(std::span<const CellKey> keys, CellBatch& cells, ReadDone done) = 0;
  /// Looks up cells that are in memory, and nothing else: without a lock, an allocation, a wait or I/O, so that an
  /// event loop may do it. Keys are prefetched together: give it a whole request. `cells` has as many places as there
  /// are keys and gets one answer for each, in order; those that are kUnknown are to be asked of Read. A cell can be
  /// unknown though it was in memory a moment ago. `pin` is one that this table's store gave; with an empty one all are
  /// unknown. Cells are as some write left them, as by Read; a key that stands twice in the request, not side by side,
  /// may be answered by two writes. A store without such memory knows none.
  virtual void FindInMemory(std::span<const CellKey> keys, const MemoryPin& pin, std::span<CellInMemory> cells);
  /// Reads a range of cells of one key, ascending by sort key as bytes unless asked otherwise; deleted ones are left
  /// out. Otherwise as Read.
  virtual void ReadRange(const CellRange& range, CellBatch& cells, ReadDone done) = 0;
  /// Applies each write that is not older than its stored cell, in order, and returns when they are as durable as the
  /// store was opened to be. The whole batch is applied or, on failure, nothing of it is acknowledged: kLimitExceeded
  /// and kUnknownObject wrote nothing, kNoSpace wrote nothing that a reader sees. kNoSpace until there is space again;
  /// kIoError for good once the disk failed to sync: then only opening the store again helps. kReadOnly.
  virtual Result<WriteResult> Write(std::span<const CellWrite> writes) = 0;
  virtual Result<std::unique_ptr<CellScan>> Scan(ScanCells what) = 0;
  /// Begins up to `count` scans of one moment that together give what Scan gives, each the cells of other entities, for
  /// as many threads. A store that cannot divide its tables gives one.
  virtual Result<std::vector<std::unique_ptr<CellScan>>> ScanParts(ScanCells what, int count);
  /// Begins a bulk load; kAlreadyRunning while another one of this table is going on.
  virtual Result<std::unique_ptr<TableLoad>> BeginLoad(const LoadOptions& options) = 0;
  virtual TableStatistics Statistics() const = 0;
};

/// Keeps tables. Thread-safe. Going, it waits for the writes in progress and leaves files that open quickly.
class OnlineStore {
 public:
  virtual ~OnlineStore() = default;

  /// Returns the table of this name, whether it is there or not. Costs a look-up under a lock: resolve once and keep
  /// it. It must not outlive the store.
  virtual Result<std::shared_ptr<OnlineTable>> OpenTable(const TableName& name) = 0;
  /// Returns a pin for FindInMemory on any table of this store: take one for a request, before its first look-up, and
  /// let it go when its answer is made. Wait-free; an empty one when kPins are held, or when the store needs none.
  virtual MemoryPin PinMemory() { return {}; }
  /// Removes a table with all its cells, durably; ok when it is not there. Reads in progress end undisturbed. A load in
  /// progress fails at its Commit.
  virtual Status DropTable(const TableName& name) = 0;
  /// Returns the tables that are there, by name.
  virtual std::vector<TableStatistics> Tables() const = 0;
  /// Makes `folder`, which must not be there, a copy of the store as it is at one moment; reads and writes go on. The
  /// copy is durable, and shares files with the store where the file system can: that costs no space until one of them
  /// changes. kInvalidConfig for a store without files.
  virtual Status Checkpoint(const std::string& folder);
  /// Tells whether writes are accepted, and if not why: kNoSpace, kIoError, kReadOnly. Costs no I/O.
  virtual Status CheckWritable() const = 0;
  /// Returns about how many bytes the store takes on disk, or, of one without a disk, in memory.
  virtual std::int64_t StoredBytes() const = 0;
};

/// Says when a write is acknowledged.
enum class StoreDurability : std::uint8_t {
  kSync,     ///< when the disk holds it: survives power loss
  kProcess,  ///< when the operating system holds it: survives kill -9
};

/// Says how a store is opened.
struct StoreOptions {
  std::string path;  ///< folder of a store with files; made when it is not there
  StoreDurability durability = StoreDurability::kSync;
  bool read_only = false;  ///< change nothing, take no lock; what is not there is kFileNotFound
  std::int64_t block_cache_bytes = 64 << 20;
};

/// Checks the sizes of keys and values; kLimitExceeded names the write. What every store does before it writes.
Status CheckWrites(const TableName& table, std::span<const CellWrite> writes);

/// Reads cells and waits for the answer.
Status ReadCells(OnlineTable& table, std::span<const CellKey> keys, CellBatch& cells);
/// Reads a range and waits for the answer.
Status ReadCellRange(OnlineTable& table, const CellRange& range, CellBatch& cells);

}  // namespace larder
