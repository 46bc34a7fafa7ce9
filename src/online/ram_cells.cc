#include "online/ram_cells.h"

#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include "base/hash.h"

namespace larder {

/// Stands before the bytes of its cell: entity key, sort key, value.
struct RamCells::Entry {
  CellTime time;
  std::uint64_t sequence = 0;
  std::uint32_t entity_size = 0;
  std::uint32_t sort_size = 0;
  std::uint32_t value_size = 0;
  std::uint32_t value_capacity = 0;
  bool deleted = false;
  mutable std::atomic<bool> was_read{true};  // by readers, who only share the lock

  char* bytes() { return reinterpret_cast<char*>(this) + sizeof(Entry); }
  const char* bytes() const { return reinterpret_cast<const char*>(this) + sizeof(Entry); }
  CellKey key() const { return {{bytes(), entity_size}, {bytes() + entity_size, sort_size}}; }
  char* value() { return bytes() + entity_size + sort_size; }
  std::string_view value() const { return {bytes() + entity_size + sort_size, value_size}; }
  std::size_t allocated() const { return sizeof(Entry) + entity_size + sort_size + value_capacity; }

  static Entry* Make(const RamCell& cell) {
    const std::size_t key_size = cell.key.entity_key.size() + cell.key.sort_key.size();
    auto* entry = new (::operator new(sizeof(Entry) + key_size + cell.value.size())) Entry();
    entry->entity_size = static_cast<std::uint32_t>(cell.key.entity_key.size());
    entry->sort_size = static_cast<std::uint32_t>(cell.key.sort_key.size());
    entry->value_capacity = static_cast<std::uint32_t>(cell.value.size());
    cell.key.entity_key.copy(entry->bytes(), cell.key.entity_key.size());
    cell.key.sort_key.copy(entry->bytes() + entry->entity_size, cell.key.sort_key.size());
    entry->Set(cell);
    return entry;
  }
  void Set(const RamCell& cell) {
    time = cell.time;
    sequence = cell.sequence;
    deleted = cell.deleted;
    value_size = static_cast<std::uint32_t>(cell.value.size());
    cell.value.copy(value(), cell.value.size());
    was_read.store(true, std::memory_order_relaxed);
  }
  bool IsNewerThan(const RamCell& cell) const {
    return time != cell.time ? cell.time < time : cell.sequence < sequence;
  }
};

namespace {

// What the allocator takes for itself, about.
constexpr std::size_t kAllocationBytes = 16;
constexpr std::size_t kLeastSlots = 16;

}  // namespace

std::uint64_t EntityHash(std::string_view entity_key) { return Hash64(entity_key); }

RamCells::RamCells(std::shared_ptr<std::atomic<std::int64_t>> used_bytes) : used_bytes_(std::move(used_bytes)) {}

RamCells::~RamCells() { Clear(); }

std::uint64_t RamCells::CellHash(std::uint64_t entity_hash, const CellKey& key) {
  return key.sort_key.empty() ? entity_hash : Hash64(key.sort_key, entity_hash);
}

/// Returns where the cell stands, or the free slot where it would; the shard has slots.
std::size_t RamCells::Locate(const Shard& shard, std::uint64_t hash, const CellKey& key) {
  const std::size_t mask = shard.slots.size() - 1;
  std::size_t place = hash & mask;
  while (shard.slots[place].entry != nullptr) {
    if (shard.slots[place].hash == hash && shard.slots[place].entry->key() == key) break;
    place = (place + 1) & mask;
  }
  return place;
}

std::size_t RamCells::Find(std::span<const CellKey> keys, CellBatch& cells, std::size_t index) const {
  const std::uint64_t entity_hash = EntityHash(keys[0].entity_key);
  const Shard& shard = ShardOf(entity_hash);
  const std::shared_lock lock(shard.mutex);
  if (shard.slots.empty()) return 0;
  std::size_t found = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Entry* entry = shard.slots[Locate(shard, CellHash(entity_hash, keys[i]), keys[i])].entry;
    if (entry == nullptr) continue;
    ++found;
    if (!entry->was_read.load(std::memory_order_relaxed)) entry->was_read.store(true, std::memory_order_relaxed);
    if (entry->deleted) {
      cells.SetDeleted(index + i, entry->time);
    } else {
      cells.SetFound(index + i, entry->time, entry->value());
    }
  }
  return found;
}

bool RamCells::Contains(const CellKey& key) const {
  const std::uint64_t entity_hash = EntityHash(key.entity_key);
  const Shard& shard = ShardOf(entity_hash);
  const std::shared_lock lock(shard.mutex);
  return !shard.slots.empty() && shard.slots[Locate(shard, CellHash(entity_hash, key), key)].entry != nullptr;
}

