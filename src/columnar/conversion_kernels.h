// The compiled loops of convert.h: one pass over a column, no call per value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/convert.h"

namespace larder {

/// Returns " (column 'x', row 3)": where a value stands, for the end of a message.
std::string ConversionPlace(const Conversion& conversion, std::int64_t row);

/// Copies which values are there; nullptr when all are.
Result<std::shared_ptr<arrow::Buffer>> CopyValidity(const arrow::Array& array, arrow::MemoryPool* pool);

/// Shares the values of an array under another type of the same layout.
std::shared_ptr<arrow::Array> RetypeValues(const arrow::Array& array, ValueType type);

/// Converts integers and floats of any width to a number: to a float rounds once, to an integer must be exact.
Result<std::shared_ptr<arrow::Array>> ConvertNumbers(const arrow::Array& array, const Conversion& conversion);

/// Converts decimals to a float, rounded once.
Result<std::shared_ptr<arrow::Array>> ConvertDecimals(const arrow::Array& array, const Conversion& conversion);

/// Converts timestamps of any unit to microseconds.
Result<std::shared_ptr<arrow::Array>> ConvertTimestamps(const arrow::Array& array, const Conversion& conversion);

/// Converts dates in days or milliseconds to dates or timestamps.
Result<std::shared_ptr<arrow::Array>> ConvertDates(const arrow::Array& array, const Conversion& conversion);

}  // namespace larder
