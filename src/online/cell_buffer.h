// Cells in memory on their way to sorted files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "online/online_store.h"

namespace larder {

/// Collects cells as they are stored, and puts them in order. Not thread-safe.
class CellBuffer {
 public:
  /// Appends a cell; its bytes may go when the call returns. Costs two checksums and a copy.
  void Add(const CellWrite& write);
  void Clear();

  bool is_empty() const { return entries_.empty(); }
  /// Returns the bytes that are taken, with those that Order will take.
  std::size_t used_bytes() const { return bytes_.size() + entries_.size() * (sizeof(Entry) + sizeof(Place)); }

  /// Holds a cell by its place in the buffer.
  struct Entry {
    std::size_t offset = 0;
    std::uint32_t key_size = 0;
    std::uint32_t cell_size = 0;
  };
  std::string_view Key(const Entry& entry) const { return {bytes_.data() + entry.offset, entry.key_size}; }
  std::string_view Cell(const Entry& entry) const {
    return {bytes_.data() + entry.offset + entry.key_size, entry.cell_size};
  }

  /// Sorts by stored key and of each cell leaves only the newest write: by time, of equal times the one added last.
  void Order();
  /// Returns the cells: after Order in its order, before it in that of Add.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  /// What is sorted: eight bytes of the key behind what all keys begin with, the greatest first. They settle most
  /// comparisons without a look at the key.
  struct Place {
    std::uint64_t key_head = 0;
    std::uint32_t index = 0;
  };

  std::size_t CommonPrefix() const;
  std::vector<Place> SortedPlaces() const;

  std::vector<char> bytes_;
  std::vector<Entry> entries_;
  bool is_ordered_ = true;  ///< the keys ascend, no one stands twice
};

}  // namespace larder
