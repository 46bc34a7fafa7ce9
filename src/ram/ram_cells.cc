#include "ram/ram_cells.h"

#include <algorithm>

namespace larder {
namespace {

// Keys whose memory is fetched together: enough to hide a trip to memory, few enough for the processor's buffers.
constexpr std::size_t kGroup = 16;
// So many replaced entries of a shard are freed together: a look at the pins costs about as much as freeing twenty.
constexpr std::size_t kRetiredAtOnce = 32;

void Answer(const RamEntry* entry, CellInMemory& cell) {
  if (entry == nullptr) {
    cell = {};
    return;
  }
  cell.state = entry->deleted() ? MemoryState::kDeleted : MemoryState::kFound;
  cell.time = entry->time();
  cell.value = entry->value();
  cell.revision = entry->stamp().bits();
  // The caller is going to read the value: let its lines come while the other keys are looked up.
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kMostLines = 8;
  for (std::size_t line = 1; line < kMostLines && line * kLine < cell.value.size(); ++line) {
    __builtin_prefetch(cell.value.data() + line * kLine);
  }
}

}  // namespace

/// Marks a shard as being changed, and at its end retires what the change replaced.
class RamCells::Change {
 public:
  Change(RamCells& cells, Shard& shard) : cells_(cells), shard_(shard), retired_before_(shard.retired.size()) {
    shard_.change.fetch_add(1);
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  ~Change() {
    shard_.change.fetch_add(1);
    if (shard_.retired.size() == retired_before_) return;
    const std::uint64_t moment = cells_.pins_->EndMoment();
    for (std::size_t i = retired_before_; i < shard_.retired.size(); ++i) shard_.retired[i].moment = moment;
    if (shard_.retired.size() >= std::max(shard_.next_free_at, kRetiredAtOnce)) cells_.FreeRetired(shard_);
  }

 private:
  RamCells& cells_;
  Shard& shard_;
  const std::size_t retired_before_;
};

RamCells::RamCells(std::shared_ptr<MemoryPins> pins, std::shared_ptr<std::atomic<std::int64_t>> used_bytes)
    : pins_(std::move(pins)), used_bytes_(std::move(used_bytes)) {}

RamCells::~RamCells() {
  for (Shard& shard : shards_) {
    ClearShard(shard);
    for (const Retired& retired : shard.retired) {
      if (retired.entry != nullptr) RamEntry::Free(retired.entry);
    }
  }
}

void RamCells::Find(std::span<const CellKey> keys, bool marks_read, std::span<CellInMemory> cells) const {
  std::size_t begin = 0;  // of keys that were not looked up yet, each of another entity than its neighbours
  for (std::size_t i = 0; i < keys.size();) {
    std::size_t end = i + 1;
    while (end < keys.size() && keys[end].entity_key == keys[i].entity_key) ++end;
    const bool is_alone = end == i + 1;
    if (is_alone && end - begin < kGroup && end < keys.size()) {
      i = end;
      continue;
    }
    const std::size_t group_end = is_alone ? end : i;
    if (group_end > begin) {
      FindGroup(keys.subspan(begin, group_end - begin), marks_read, cells.subspan(begin));
    }
    if (!is_alone) FindOfEntity(keys.subspan(i, end - i), marks_read, cells.subspan(i));
    i = begin = end;
  }
}

void RamCells::FindGroup(std::span<const CellKey> keys, bool marks_read, std::span<CellInMemory> cells) const {
  std::array<std::uint64_t, kGroup> hashes;
  std::array<const RamIndex*, kGroup> indexes;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::uint64_t entity_hash = EntityHash(keys[i].entity_key);
    hashes[i] = CellHash(entity_hash, keys[i]);
    indexes[i] = ShardOf(entity_hash).index.load();
    if (indexes[i] != nullptr) indexes[i]->PrefetchPlace(hashes[i]);
  }
  for (std::size_t i = 0; i < keys.size() && keys.size() > 1; ++i) {
    if (indexes[i] != nullptr) indexes[i]->PrefetchEntry(hashes[i]);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Answer(indexes[i] == nullptr ? nullptr : indexes[i]->Find(hashes[i], keys[i], marks_read), cells[i]);
  }
}

/// Looks up cells that must be of one moment: again while somebody changes the shard, and not for ever.
void RamCells::FindOfEntity(std::span<const CellKey> keys, bool marks_read, std::span<CellInMemory> cells) const {
  constexpr int kTries = 8;
  const std::uint64_t entity_hash = EntityHash(keys[0].entity_key);
  const Shard& shard = ShardOf(entity_hash);
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t change = shard.change.load();
    if (change % 2 != 0) continue;
    const RamIndex* const index = shard.index.load();
    for (std::size_t k = 0; k < keys.size(); ++k) {
      Answer(index == nullptr ? nullptr : index->Find(CellHash(entity_hash, keys[k]), keys[k], marks_read), cells[k]);
    }
    if (shard.change.load() == change) return;
  }
  std::fill_n(cells.begin(), keys.size(), CellInMemory());
}

bool RamCells::Contains(const CellKey& key) const {
  const MemoryPin pin = pins_->Take();
  CellInMemory cell;
  if (pin.is_held()) Find({&key, 1}, false, {&cell, 1});
  return cell.state != MemoryState::kUnknown;
}

