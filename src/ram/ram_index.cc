#include "ram/ram_index.h"

#include "base/check.h"
#include "base/hash.h"

namespace larder {

std::uint64_t EntityHash(std::string_view entity_key) { return Hash64(entity_key); }

std::uint64_t CellHash(std::uint64_t entity_hash, const CellKey& key) {
  return key.sort_key.empty() ? entity_hash : Hash64(key.sort_key, entity_hash);
}

RamIndex::RamIndex(std::size_t place_count)
    : place_count_(place_count), places_(new std::atomic<std::uint64_t>[place_count]()) {}

void RamIndex::PrefetchEntry(std::uint64_t hash) const {
  std::size_t place = HomeOf(hash);
  for (std::uint64_t word = places_[place].load(); EntryOf(word) != nullptr; word = places_[place].load()) {
    if ((word & kTagBits) == TagOf(hash)) {
      __builtin_prefetch(EntryOf(word));
      __builtin_prefetch(reinterpret_cast<const char*>(EntryOf(word)) + 64);
      return;
    }
    place = After(place);
  }
}

const RamEntry* RamIndex::Find(std::uint64_t hash, const CellKey& key, bool marks_read) const {
  std::size_t place = HomeOf(hash);
  // Sequentially consistent, as MemoryPins needs it: what a reader's pin does not keep, the reader does not find.
  for (std::uint64_t word = places_[place].load(); EntryOf(word) != nullptr; word = places_[place].load()) {
    const RamEntry* const entry = EntryOf(word);
    if ((word & kTagBits) == TagOf(hash) && entry->key() == key) {
      // Not when the place was given to another one meanwhile: then `word` becomes the other one's.
      if (marks_read && (word & kReadMark) == 0) places_[place].compare_exchange_strong(word, word | kReadMark);
      return entry;
    }
    place = After(place);
  }
  return nullptr;
}

std::size_t RamIndex::PlaceOf(std::uint64_t hash, const CellKey& key) const {
  std::size_t place = HomeOf(hash);
  while (true) {
    const std::uint64_t word = places_[place].load(std::memory_order_relaxed);
    if (EntryOf(word) == nullptr) return place;
    if ((word & kTagBits) == TagOf(hash) && EntryOf(word)->key() == key) return place;
    place = After(place);
  }
}

void RamIndex::Put(std::size_t place, std::uint64_t hash, RamEntry* entry) {
  const auto address = reinterpret_cast<std::uint64_t>(entry);
  LARDER_CHECK((address & ~kEntryBits) == 0);
  if (At(place) == nullptr) ++entry_count_;
  // What was just written counts as read, else it would be the first to go.
  places_[place].store(address | TagOf(hash) | kReadMark);
}

void RamIndex::PutAllOf(const RamIndex& other) {
  constexpr std::size_t kAhead = 8;  // entries that are on their way from memory
  for (std::size_t i = 0; i < other.place_count_; ++i) {
    if (i + kAhead < other.place_count_) __builtin_prefetch(other.At(i + kAhead));
    const std::uint64_t word = other.places_[i].load(std::memory_order_relaxed);
    const RamEntry* const entry = EntryOf(word);
    if (entry == nullptr) continue;
    const CellKey key = entry->key();
    std::size_t place = HomeOf(CellHash(EntityHash(key.entity_key), key));
    while (At(place) != nullptr) place = After(place);
    places_[place].store(word, std::memory_order_relaxed);
    ++entry_count_;
  }
}

void RamIndex::Remove(std::size_t place) {
  std::size_t hole = place;
  for (std::size_t next = After(place);; next = After(next)) {
    const std::uint64_t word = places_[next].load(std::memory_order_relaxed);
    if (EntryOf(word) == nullptr) break;
    const CellKey key = EntryOf(word)->key();
    const std::size_t home = HomeOf(CellHash(EntityHash(key.entity_key), key));
    if (Distance(home, next) < Distance(hole, next)) continue;  // its home lies behind the hole
    places_[hole].store(word);
    hole = next;
  }
  places_[hole].store(0);
  --entry_count_;
}

bool RamIndex::TakeReadMark(std::size_t place) {
  return (places_[place].fetch_and(~kReadMark, std::memory_order_relaxed) & kReadMark) != 0;
}

}  // namespace larder
