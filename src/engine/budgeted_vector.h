// A growing array whose bytes are counted in a memory budget.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "base/status.h"

namespace larder {

/// Holds bytes of the operating system: large blocks in huge pages where there are some, so that reads in random order
/// do not wait for page tables, and in pages that other blocks of the budget gave back. Move-only.
class ByteBlock {
 public:
  ByteBlock() = default;
  ByteBlock(ByteBlock&& other) noexcept
      : kept_(other.kept_),
        bytes_(std::exchange(other.bytes_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        stretch_sizes_(std::move(other.stretch_sizes_)) {}
  ByteBlock& operator=(ByteBlock&& other) noexcept {
    std::swap(kept_, other.kept_);
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(stretch_sizes_, other.stretch_sizes_);
    return *this;
  }
  ~ByteBlock();

  /// Returns how many bytes a block takes that shall hold `size`.
  static std::size_t RoundUp(std::size_t size);

  /// Tells whether growing moves pages only: no second copy lives meanwhile.
  bool KeepsPlace() const;

  std::byte* bytes() const { return bytes_; }
  std::size_t size() const { return size_; }
  /// Grows to `size` bytes, as RoundUp returns them; keeps what is there. Of the rest, bytes below the number returned
  /// may be anything, those behind are 0; nullopt, and nothing changed, when the system has no memory. `kept` outlives
  /// the block, and is the same at each call.
  std::optional<std::size_t> Grow(std::size_t size, KeptPages& kept);

 private:
  std::optional<std::size_t> GrowOnHeap(std::size_t size);
  std::optional<std::size_t> GrowMapped(std::size_t size);

  KeptPages* kept_ = nullptr;
  std::byte* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::vector<std::size_t> stretch_sizes_;  // of the mappings that make up a mapped block
};

/// Holds values of a plain type of which zeros are the default. Room is reserved in the budget before it is taken;
/// adding beyond the room is a programmer's error that the sanitizers find. Not thread-safe; move-only.
template <class T>
class BudgetedVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// `purpose` is named in the failure when the budget is full; it must outlive this object.
  BudgetedVector(MemoryBudget* memory, std::string_view purpose)
      : memory_(memory), purpose_(purpose), reservation_(memory) {}
  BudgetedVector(BudgetedVector&& other) noexcept
      : memory_(other.memory_),
        purpose_(other.purpose_),
        reservation_(std::move(other.reservation_)),
        block_(std::move(other.block_)),
        size_(std::exchange(other.size_, 0)),
        written_(std::exchange(other.written_, 0)) {}
  BudgetedVector& operator=(BudgetedVector&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(purpose_, other.purpose_);
    reservation_ = std::move(other.reservation_);
    block_ = std::move(other.block_);
    std::swap(size_, other.size_);
    std::swap(written_, other.written_);
    return *this;
  }
  ~BudgetedVector() = default;

  /// Makes room for `count` more values; at least doubles when it must grow. Unchanged on failure.
  Status MakeRoom(std::size_t count) {
    if (size_ + count <= capacity()) return {};
    return MakeCapacity(std::max(size_ + count, capacity() * 2));
  }

  /// Makes the array exactly `count` long; new values are zeros. Unchanged on failure. Costs nothing for memory that is
  /// new.
  Status Resize(std::size_t count) {
    LARDER_RETURN_IF_ERROR(MakeCapacity(count));
    const std::size_t stale = std::min(count, written_);
    if (stale > size_) std::memset(static_cast<void*>(data() + size_), 0, (stale - size_) * sizeof(T));
    SetSize(count);
    return {};
  }

  /// Makes the array exactly `count` long; new values are anything. Unchanged on failure.
  Status ResizeForOverwrite(std::size_t count) {
    LARDER_RETURN_IF_ERROR(MakeCapacity(count));
    SetSize(count);
    return {};
  }

  /// Makes the array exactly `count` long; new values are `value`. Unchanged on failure.
  Status Resize(std::size_t count, T value) {
    const std::size_t begin = size_;
    LARDER_RETURN_IF_ERROR(ResizeForOverwrite(count));
    if (count > begin) std::fill(data() + begin, data() + count, value);
    return {};
  }

  /// Appends values; room must have been made.
  void Add(T value) {
    data()[size_++] = value;
    written_ = std::max(written_, size_);
  }
  void Add(const T* begin, const T* end) {
    if (begin == end) return;
    std::memcpy(static_cast<void*>(data() + size_), begin, static_cast<std::size_t>(end - begin) * sizeof(T));
    size_ += static_cast<std::size_t>(end - begin);
    written_ = std::max(written_, size_);
  }

  /// Gives all memory back.
  void Reset() {
    ByteBlock freed = std::move(block_);
    reservation_.Reset();
    size_ = 0;
    written_ = 0;
  }
  /// Forgets the values and keeps the room.
  void Clear() { size_ = 0; }

  MemoryBudget* memory() const { return memory_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return reinterpret_cast<T*>(block_.bytes()); }
  const T* data() const { return reinterpret_cast<const T*>(block_.bytes()); }
  T& operator[](std::size_t index) { return data()[index]; }
  const T& operator[](std::size_t index) const { return data()[index]; }
  std::span<const T> span() const { return {data(), size_}; }
  std::span<T> span() { return {data(), size_}; }

 private:
  std::size_t capacity() const { return block_.size() / sizeof(T); }

  void SetSize(std::size_t count) {
    size_ = count;
    written_ = std::max(written_, size_);
  }

  Status MakeCapacity(std::size_t count) {
    if (count <= capacity()) return {};
    const std::size_t grown_size = ByteBlock::RoundUp(count * sizeof(T));
    // Pages move, bytes on the heap are copied: then both arrays live for a while.
    const std::size_t needed = block_.KeepsPlace() ? grown_size - block_.size() : grown_size;
    MemoryReservation grown(memory_);
    LARDER_RETURN_IF_ERROR(grown.Grow(static_cast<std::int64_t>(needed), purpose_));
    const std::optional<std::size_t> dirty_end = block_.Grow(grown_size, memory_->kept_pages());
    if (!dirty_end) {
      return Status(Reason::kMemoryLimit, "the machine has no memory left for " + std::string(purpose_),
                    "lower engine.memory in larder.yaml, or end other programs");
    }
    memory_->MakeRoomBesideKeptPages();
    if (needed == grown_size) reservation_.Reset();
    reservation_.Add(std::move(grown));
    written_ = std::max(written_, (*dirty_end + sizeof(T) - 1) / sizeof(T));
    return {};
  }

  MemoryBudget* memory_;
  std::string_view purpose_;
  MemoryReservation reservation_;
  ByteBlock block_;
  std::size_t size_ = 0;
  std::size_t written_ = 0;  // values below may differ from zero
};

}  // namespace larder
