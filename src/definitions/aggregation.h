// An aggregation of a window view: a function over the events of a key, and the windows it is taken over.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "columnar/value_type.h"
#include "definitions/object_header.h"

namespace larder {

struct AggregateCall;

/// Describes which events of a key a window holds at a moment t (docs/concepts/windows.md).
struct Window {
  enum class Kind : std::uint8_t {
    kLength,    ///< t - length < s <= t
    kLifetime,  ///< s <= t
    kRows,      ///< the last `row_count` events with s <= t
    kEvery,     ///< as kLength, at the last moment of a grid that is not after t
  };
  Kind kind = Kind::kLifetime;
  std::int64_t length_us = 0;  ///< of kLength and kEvery; above 0
  std::int64_t row_count = 0;  ///< of kRows; above 0
  std::int64_t every_us = 0;   ///< of kEvery: the moments are offset + k * every; above 0
  std::int64_t offset_us = 0;  ///< of kEvery; below `every_us`
  std::int64_t ago_us = 0;     ///< of kEvery: the window is that of so much earlier
  std::string text;            ///< how it is named in features: "7d", "lifetime", "10rows", "every_1h_offset_15m"
  std::map<std::string, std::string> written;  ///< of kEvery: the durations as they were written, by key

  friend bool operator==(const Window& a, const Window& b) = default;
};

/// Holds a parameter of a function that has a key of its own, such as p: 0.9.
struct AggregationParameter {
  std::string key;
  std::vector<std::string> values;  ///< as written
};

/// Names what a function is taken of.
struct AggregationInput {
  std::string key;  ///< of the function's table row, such as "of" or "by"
  ExpressionText expression;
};

inline constexpr std::int64_t kMaxWindowRows = 1'000'000;
inline constexpr std::size_t kMaxWindowFeatures = 10'000;  ///< of one view

/// Describes one entry of `aggregations:`. Expressions are parsed; types need the source, see window_check.h.
struct Aggregation {
  std::string name;
  std::string function;                          ///< a call of the table of aggregates: "mean", "quantile(0.9)"
  std::vector<AggregationInput> inputs;          ///< in the order of the function's inputs; none: of rows
  std::vector<AggregationParameter> parameters;  ///< those with keys of their own, such as p: 0.9
  std::vector<Window> windows;                   ///< in the order of the file, at least one
  std::optional<ExpressionText> where;           ///< only events for which it is true
  std::string per;                               ///< a column: one value for each of its values; empty: none
  std::int64_t top = 0;                          ///< of `per`: how many values are kept; 0: all
  bool end_exclusive = false;                    ///< s < t in place of s <= t
  std::string name_template;                     ///< of features, with {name}, {window} and {function}
  std::optional<ValueType> type;                 ///< of its features; nullopt: not yet known
  std::string description;
  std::map<std::string, std::string> tags;
  Location location;

  /// Returns the call of the function, its inputs' types and the window's length left open.
  Result<AggregateCall> Call() const;
  /// Returns the name of the feature over a window.
  std::string FeatureName(const Window& window) const;
};

class CanonicalWriter;
struct YamlValue;
class FaultList;

/// Reads one entry of `aggregations:`; faults go to `faults`.
Aggregation ReadAggregation(const std::string& name, const YamlValue& value, FaultList& faults);
/// Writes every field but the name, defaults resolved.
void WriteAggregation(const Aggregation& aggregation, CanonicalWriter& out);
/// Returns what decides the values of a feature over `window`, as one text: equal texts, equal values.
std::string AggregationMeaning(const Aggregation& aggregation, const Window& window);

}  // namespace larder
