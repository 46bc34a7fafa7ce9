// A growing array whose bytes are counted in a memory budget.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "base/status.h"

namespace larder {

/// Holds values of a plain type. Room is reserved in the budget before it is taken; adding beyond the room is a
/// programmer's error that the sanitizers find. Not thread-safe.
template <class T>
class BudgetedVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// `purpose` is named in the failure when the budget is full; it must outlive this object.
  BudgetedVector(MemoryBudget* memory, std::string_view purpose)
      : memory_(memory), purpose_(purpose), reservation_(memory) {}

  /// Makes room for `count` more values; at least doubles when it must grow. Unchanged on failure.
  Status MakeRoom(std::size_t count) {
    if (values_.size() + count <= values_.capacity()) return {};
    return Reallocate(std::max(values_.size() + count, values_.capacity() * 2));
  }

  /// Makes the array exactly `count` long; new values are `value`. Unchanged on failure.
  Status Resize(std::size_t count, T value = T{}) {
    if (count > values_.capacity()) LARDER_RETURN_IF_ERROR(Reallocate(count));
    values_.resize(count, value);
    return {};
  }

  /// Appends a value; room must have been made.
  void Add(T value) { values_.push_back(value); }
  void Add(const T* begin, const T* end) { values_.insert(values_.end(), begin, end); }

  /// Gives all memory back.
  void Reset() {
    values_ = std::vector<T>();
    reservation_.Reset();
  }
  /// Forgets the values and keeps the room.
  void Clear() { values_.clear(); }

  MemoryBudget* memory() const { return memory_; }
  std::size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  T& operator[](std::size_t index) { return values_[index]; }
  const T& operator[](std::size_t index) const { return values_[index]; }
  std::span<const T> span() const { return values_; }
  std::span<T> span() { return values_; }

 private:
  Status Reallocate(std::size_t capacity) {
    // Both arrays live while the values move, so both are counted.
    MemoryReservation grown(memory_);
    LARDER_RETURN_IF_ERROR(grown.Grow(static_cast<std::int64_t>(capacity * sizeof(T)), purpose_));
    values_.reserve(capacity);
    reservation_.Reset();
    reservation_ = std::move(grown);
    return {};
  }

  MemoryBudget* memory_;
  std::string_view purpose_;
  MemoryReservation reservation_;
  std::vector<T> values_;
};

}  // namespace larder
