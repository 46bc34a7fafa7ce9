// The types inside the expression language: those of values, and two that cannot be stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "columnar/value_type.h"

namespace larder {

/// Describes the type of a part of an expression: a value type; a duration (int64 microseconds), which exists only
/// inside the language; or the type of a bare `null`, which fits every other type.
struct ExpressionType {
  enum class Kind : std::uint8_t { kValue, kDuration, kNull };
  Kind kind = Kind::kNull;
  ValueType value;  ///< when kind is kValue; else ignored

  static ExpressionType Of(TypeKind kind) { return {Kind::kValue, ValueType::Of(kind)}; }
  static ExpressionType Of(ValueType type) { return {Kind::kValue, type}; }
  static ExpressionType ListOf(TypeKind element) { return {Kind::kValue, ValueType::ListOf(element)}; }
  static ExpressionType Duration() { return {Kind::kDuration, {}}; }
  static ExpressionType Null() { return {Kind::kNull, {}}; }

  bool is_null() const { return kind == Kind::kNull; }
  bool is_duration() const { return kind == Kind::kDuration; }
  bool is_value() const { return kind == Kind::kValue; }
  bool Is(TypeKind wanted) const { return is_value() && value.kind == wanted; }
  bool is_list() const { return is_value() && value.is_list(); }
  bool is_integer() const { return is_value() && value.is_integer(); }
  bool is_float() const { return is_value() && value.is_float(); }
  bool is_number() const { return is_value() && value.is_number(); }
  /// Returns the type of a list's elements. Call it for lists only.
  ExpressionType element() const { return Of(value.element); }

  friend bool operator==(const ExpressionType& a, const ExpressionType& b) {
    return a.kind == b.kind && (a.kind != Kind::kValue || a.value == b.value);
  }
};

/// Returns the name of a type as messages and the reference show it: "int64", "list<float32>", "duration", "null".
std::string TypeName(ExpressionType type);

/// Returns the type that holds values of both without loss of meaning, if there is one: equal types stay; null gives
/// way; int32 and int64 give int64; any other pair of numbers float64; date and timestamp give timestamp; lists by
/// their elements.
std::optional<ExpressionType> CommonType(ExpressionType a, ExpressionType b);

/// Tells whether the binder may turn `from` into `to` unasked: null to anything, int32 to int64, float32 to float64, an
/// integer to float64, date to timestamp, and lists by their elements.
bool ConvertsUnasked(ExpressionType from, ExpressionType to);

}  // namespace larder
