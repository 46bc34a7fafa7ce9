// The point-in-time contract, §2, literally: nested loops and exact numbers. What windows give is judged by this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/oracle/join_oracle.h"

namespace larder::oracle {

/// Holds a value of an event or a result: null, bool, whole number (also an instant or a date), double (also a float32,
/// exactly), text.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

/// Holds an event of a key.
struct Event {
  std::vector<Key> keys;
  std::optional<std::int64_t> event_time_us;
  std::optional<std::int64_t> created_time_us;
  bool deleted = false;
  Key event_id;               ///< null: an event of its own; a deletion without one deletes its key
  std::string encoded;        ///< the encoded values, by which ties are ordered
  std::vector<Value> values;  ///< inputs of functions, and conditions
};

/// Says which events of a key a window holds.
struct WindowSpan {
  enum class Kind { kLength, kLifetime, kRows, kEvery };
  Kind kind = Kind::kLifetime;
  std::int64_t length_us = 0;
  std::int64_t row_count = 0;
  std::int64_t every_us = 0;
  std::int64_t offset_us = 0;
  std::int64_t ago_us = 0;
  bool end_exclusive = false;
};

/// Names a function by its name in definitions, the value that it is taken of (none: of rows), and the condition.
struct WindowCall {
  std::string function;
  std::optional<std::size_t> input;
  std::optional<std::size_t> where;
  WindowSpan window;
};

/// Holds the answer for one entity row.
struct WindowAnswer {
  bool is_found = false;  ///< false for a null key or time: the value is null
  bool overflows = false;
  Value value;
  std::optional<std::int64_t> event_time_us;  ///< of the newest event in the window
};

/// Returns one answer for each entity row, in their order.
///
/// Where the contract's text leaves room: the identity of events is judged over all events of a key, whenever they
/// happened (with `as_known` over those known at t); of two rows of one event with equal times a deletion wins, then
/// the greater encoded values. A deletion without an event id takes away every event of its key that is not after it
/// in (s, c). Conditions are asked after the rows of a row window are counted. A window of a grid holds its begin and
/// not its end when its end is exclusive, so that every event is in one tumbling window.
std::vector<WindowAnswer> Aggregate(const std::vector<EntityRow>& entities, const std::vector<Event>& events,
                                    const WindowCall& call, bool as_known);

}  // namespace larder::oracle
