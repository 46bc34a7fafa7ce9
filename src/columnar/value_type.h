// The types of feature values and join keys, and the Arrow types that carry them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

#include "base/status.h"

namespace larder {

/// Names the kinds of values.
enum class TypeKind : std::uint8_t {
  kBool,
  kInt32,
  kInt64,
  kFloat32,
  kFloat64,
  kString,
  kBytes,
  kTimestamp,  ///< int64 microseconds since the epoch, UTC
  kDate,       ///< int32 days since the epoch
  kList,       ///< a list of one of the kinds above
};

/// Describes the type of a value. Every array inside Larder has the Arrow type that `ToArrow` gives; readers convert at
/// the edge ("internal types"): bool, int32, int64, float, double, utf8, binary, timestamp[us, UTC], date32,
/// list<item>.
struct ValueType {
  TypeKind kind = TypeKind::kInt64;
  TypeKind element = TypeKind::kInt64;  ///< of a list; else ignored

  static ValueType Of(TypeKind kind) { return {kind, TypeKind::kInt64}; }
  static ValueType ListOf(TypeKind element) { return {TypeKind::kList, element}; }

  bool is_list() const { return kind == TypeKind::kList; }
  bool is_integer() const { return kind == TypeKind::kInt32 || kind == TypeKind::kInt64; }
  bool is_float() const { return kind == TypeKind::kFloat32 || kind == TypeKind::kFloat64; }
  bool is_number() const { return is_integer() || is_float(); }
  /// Tells whether the values of a column of this type have one size: all but strings, bytes and lists.
  bool is_fixed_width() const { return !is_list() && kind != TypeKind::kString && kind != TypeKind::kBytes; }
  /// Tells whether an entity may have this type: bool, integers, string, bytes, timestamp, date.
  bool is_key() const { return !is_list() && !is_float(); }

  friend bool operator==(const ValueType& a, const ValueType& b) {
    return a.kind == b.kind && (a.kind != TypeKind::kList || a.element == b.element);
  }
};

/// Returns the name used in definitions, such as "int64" or "list<float32>".
std::string TypeName(ValueType type);

/// Parses a name as `TypeName` writes it. Fails with kInvalidDefinition and the nearest known name as the hint.
Result<ValueType> ParseTypeName(std::string_view name);

/// Returns the Arrow type that carries `type` inside Larder.
std::shared_ptr<arrow::DataType> ToArrow(ValueType type);

/// Returns the type that this internal Arrow type carries; kTypeMismatch for any other Arrow type.
Result<ValueType> FromArrow(const arrow::DataType& type);

}  // namespace larder
