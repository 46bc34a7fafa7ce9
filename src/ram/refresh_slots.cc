#include "ram/refresh_slots.h"

#include <algorithm>
#include <utility>

#include "ram/ram_index.h"

namespace larder {

RefreshSlots::RefreshSlots(std::shared_ptr<std::atomic<std::int64_t>> used_bytes) : used_bytes_(std::move(used_bytes)) {
  used_bytes_->fetch_add(sizeof(RefreshSlots));
}

RefreshSlots::~RefreshSlots() { used_bytes_->fetch_sub(sizeof(RefreshSlots)); }

void RefreshSlots::Ask(const CellKey& key) {
  if (key.entity_key.size() + key.sort_key.size() > kMostKeyBytes) return;
  Slot& slot = slots_[CellHash(EntityHash(key.entity_key), key) % kSlots];
  State expected = State::kFree;
  if (slot.state.load(std::memory_order_relaxed) != State::kFree ||
      !slot.state.compare_exchange_strong(expected, State::kFilling, std::memory_order_acquire)) {
    return;
  }
  std::copy(key.entity_key.begin(), key.entity_key.end(), slot.bytes.begin());
  std::copy(key.sort_key.begin(), key.sort_key.end(), slot.bytes.begin() + key.entity_key.size());
  slot.entity_size = static_cast<std::uint8_t>(key.entity_key.size());
  slot.sort_size = static_cast<std::uint8_t>(key.sort_key.size());
  slot.state.store(State::kAsked, std::memory_order_release);
}

std::vector<RefreshSlots::Taken> RefreshSlots::TakeAll() {
  std::vector<Taken> taken;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.state.load(std::memory_order_acquire) != State::kAsked) continue;
    slot.state.store(State::kTaken, std::memory_order_relaxed);
    const std::string_view bytes(slot.bytes.data(), std::size_t{slot.entity_size} + slot.sort_size);
    taken.push_back({i, {bytes.substr(0, slot.entity_size), bytes.substr(slot.entity_size)}});
  }
  return taken;
}

void RefreshSlots::Release(std::size_t slot) { slots_[slot].state.store(State::kFree, std::memory_order_release); }

}  // namespace larder
