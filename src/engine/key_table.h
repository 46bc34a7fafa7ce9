// Join keys as dense numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <arrow/type_fwd.h>

#include "base/memory_budget.h"
#include "base/status.h"
#include "columnar/value_type.h"

namespace larder {

/// Stands for "a key column is null".
inline constexpr std::uint32_t kNullKeyId = UINT32_MAX;
/// Stands for "this key was never added".
inline constexpr std::uint32_t kUnknownKeyId = UINT32_MAX - 1;

/// Names the key columns of a batch: internal types, all of one length.
using KeyColumns = std::span<const std::shared_ptr<arrow::Array>>;

/// Gives each different key a number: 0, 1, 2... in the order of first appearance. Two keys have one number only if all
/// their columns are equal (int32 and int64 of one value are); equality is verified, never judged by a hash.
/// `columns` below are as many as the key has; `ids` is as long as they are. Not thread-safe, but several threads may
/// call `Find` together while none calls `FindOrAdd`.
class KeyTable {
 public:
  virtual ~KeyTable() = default;

  /// Puts the number of each row's key into `ids`, adding keys that are new; kNullKeyId where a column is null. Fails
  /// with kMemoryLimit; keys added before the failure stay.
  virtual Status FindOrAdd(KeyColumns columns, std::span<std::uint32_t> ids) = 0;

  /// Puts the number of each row's key into `ids`; kUnknownKeyId for keys never added, kNullKeyId for null ones.
  virtual Status Find(KeyColumns columns, std::span<std::uint32_t> ids) const = 0;

  /// Returns how many different keys there are.
  virtual std::uint32_t key_count() const = 0;

  /// Forgets all keys and gives their memory back.
  virtual void Clear() = 0;
};

/// Makes an empty table for keys of these types (at least one, each `is_key()`): single fixed-width keys are compared
/// as 64-bit words, all others by their encoding (columnar/join_key.h).
std::unique_ptr<KeyTable> NewKeyTable(std::span<const ValueType> types, MemoryBudget& memory);

}  // namespace larder
