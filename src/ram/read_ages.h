// How long a cell that was read from the store may be answered from memory.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "ram/ram_entry.h"

namespace larder {

/// Says how long what was read from the store is good.
struct ReadAgeOptions {
  std::int64_t ttl_us = 0;       ///< 0: for ever
  std::int64_t stale_us = 0;     ///< after its ttl a cell is answered for so long while it is read again
  const Clock* clock = nullptr;  ///< needed with a ttl; must outlive what judges by it
};

/// Stamps what is read from the store with the moment and judges it by its ttl. Each cell has a ttl of its own, between
/// four fifths of the whole and the whole, so that cells that were read together are not read again together.
/// Thread-safe, wait-free.
class ReadAges {
 public:
  explicit ReadAges(const ReadAgeOptions& options);

  /// Tells whether anything grows old at all.
  bool has_ttl() const { return options_.ttl_us > 0; }
  /// Stamps what is being read now.
  CellStamp NewStamp();

  enum class Age : std::uint8_t {
    kFresh,
    kStale,    ///< to be read again, and answered meanwhile
    kExpired,  ///< not to be answered
  };
  /// Returns the moment to judge by: once for a look-up, as it asks the clock.
  std::uint64_t Moment() const;
  /// Judges a cell by its stamp; what this process wrote itself is always fresh.
  Age AgeAt(std::uint64_t moment, CellStamp stamp) const;

 private:
  const ReadAgeOptions options_;
  const std::int64_t tick_ns_;
  std::atomic<std::uint64_t> read_count_{0};  ///< each read gets a stamp of its own
};

}  // namespace larder
