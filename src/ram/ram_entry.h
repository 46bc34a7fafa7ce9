// One cell in memory: immutable bytes in one piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "online/cell.h"

namespace larder {

/// Tells which content of a cell is meant: that of a batch of writes, by its sequence, or what was read from the store.
/// Two contents of one cell never have the same stamp within a table object.
class CellStamp {
 public:
  CellStamp() = default;
  /// Stamps what a batch wrote; of a batch only the last write of a cell.
  static CellStamp OfWrite(std::uint64_t sequence) { return CellStamp(sequence); }
  /// Stamps what was read from the store; `number` is another one for every reading.
  static CellStamp OfRead(std::uint64_t number) { return CellStamp(kReadBit | number); }
  /// Returns one that `bits` gave.
  static CellStamp FromBits(std::uint64_t bits) { return CellStamp(bits); }

  std::uint64_t bits() const { return bits_; }
  /// Returns the place among the batches: what was read from the store stands before all of them.
  std::uint64_t sequence() const { return is_of_read() ? 0 : bits_; }
  bool is_of_read() const { return (bits_ & kReadBit) != 0; }
  /// Returns the number that OfRead was given.
  std::uint64_t number() const { return bits_ & ~kReadBit; }

 private:
  static constexpr std::uint64_t kReadBit = std::uint64_t{1} << 55;
  explicit CellStamp(std::uint64_t bits) : bits_(bits) {}

  std::uint64_t bits_ = 0;
};

/// Holds a cell on its way into memory; borrows its bytes.
struct RamCell {
  CellKey key;
  CellTime time;
  bool deleted = false;
  std::string_view value = {};
  CellStamp stamp = {};
};

/// Holds a cell: 20 bytes of header in most cases, the key, the value. Immutable, so that it is read without a lock.
class RamEntry {
 public:
  RamEntry(const RamEntry&) = delete;
  RamEntry& operator=(const RamEntry&) = delete;

  /// Copies a cell to an entry of its own; Free takes it.
  static RamEntry* Make(const RamCell& cell);
  static void Free(RamEntry* entry);

  CellKey key() const;
  CellTime time() const;
  CellStamp stamp() const;
  bool deleted() const { return (flags() & kDeleted) != 0; }
  std::string_view value() const;
  /// Returns the bytes that the allocator has given for it, its own included.
  std::int64_t allocated_bytes() const;
  /// Tells whether the cell that comes must not take the place of this one.
  bool IsNewerThan(const RamCell& cell) const;

 private:
  static constexpr std::uint8_t kDeleted = 1;
  static constexpr std::uint8_t kHasCreated = 2;
  static constexpr std::uint8_t kIsWide = 4;

  struct Sizes {
    std::size_t entity = 0;
    std::size_t sort = 0;
    std::size_t value = 0;
    std::size_t key_offset = 0;
  };

  RamEntry() = default;
  const char* bytes() const { return reinterpret_cast<const char*>(this); }
  std::uint8_t flags() const { return static_cast<std::uint8_t>(bytes()[kFlagsOffset]); }
  Sizes sizes() const;

  // Event time (8), flags (1), stamp (7), sizes (4, or 12 when wide), created time (0 or 8), key, value.
  static constexpr std::size_t kFlagsOffset = 8;
  static constexpr std::size_t kStampOffset = 8;
  static constexpr std::size_t kSizesOffset = 16;
  static constexpr std::size_t kNarrowSizes = 4;
  static constexpr std::size_t kWideSizes = 12;
};

}  // namespace larder
