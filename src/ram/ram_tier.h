// Answers reads from memory, over any online store that holds the truth.
#pragma once

#include <cstdint>
#include <memory>

#include "base/counters.h"
#include "base/status.h"
#include "online/online_store.h"
#include "ram/read_ages.h"

namespace larder {

/// Bounds a RAM tier.
struct RamTierOptions {
  std::int64_t memory_bytes = 0;  ///< keys, values and the tables they stand in
  bool load_at_open = true;       ///< read tables that fit into memory in the background, at once; else on demand only
  /// Cells whose event time lies further behind the newest of their table are not put into memory, and go first when
  /// it is short; 0: all are put.
  std::int64_t retention_us = 0;
  ReadAgeOptions ages = {};  ///< of cells read from the store, while memory does not hold the whole table
};

/// Answers reads from memory. A table that fits is held whole: then a key that is not in memory is missing without
/// asking the store. When memory is short the tier is a cache: cells not read lately go, and what is not there is read
/// from the store, once for all who ask at the same time. Answers are those of the store: never older than an
/// acknowledged write, and the time of a cell never goes back for any reader. Range reads and scans go to the store.
/// Readers of what is in memory take no lock; writers of a shard have one for the copy of a cell, never while the store
/// works.
class RamTier : public OnlineStore {
 public:
  /// Returns the bytes that the tier takes, its own overhead included; at most the bound, but for a moment.
  virtual std::int64_t UsedBytes() const = 0;
  /// Waits until no table is being loaded.
  virtual void WaitUntilLoaded() = 0;
};

/// Puts a tier before `store`. `counters` gets larder_cache_hits_total, larder_cache_misses_total,
/// larder_cache_evictions_total, larder_cache_stale_total and larder_cache_shared_reads_total by view, and
/// larder_cache_bytes; it must outlive the tier.
std::unique_ptr<RamTier> NewRamTier(std::unique_ptr<OnlineStore> store, const RamTierOptions& options,
                                    Counters& counters);

}  // namespace larder