void RamCells::Put(std::span<const RamCell> cells, PutRule rule, const std::function<bool()>& may_put) {
  const std::uint64_t entity_hash = EntityHash(cells[0].key.entity_key);
  Shard& shard = ShardOf(entity_hash);
  const std::scoped_lock lock(shard.mutex);
  if (!may_put()) return;
  for (const RamCell& cell : cells) PutOne(shard, CellHash(entity_hash, cell.key), cell, rule);
}

void RamCells::PutOne(Shard& shard, std::uint64_t hash, const RamCell& cell, PutRule rule) {
  // At most three quarters full, so that a search is short and always ends.
  if (shard.count * 4 >= shard.slots.size() * 3) Grow(shard);
  Slot& slot = shard.slots[Locate(shard, hash, cell.key)];
  if (slot.entry == nullptr) {
    if (rule == PutRule::kIfPresent) return;
    slot = {hash, Entry::Make(cell)};
    ++shard.count;
  } else {
    if (rule == PutRule::kIfAbsent || slot.entry->IsNewerThan(cell)) return;
    if (cell.value.size() <= slot.entry->value_capacity && cell.value.size() * 2 >= slot.entry->value_capacity) {
      slot.entry->Set(cell);
      return;
    }
    Free(slot.entry);
    slot.entry = Entry::Make(cell);
  }
  used_bytes_->fetch_add(static_cast<std::int64_t>(slot.entry->allocated() + kAllocationBytes),
                         std::memory_order_relaxed);
}

void RamCells::Grow(Shard& shard) {
  std::vector<Slot> old(shard.slots.empty() ? kLeastSlots : shard.slots.size() * 2);
  used_bytes_->fetch_add(static_cast<std::int64_t>((old.size() - shard.slots.size()) * sizeof(Slot)),
                         std::memory_order_relaxed);
  old.swap(shard.slots);
  const std::size_t mask = shard.slots.size() - 1;
  for (const Slot& slot : old) {
    if (slot.entry == nullptr) continue;
    std::size_t place = slot.hash & mask;
    while (shard.slots[place].entry != nullptr) place = (place + 1) & mask;
    shard.slots[place] = slot;
  }
}

void RamCells::Free(Entry* entry) {
  used_bytes_->fetch_sub(static_cast<std::int64_t>(entry->allocated() + kAllocationBytes), std::memory_order_relaxed);
  entry->~Entry();
  ::operator delete(entry);
}

/// Removes the cell of a slot, and moves up those behind it that would not be found any more.
void RamCells::Remove(Shard& shard, std::size_t place) {
  const std::size_t mask = shard.slots.size() - 1;
  Free(shard.slots[place].entry);
  --shard.count;
  std::size_t hole = place;
  for (std::size_t next = (place + 1) & mask; shard.slots[next].entry != nullptr; next = (next + 1) & mask) {
    const std::size_t home = shard.slots[next].hash & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;  // its home lies behind the hole
    shard.slots[hole] = shard.slots[next];
    hole = next;
  }
  shard.slots[hole] = {};
}

std::int64_t RamCells::EvictFrom(Shard& shard, std::int64_t& bytes) {
  const std::scoped_lock lock(shard.mutex);
  std::int64_t evicted = 0;
  // Second chance: a cell that was read since the hand passed it stays for one more round.
  for (std::size_t steps = shard.slots.size(); steps > 0 && bytes > 0; --steps) {
    shard.hand = (shard.hand + 1) & (shard.slots.size() - 1);
    Entry* entry = shard.slots[shard.hand].entry;
    if (entry == nullptr || entry->was_read.exchange(false, std::memory_order_relaxed)) continue;
    bytes -= static_cast<std::int64_t>(entry->allocated() + kAllocationBytes);
    Remove(shard, shard.hand);
    // Another cell may have moved to this slot.
    shard.hand = (shard.hand - 1) & (shard.slots.size() - 1);
    ++evicted;
  }
  return evicted;
}

std::int64_t RamCells::Evict(std::int64_t bytes) {
  std::int64_t evicted = 0;
  for (std::size_t i = 0; i < kShards && bytes > 0; ++i) {
    evicted += EvictFrom(shards_[next_shard_.fetch_add(1, std::memory_order_relaxed) % kShards], bytes);
  }
  return evicted;
}

void RamCells::Clear() {
  for (Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    for (const Slot& slot : shard.slots) {
      if (slot.entry != nullptr) Free(slot.entry);
    }
    used_bytes_->fetch_sub(static_cast<std::int64_t>(shard.slots.size() * sizeof(Slot)), std::memory_order_relaxed);
    shard.slots = {};
    shard.count = 0;
    shard.hand = 0;
  }
}

}  // namespace larder
