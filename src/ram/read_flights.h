// Readers that miss the same cell at the same time share one read of the store.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "online/cell.h"
#include "ram/write_marks.h"

namespace larder {

/// Holds what was so before the store was read.
struct StoreTicket {
  WriteMarks::Ticket mark;
  std::uint64_t swap_count = 0;
};

/// Knows which cells are being read from the store. Thread-safe.
class ReadFlights {
 public:
  /// Holds what the store said of a cell; borrows the value for the time of the call.
  struct Answer {
    Status status;
    CellState state = CellState::kMissing;
    CellTime time = {};
    std::string_view value = {};
  };
  /// Is called once, on the thread of the one who leads.
  using Waiter = std::function<void(const Answer&)>;

  enum class Part : std::uint8_t {
    kLeads,  ///< nobody reads the cell: the caller does, and calls End
    kWaits,  ///< another one reads it, and calls the waiter
    kAlone,  ///< another one reads it, but began before a write that the caller must see: the caller reads for itself
  };
  /// Takes part in reading the cell with the empty sort key of an entity. `is_good` tells whether a reader that begins
  /// now may be answered by a read with that ticket.
  Part Join(std::string_view entity_key, const StoreTicket& ticket,
            const std::function<bool(const StoreTicket&)>& is_good, Waiter waiter);
  /// Ends a read that the caller leads, and answers those who wait.
  void End(std::string_view entity_key, const Answer& answer);

 private:
  struct Flight {
    StoreTicket ticket;
    std::vector<Waiter> waiters;
  };
  struct Shard {
    std::mutex mutex;
    std::map<std::string, Flight, std::less<>> flights;
  };
  Shard& ShardOf(std::string_view entity_key) { return shards_[WriteMarks::MarkOf(entity_key) % shards_.size()]; }

  std::array<Shard, 16> shards_;
};

}  // namespace larder
