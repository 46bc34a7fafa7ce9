// Foreign Arrow arrays to the internal types, once, at the edge.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/value_type.h"

namespace larder {

/// Names a row for a message, such as "data/flights.parquet, row 17". `row` is the index in the converted array.
using RowNamer = std::function<std::string(std::int64_t row)>;

/// Says what a column shall become and how to speak of it.
struct Conversion {
  ValueType target;
  std::string column;                 ///< the column's name for messages
  RowNamer name_row = {};             ///< empty: "row N", counted from 1
  arrow::MemoryPool* pool = nullptr;  ///< nullptr: Arrow's default
};

/// Returns the type that a column of this Arrow type has inside Larder: integers below 32 bits and uint8 to uint64 are
/// int64, int32 stays; float16 is float32; string, large, view and dictionary are string; every binary is bytes; date64
/// is date; timestamps of every unit are timestamp; list, large and fixed-size lists are list<T>; an extension has the
/// type of its storage; a column of the null type is `declared`, else string. With `declared`, returns that type
/// if `Convert` can make it from `type`. Fails with kTypeMismatch for all other types, decimals undeclared included.
Result<ValueType> InternalTypeOf(const arrow::DataType& type, std::optional<ValueType> declared = std::nullopt);

/// Tells whether `Convert` can make `target` from values of `type` (single values may still fail).
bool CanConvert(const arrow::DataType& type, ValueType target);

/// Returns `array` as the internal type of `conversion.target`; nulls stay null, values of lists likewise. What may
/// become what, beside its own internal type:
///  - integers and decimals to a float: rounded once, to nearest even; float64 to float32 likewise; NaN stays NaN;
///  - integers and floats to an integer: only if exact, else kInexactValue;
///  - uint64 to int64 beyond its range: kValueOutOfRange;
///  - string (ISO 8601) to timestamp or date; date to timestamp (midnight UTC);
///  - string to bytes; bytes to string if they are UTF-8, else kInvalidData;
///  - timestamps of s, ms, ns to us: kInexactValue when finer than a microsecond, kValueOutOfRange when it overflows.
/// Nothing else: no number from bool or text, no text from numbers (kTypeMismatch). Messages name column and row.
/// Strings are checked to be UTF-8. The array is returned as it is, without a copy, when it already has the type.
/// Thread-safe.
Result<std::shared_ptr<arrow::Array>> Convert(const std::shared_ptr<arrow::Array>& array, const Conversion& conversion);

/// Converts every chunk; rows are counted over all chunks.
Result<std::shared_ptr<arrow::ChunkedArray>> ConvertChunks(const arrow::ChunkedArray& chunks,
                                                           const Conversion& conversion);

}  // namespace larder
