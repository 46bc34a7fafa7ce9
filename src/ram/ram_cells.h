// Cells in memory: what a RAM tier holds of one table.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "online/cell.h"
#include "online/memory_pins.h"
#include "online/online_store.h"
#include "ram/ram_entry.h"
#include "ram/ram_index.h"

namespace larder {

/// Holds cells, spread over shards; all cells of an entity stand in one shard. Readers take no lock; a writer has the
/// lock of a shard for the copy of a few cells. What is replaced is freed when no pin keeps it any more. Thread-safe.
class RamCells {
 public:
  static constexpr std::size_t kShards = 64;

  /// Counts the bytes taken in `used_bytes`; what waits for a pin to go is not counted.
  RamCells(std::shared_ptr<MemoryPins> pins, std::shared_ptr<std::atomic<std::int64_t>> used_bytes);
  RamCells(const RamCells&) = delete;
  RamCells& operator=(const RamCells&) = delete;
  ~RamCells();

  /// Looks up cells, prefetching several keys at a time; fills `cells` as OnlineTable::FindInMemory says, and leaves
  /// kUnknown what is not here. `marks_read`: what is found was read, for eviction. The caller holds a pin.
  void Find(std::span<const CellKey> keys, bool marks_read, std::span<CellInMemory> cells) const;
  /// Tells whether a cell is there.
  bool Contains(const CellKey& key) const;

  /// Says which cells Put may touch.
  enum class PutRule : std::uint8_t {
    kAlways,     ///< takes a cell that is there or not
    kIfPresent,  ///< only a cell that is there
    kIfAbsent,   ///< only a cell that is not there
  };
  /// Puts different cells of one entity as one change, each unless a newer one is there: by time, then by sequence.
  /// Does nothing when `may_put`, asked under the lock, says no.
  void Put(std::span<const RamCell> cells, PutRule rule, const std::function<bool()>& may_put);
  /// Makes room for this many cells at once, so that filling an empty table does not grow step by step.
  void Reserve(std::int64_t cell_count);

  /// Removes cells not read since the last pass over them, and those with an event time before `horizon_us`, until
  /// about `bytes` are freed or the pass is over. Returns how many went.
  std::int64_t Evict(std::int64_t bytes, std::int64_t horizon_us);
  void Clear();

 private:
  struct Retired {
    std::uint64_t moment = 0;  ///< from which on no reader can see it
    RamEntry* entry = nullptr;
    std::unique_ptr<RamIndex> index = nullptr;
  };
  struct Shard {
    alignas(64) std::atomic<RamIndex*> index{nullptr};
    std::atomic<std::uint64_t> change{0};  ///< odd while cells change
    std::mutex mutex;                      ///< guards what follows, and changes
    std::unique_ptr<RamIndex> owned_index;
    std::size_t hand = 0;  ///< where the next pass of eviction goes on
    std::vector<Retired> retired;
    std::size_t next_free_at = 0;  ///< so many retired ones are worth a look at the pins
  };
  class Change;

  const Shard& ShardOf(std::uint64_t entity_hash) const { return shards_[entity_hash >> 58]; }
  Shard& ShardOf(std::uint64_t entity_hash) { return shards_[entity_hash >> 58]; }
  void FindGroup(std::span<const CellKey> keys, bool marks_read, std::span<CellInMemory> cells) const;
  void FindOfEntity(std::span<const CellKey> keys, bool marks_read, std::span<CellInMemory> cells) const;
  void PutOne(Shard& shard, std::uint64_t hash, const RamCell& cell, PutRule rule);
  void Grow(Shard& shard, std::size_t place_count);
  void Retire(Shard& shard, RamEntry* entry);
  void FreeRetired(Shard& shard);
  std::int64_t EvictFrom(Shard& shard, std::int64_t& bytes, std::int64_t horizon_us);
  void ClearShard(Shard& shard);

  const std::shared_ptr<MemoryPins> pins_;
  const std::shared_ptr<std::atomic<std::int64_t>> used_bytes_;
  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> next_shard_{0};
};

}  // namespace larder
