// Cells in memory: what a RAM tier holds of one table.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <span>
#include <vector>

#include "online/cell.h"

namespace larder {

/// Returns the hash that decides where the cells of a key stand.
std::uint64_t EntityHash(std::string_view entity_key);

/// Holds a cell on its way into memory; borrows its bytes.
struct RamCell {
  CellKey key;
  CellTime time;
  bool deleted = false;
  std::string_view value = {};
  std::uint64_t sequence = 0;  ///< of the batch that wrote it; 0: read from the store
};

/// Holds cells in open-addressing tables, one per shard; all cells of a key stand in one shard. Readers of a shard
/// share its lock; a writer has it for the copy of a few cells. Thread-safe.
class RamCells {
 public:
  static constexpr std::size_t kShards = 64;

  /// Counts the bytes taken in `used_bytes`.
  explicit RamCells(std::shared_ptr<std::atomic<std::int64_t>> used_bytes);
  RamCells(const RamCells&) = delete;
  RamCells& operator=(const RamCells&) = delete;
  ~RamCells();

  /// Copies the cells of neighbouring keys of one entity, all under one lock, to `cells` from `index` on. Returns how
  /// many of them were there; sets no others.
  std::size_t Find(std::span<const CellKey> keys, CellBatch& cells, std::size_t index) const;
  /// Tells whether a cell is there.
  bool Contains(const CellKey& key) const;

  /// Says which cells Put may touch.
  enum class PutRule : std::uint8_t {
    kAlways,     ///< takes a cell that is there or not
    kIfPresent,  ///< only a cell that is there
    kIfAbsent,   ///< only a cell that is not there
  };
  /// Puts cells of one entity, all under one lock, each unless a newer one is there: by time, then by sequence. Does
  /// nothing when `may_put`, asked under the lock, says no.
  void Put(std::span<const RamCell> cells, PutRule rule, const std::function<bool()>& may_put);

  /// Removes cells not read since the last pass over them until about `bytes` are freed or the pass is over. Returns
  /// how many went.
  std::int64_t Evict(std::int64_t bytes);
  void Clear();

 private:
  struct Entry;
  struct Slot {
    std::uint64_t hash = 0;
    Entry* entry = nullptr;
  };
  struct Shard {
    mutable std::shared_mutex mutex;
    std::vector<Slot> slots;  ///< a power of two
    std::size_t count = 0;
    std::size_t hand = 0;  ///< where the next pass of eviction goes on
  };

  const Shard& ShardOf(std::uint64_t entity_hash) const { return shards_[entity_hash >> 58]; }
  Shard& ShardOf(std::uint64_t entity_hash) { return shards_[entity_hash >> 58]; }
  static std::size_t Locate(const Shard& shard, std::uint64_t hash, const CellKey& key);
  void PutOne(Shard& shard, std::uint64_t hash, const RamCell& cell, PutRule rule);
  void Grow(Shard& shard);
  void Remove(Shard& shard, std::size_t place);
  void Free(Entry* entry);
  static std::uint64_t CellHash(std::uint64_t entity_hash, const CellKey& key);
  std::int64_t EvictFrom(Shard& shard, std::int64_t& bytes);

  const std::shared_ptr<std::atomic<std::int64_t>> used_bytes_;
  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> next_shard_{0};
};

}  // namespace larder
