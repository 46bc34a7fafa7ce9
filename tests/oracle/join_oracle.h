// The point-in-time contract, §1, literally: nested loops, no cleverness. What the engine gives is judged by this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace larder::oracle {

/// Holds one join key value: null, bool, integer (also a date or a timestamp, as its number), or string (also bytes).
using Key = std::variant<std::monostate, bool, std::int64_t, std::string>;

/// Holds one feature value as bytes or text of the caller's choice; nullopt is null.
using Cell = std::optional<std::string>;

/// Holds a row of the left side; other columns are the caller's.
struct EntityRow {
  std::vector<Key> keys;
  std::optional<std::int64_t> time_us;
};

/// Holds a row of the right side. Of a source without event time `event_time_us` is INT64_MIN.
struct FeatureRow {
  std::vector<Key> keys;
  std::optional<std::int64_t> event_time_us;
  std::optional<std::int64_t> created_time_us;
  bool deleted = false;
  std::uint64_t ordinal = 0;  ///< the place in source order; no two rows have the same
  std::vector<Cell> values;
};

struct View {
  std::vector<FeatureRow> rows;  ///< in any order
  std::size_t value_count = 0;
  std::int64_t ttl_us = 0;  ///< 0: unlimited
  bool as_known = false;
};

enum class Status { kPresent, kNotFound, kOutsideMaxAge };

/// Holds what one view adds to one entity row.
struct Answer {
  std::vector<Cell> values;
  Status status = Status::kNotFound;
  std::optional<std::int64_t> event_time_us;  ///< of the winner
};

/// Returns one answer for each entity row, in their order.
///
/// Where the contract's text leaves room: the newest row with s <= t (and known, with as_known) decides. If it is a
/// deletion there is nothing that could be too old: NOT_FOUND, whatever its age. Else, if it is older than the ttl:
/// OUTSIDE_MAX_AGE. The winner of rule 3 is that same row, for a ttl takes away the oldest candidates only.
std::vector<Answer> Join(const std::vector<EntityRow>& entities, const View& view);

/// Tells whether `a` wins over `b` (rule 3): greater event time, then created time with null lowest, then ordinal.
bool WinsOver(const FeatureRow& a, const FeatureRow& b);

}  // namespace larder::oracle
