// A value with its event's place in the canonical order.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "aggregates/family_state.h"
#include "columnar/value_type.h"

namespace larder {

/// Holds one event's place in the canonical order and a value of it. Compares by event time, created time, tie (event
/// id and encoded values), at last the value's bytes: events that are equal in all are the same to every function.
struct OrderedValue {
  std::int64_t time_us = 0;
  std::int64_t created_us = 0;
  std::string tie;
  std::string value;  ///< as AppendValueBytes writes it; empty when there is none

  friend auto operator<=>(const OrderedValue&, const OrderedValue&) = default;

  /// Takes the place of an event, and the value of an input; nullptr: none.
  static OrderedValue Of(const StateEvent& event, const Vector* input);
  void Encode(std::string& out) const;
  /// Reads what Encode wrote, with a value of this type; nullptr: without one. False when the bytes cannot be one.
  bool Decode(ByteReader& reader, const ValueType* type);
};

}  // namespace larder