void RamCells::Put(std::span<const RamCell> cells, PutRule rule, const std::function<bool()>& may_put) {
  const std::uint64_t entity_hash = EntityHash(cells[0].key.entity_key);
  Shard& shard = ShardOf(entity_hash);
  const std::scoped_lock lock(shard.mutex);
  if (!may_put()) return;
  const Change change(*this, shard);
  for (const RamCell& cell : cells) PutOne(shard, CellHash(entity_hash, cell.key), cell, rule);
}

void RamCells::PutOne(Shard& shard, std::uint64_t hash, const RamCell& cell, PutRule rule) {
  if (shard.owned_index == nullptr) {
    Grow(shard, RamIndex::kLeastPlaces);
  } else if (shard.owned_index->IsFull()) {
    // By a quarter: what stands empty counts in the memory bound.
    Grow(shard, shard.owned_index->place_count() * 5 / 4);
  }
  RamIndex& index = *shard.owned_index;
  const std::size_t place = index.PlaceOf(hash, cell.key);
  RamEntry* const old = index.At(place);
  if (rule == (old == nullptr ? PutRule::kIfPresent : PutRule::kIfAbsent)) return;
  if (old != nullptr && old->IsNewerThan(cell)) return;
  RamEntry* const entry = RamEntry::Make(cell);
  used_bytes_->fetch_add(entry->allocated_bytes(), std::memory_order_relaxed);
  index.Put(place, hash, entry);
  if (old != nullptr) Retire(shard, old);
}

void RamCells::Reserve(std::int64_t cell_count) {
  const auto per_shard = static_cast<std::size_t>(cell_count) / kShards;
  // A little more than the mean: shards differ.
  const std::size_t place_count = RamIndex::PlacesFor(per_shard + per_shard / 32);
  for (Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    if (shard.owned_index != nullptr && shard.owned_index->place_count() >= place_count) continue;
    const Change change(*this, shard);
    Grow(shard, place_count);
  }
}

void RamCells::Grow(Shard& shard, std::size_t place_count) {
  auto index = std::make_unique<RamIndex>(place_count);
  std::int64_t grown_bytes = index->byte_count();
  if (shard.owned_index != nullptr) {
    index->PutAllOf(*shard.owned_index);
    grown_bytes -= shard.owned_index->byte_count();
  }
  used_bytes_->fetch_add(grown_bytes, std::memory_order_relaxed);
  shard.index.store(index.get());
  std::swap(shard.owned_index, index);
  if (index != nullptr) shard.retired.push_back({0, nullptr, std::move(index)});
}

void RamCells::Retire(Shard& shard, RamEntry* entry) {
  used_bytes_->fetch_sub(entry->allocated_bytes(), std::memory_order_relaxed);
  shard.retired.push_back({0, entry, nullptr});
}

void RamCells::FreeRetired(Shard& shard) {
  const std::uint64_t oldest = pins_->OldestPinned();
  const auto is_seen = [oldest](const Retired& retired) { return retired.moment > oldest; };
  std::size_t kept = 0;
  for (Retired& retired : shard.retired) {
    if (is_seen(retired)) {
      if (&shard.retired[kept] != &retired) shard.retired[kept] = std::move(retired);
      ++kept;
    } else {
      if (retired.entry != nullptr) RamEntry::Free(retired.entry);
      retired.index.reset();
    }
  }
  shard.retired.resize(kept);
  shard.next_free_at = kept * 2;
}

std::int64_t RamCells::EvictFrom(Shard& shard, std::int64_t& bytes, std::int64_t horizon_us) {
  const std::scoped_lock lock(shard.mutex);
  if (shard.owned_index == nullptr) return 0;
  const Change change(*this, shard);
  RamIndex& index = *shard.owned_index;
  std::int64_t evicted = 0;
  // Second chance: a cell that was read since the hand passed it stays for one more round.
  for (std::size_t steps = index.place_count(); steps > 0 && bytes > 0; --steps) {
    shard.hand = (shard.hand + 1) % index.place_count();
    RamEntry* const entry = index.At(shard.hand);
    if (entry == nullptr) continue;
    if (index.TakeReadMark(shard.hand) && entry->time().event_time_us >= horizon_us) continue;
    bytes -= entry->allocated_bytes();
    index.Remove(shard.hand);
    Retire(shard, entry);
    // Another cell may have moved to this place: it is looked at again.
    shard.hand = (shard.hand + index.place_count() - 1) % index.place_count();
    ++steps;
    ++evicted;
  }
  return evicted;
}

std::int64_t RamCells::Evict(std::int64_t bytes, std::int64_t horizon_us) {
  std::int64_t evicted = 0;
  for (std::size_t i = 0; i < kShards && bytes > 0; ++i) {
    evicted += EvictFrom(shards_[next_shard_.fetch_add(1, std::memory_order_relaxed) % kShards], bytes, horizon_us);
  }
  return evicted;
}

void RamCells::ClearShard(Shard& shard) {
  const std::scoped_lock lock(shard.mutex);
  if (shard.owned_index == nullptr) return;
  const Change change(*this, shard);
  shard.index.store(nullptr);
  for (std::size_t place = 0; place < shard.owned_index->place_count(); ++place) {
    if (RamEntry* const entry = shard.owned_index->At(place); entry != nullptr) Retire(shard, entry);
  }
  used_bytes_->fetch_sub(shard.owned_index->byte_count(), std::memory_order_relaxed);
  shard.retired.push_back({0, nullptr, std::move(shard.owned_index)});
  shard.hand = 0;
}

void RamCells::Clear() {
  for (Shard& shard : shards_) ClearShard(shard);
}

}  // namespace larder
