// Cells: what an online store keeps, and how they go in and out.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace larder {

/// Bounds what one cell may be; more is kLimitExceeded.
inline constexpr std::size_t kMaxEntityKeyBytes = 64 << 10;
inline constexpr std::size_t kMaxSortKeyBytes = 64 << 10;
inline constexpr std::size_t kMaxCellValueBytes = 256 << 20;

/// Names a cell of a table; borrows its bytes. Both parts are any bytes and may be empty. A plain row is the cell with
/// the empty sort key; the events of a key are several cells that differ in it.
struct CellKey {
  std::string_view entity_key;
  std::string_view sort_key = {};

  friend auto operator<=>(const CellKey&, const CellKey&) = default;
};

/// Orders the writes of a cell: by event time, then created time, none lowest. The greater pair is the newer write; of
/// equal pairs the later write.
struct CellTime {
  std::int64_t event_time_us = 0;
  std::optional<std::int64_t> created_time_us = std::nullopt;

  friend auto operator<=>(const CellTime&, const CellTime&) = default;
};

/// Holds one write; borrows its bytes. A deletion is a write too: it takes part in the order of times, and stays as a
/// mark so that an older row that comes later does not bring the cell back. Its value is not kept.
struct CellWrite {
  CellKey key;
  CellTime time;
  std::string_view value = {};
  bool deleted = false;
};

/// Tells what a reader finds under a key.
enum class CellState : std::uint8_t {
  kMissing,  ///< never written
  kDeleted,  ///< the newest write is a deletion: for a reader there is no row
  kFound,
};

/// Holds the answers of one read in one block of memory. Reuse one object for many reads: its memory stays, so that a
/// read in steady state allocates nothing. Not thread-safe.
class CellBatch {
 public:
  void Clear();

  std::size_t size() const { return cells_.size(); }
  CellState state(std::size_t index) const { return cells_[index].state; }
  bool found(std::size_t index) const { return cells_[index].state == CellState::kFound; }
  /// Returns the time of the newest write, a deletion too; zero for a missing cell.
  const CellTime& time(std::size_t index) const { return cells_[index].time; }
  /// Returns the bytes of a cell that was found, else nothing; good until the batch is written to again.
  std::string_view value(std::size_t index) const { return View(cells_[index].value_offset, cells_[index].value_size); }
  /// Returns the sort key of a cell of a range read; nothing after a batch read, whose keys the caller has.
  std::string_view sort_key(std::size_t index) const {
    return View(cells_[index].sort_key_offset, cells_[index].sort_key_size);
  }

  // What follows is for stores.

  /// Makes the batch `count` missing cells, to be filled in any order.
  void Reset(std::size_t count);
  /// Fills a cell that was found; copies the value.
  void SetFound(std::size_t index, const CellTime& time, std::string_view value);
  void SetDeleted(std::size_t index, const CellTime& time);
  void SetMissing(std::size_t index);
  /// Adds a found cell with its sort key behind the others.
  void AppendFound(std::string_view sort_key, const CellTime& time, std::string_view value);

 private:
  struct Cell {
    CellState state = CellState::kMissing;
    CellTime time;
    std::size_t value_offset = 0;
    std::size_t value_size = 0;
    std::size_t sort_key_offset = 0;
    std::size_t sort_key_size = 0;
  };

  std::string_view View(std::size_t offset, std::size_t size) const { return {bytes_.data() + offset, size}; }
  std::size_t Copy(std::string_view bytes);

  std::vector<Cell> cells_;
  std::vector<char> bytes_;
};

}  // namespace larder
