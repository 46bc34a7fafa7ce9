// The table of places of one shard: open addressing, read without a lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "ram/ram_entry.h"

namespace larder {

/// Holds pointers to entries under the hashes of their cells; the first free place ends a search. One thread changes it
/// at a time; readers need a pin. A reader may miss a cell that is moved by Remove, never one that stays.
class RamIndex {
 public:
  static constexpr std::size_t kLeastPlaces = 16;

  /// Returns how many places an index has that is not full with this many cells.
  static std::size_t PlacesFor(std::size_t cell_count) { return std::max(cell_count * 8 / 7 + 2, kLeastPlaces); }
  /// Has `place_count` places, less than 2^32.
  explicit RamIndex(std::size_t place_count);

  /// Brings the place of this hash into the cache.
  void PrefetchPlace(std::uint64_t hash) const { __builtin_prefetch(&places_[HomeOf(hash)]); }
  /// Brings the entry that probably is the one of this hash into the cache.
  void PrefetchEntry(std::uint64_t hash) const;
  /// Returns the entry of a cell, or nullptr. `marks_read`: notes that it was read, for eviction.
  const RamEntry* Find(std::uint64_t hash, const CellKey& key, bool marks_read) const;

  // What follows is for the one who changes it.

  std::size_t place_count() const { return place_count_; }
  std::int64_t byte_count() const { return static_cast<std::int64_t>(place_count() * sizeof(std::uint64_t)); }
  /// Tells whether one more cell would make searches long: more than seven places of eight taken.
  bool IsFull() const { return (entry_count_ + 1) * 8 > place_count() * 7; }
  /// Returns where a cell stands, or the free place where it would.
  std::size_t PlaceOf(std::uint64_t hash, const CellKey& key) const;
  /// Returns the entry at a place, or nullptr.
  RamEntry* At(std::size_t place) const { return EntryOf(places_[place].load(std::memory_order_relaxed)); }
  /// Puts an entry to the place that PlaceOf gave.
  void Put(std::size_t place, std::uint64_t hash, RamEntry* entry);
  /// Puts the entries of another index, whose cells are not here.
  void PutAllOf(const RamIndex& other);
  /// Takes the entry of a place out, and moves up those behind it that would not be found any more.
  void Remove(std::size_t place);
  /// Forgets that the entry of a place was read, and tells whether it was.
  bool TakeReadMark(std::size_t place);

 private:
  // A place holds: where the entry lies (48 bits), 15 bits of the hash, the mark that it was read.
  static constexpr std::uint64_t kEntryBits = (std::uint64_t{1} << 48) - 1;
  static constexpr std::uint64_t kReadMark = std::uint64_t{1} << 63;
  static constexpr std::uint64_t kTagBits = ~(kEntryBits | kReadMark);

  static RamEntry* EntryOf(std::uint64_t word) { return reinterpret_cast<RamEntry*>(word & kEntryBits); }
  /// Returns where the search for a hash begins: the low half of the hash, scaled to the number of places.
  std::size_t HomeOf(std::uint64_t hash) const { return (hash & 0xffffffffu) * place_count_ >> 32; }
  std::size_t After(std::size_t place) const { return place + 1 == place_count_ ? 0 : place + 1; }
  /// Returns how many steps lead from one place to another.
  std::size_t Distance(std::size_t from, std::size_t to) const {
    return to >= from ? to - from : to + place_count_ - from;
  }
  static std::uint64_t TagOf(std::uint64_t hash) { return hash << 5 & kTagBits; }

  const std::size_t place_count_;
  std::size_t entry_count_ = 0;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> places_;
};

/// Returns the hash of a cell whose entity has this one.
std::uint64_t CellHash(std::uint64_t entity_hash, const CellKey& key);
/// Returns the hash that decides where the cells of an entity stand.
std::uint64_t EntityHash(std::string_view entity_key);

}  // namespace larder
