// Cells that are to be read from the store again, as readers ask that must not wait.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "online/cell.h"

namespace larder {

/// Holds keys on their way from readers to the one who reads them anew. A key has one slot where it can stand, by its
/// hash: so many readers of one key leave it once. Any number of readers, one who takes.
class RefreshSlots {
 public:
  static constexpr std::size_t kSlots = 1024;
  /// Bounds both parts of a key together; longer ones are not kept.
  static constexpr std::size_t kMostKeyBytes = 120;

  /// Counts its own bytes in `used_bytes`.
  explicit RefreshSlots(std::shared_ptr<std::atomic<std::int64_t>> used_bytes);
  RefreshSlots(const RefreshSlots&) = delete;
  RefreshSlots& operator=(const RefreshSlots&) = delete;
  ~RefreshSlots();

  /// Leaves a key, unless its slot is taken. Without a lock, an allocation or a wait.
  void Ask(const CellKey& key);

  /// Holds a key that was taken; its bytes stay until it is released.
  struct Taken {
    std::size_t slot = 0;
    CellKey key;
  };
  /// Takes all keys; each keeps its slot until Release.
  std::vector<Taken> TakeAll();
  void Release(std::size_t slot);

 private:
  enum class State : std::uint8_t { kFree, kFilling, kAsked, kTaken };
  struct Slot {
    std::atomic<State> state{State::kFree};
    std::uint8_t entity_size = 0;
    std::uint8_t sort_size = 0;
    std::array<char, kMostKeyBytes> bytes{};
  };
  const std::shared_ptr<std::atomic<std::int64_t>> used_bytes_;
  std::array<Slot, kSlots> slots_;
};

}  // namespace larder
