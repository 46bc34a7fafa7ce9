// The values of one part of an expression over a run of rows: plain arrays that kernels loop over.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/reason.h"
#include "expressions/expression_type.h"

namespace larder {

/// Provides the memory of one evaluation: bytes are taken one after another and given back all at once.
using Arena = std::pmr::monotonic_buffer_resource;

/// Names how values are laid out: several types share a layout, so that a kernel is written once.
enum class Storage : std::uint8_t {
  kBool,     ///< one byte, 0 or 1
  kInteger,  ///< int64: int32, int64, timestamp, date (days), duration; also of null
  kFloat,    ///< double: float32 (widened exactly), float64
  kText,     ///< std::string_view: string, bytes
  kList,     ///< ListSpan
};

/// Returns the layout of a type's values.
Storage StorageOf(ExpressionType type);

/// Marks the part of the elements that one list is.
struct ListSpan {
  std::int64_t offset = 0;
  std::int64_t length = 0;
};

/// Says why one row failed; made only when a failure is to be told.
struct FailureNote {
  Reason reason = Reason::kInvalidData;
  std::string message;
  std::string hint;
};

/// Holds values in memory that it does not own (an arena's, a column's, a literal's). Where `valid` is 0 the value is
/// null, and what stands in `values` is well-formed but means nothing. A failed row is null too.
struct Vector {
  ExpressionType type;
  bool is_constant = false;              ///< one value stands for every row
  const void* values = nullptr;          ///< in the layout of the type
  const std::uint8_t* valid = nullptr;   ///< a byte a row; nullptr: no nulls
  const std::uint8_t* failed = nullptr;  ///< a byte a row; nullptr: no failures
  const Vector* elements = nullptr;      ///< of lists: the values of all of them; never constant
  const FailureNote* note = nullptr;     ///< of the only row, when it failed and is to be explained

  /// Returns where the value of a row stands.
  std::int64_t IndexOf(std::int64_t row) const { return is_constant ? 0 : row; }
  /// Tells whether a row has a value.
  bool IsValid(std::int64_t row) const { return valid == nullptr || valid[IndexOf(row)] != 0; }
  /// Tells whether a row failed.
  bool IsFailed(std::int64_t row) const { return failed != nullptr && failed[IndexOf(row)] != 0; }
  /// Returns the values in their layout, which is the caller's to know.
  template <class T>
  const T* Values() const {
    return static_cast<const T*>(values);
  }
  /// Returns the value of a row.
  template <class T>
  T At(std::int64_t row) const {
    return Values<T>()[IndexOf(row)];
  }
};

/// Takes room for `count` values, not yet set.
template <class T>
T* Allocate(Arena& arena, std::int64_t count) {
  const std::size_t bytes = sizeof(T) * static_cast<std::size_t>(count > 0 ? count : 1);
  return static_cast<T*>(arena.allocate(bytes, alignof(T)));
}

/// Copies text into the arena.
std::string_view KeepText(Arena& arena, std::string_view text);

/// Returns the value of a row as text for a message or an example: texts in quotes, lists as [a, b], null as null.
std::string ValueText(const Vector& vector, std::int64_t row);

}  // namespace larder
