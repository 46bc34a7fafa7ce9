// Columns of values as JSON lists: to Arrow arrays, and back to text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/value_type.h"
#include "serving/json_document.h"
#include "text/json_writer.h"

namespace larder {

/// Reads a JSON list as values of a type: numbers for numbers (an integer takes no fraction); text for strings, base64
/// for bytes, ISO text for dates and timestamps (these also as whole seconds since 1970), lists for lists; numbers and
/// truth values also as exact text; null for null. Fails with kTypeMismatch or kValueOutOfRange, naming place, row (from
/// 0) and value.
Result<std::shared_ptr<arrow::Array>> ReadJsonColumn(const simdjson::dom::element& list, ValueType type,
                                                     const std::string& place);

/// Reads an object of lists of equal length ("df") as a table. Columns in `types` have that type; of the others numbers
/// are int64 or float64, texts strings, truth values bool; columns of nulls alone are left out unless they have a type.
/// Fails as ReadJsonColumn, and with kUnequalLists, kLimitExceeded beyond `max_rows`.
Result<std::shared_ptr<arrow::Table>> ReadJsonTable(const simdjson::dom::element& object,
                                                    const std::map<std::string, ValueType>& types,
                                                    std::int64_t max_rows);

/// Writes an instant as ISO text under a name; null where there is none, also for the beginning of time: what stands
/// there has no time.
void WriteInstantMember(JsonWriter& json, std::string_view name, std::optional<std::int64_t> instant_us);

/// Says how values are written.
struct JsonValueStyle {
  bool iso_timestamps = false;  ///< ISO text with microseconds; else whole seconds since the epoch
};

/// Appends one value: integers without a point, floats with a point or exponent in the shortest text (null when not
/// finite), bytes as base64, dates as ISO text, lists as arrays. Internal types only.
void AppendJsonValue(const arrow::Array& values, std::int64_t row, const JsonValueStyle& style, std::string& out);

}  // namespace larder
