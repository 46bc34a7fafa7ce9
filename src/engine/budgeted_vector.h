// A growing array whose bytes are counted in a memory budget.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/memory_budget.h"
#include "base/status.h"

namespace larder {

/// Holds bytes of the operating system: large blocks in huge pages where there are some, so that reads in random order
/// do not wait for page tables. Move-only.
class ByteBlock {
 public:
  ByteBlock() = default;
  ByteBlock(ByteBlock&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  ByteBlock& operator=(ByteBlock&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~ByteBlock();

  std::byte* bytes() const { return bytes_; }
  std::size_t size() const { return size_; }
  /// Grows to `size` bytes; keeps what is there, the rest is 0. Returns false when the system has no memory.
  bool Grow(std::size_t size);

 private:
  std::byte* bytes_ = nullptr;
  std::size_t size_ = 0;
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
    return Reallocate(std::max(size_ + count, capacity() * 2));
  }

  /// Makes the array exactly `count` long; new values are zeros. Unchanged on failure. Costs nothing for memory that is
  /// new.
  Status Resize(std::size_t count) {
    if (count > capacity()) LARDER_RETURN_IF_ERROR(Reallocate(count));
    const std::size_t stale = std::min(count, written_);
    if (stale > size_) std::memset(static_cast<void*>(data() + size_), 0, (stale - size_) * sizeof(T));
    size_ = count;
    written_ = std::max(written_, size_);
    return {};
  }

  /// Makes the array exactly `count` long; new values are `value`. Unchanged on failure.
  Status Resize(std::size_t count, T value) {
    const std::size_t begin = size_;
    LARDER_RETURN_IF_ERROR(Resize(count));
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

  Status Reallocate(std::size_t capacity) {
    // Both arrays may live while the values move, so both are counted.
    MemoryReservation grown(memory_);
    LARDER_RETURN_IF_ERROR(grown.Grow(static_cast<std::int64_t>(capacity * sizeof(T)), purpose_));
    if (!block_.Grow(capacity * sizeof(T))) {
      return Status(Reason::kMemoryLimit, "the machine has no memory left for " + std::string(purpose_),
                    "lower engine.memory in larder.yaml, or end other programs");
    }
    reservation_.Reset();
    reservation_ = std::move(grown);
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
