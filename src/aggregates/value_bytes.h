// One value of any type as bytes: what states keep of first, last and the like.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aggregates/result_column.h"
#include "columnar/value_type.h"
#include "expressions/vector.h"

namespace larder {

/// Appends a value that is not null. Numbers, dates and timestamps take 8 bytes, a bool one; texts their bytes; lists a
/// varint of the length, then for each element a byte (0: null) and, with its length before it if it is a text, the
/// value. Bits stay.
void AppendValueBytes(const Vector& values, std::int64_t index, std::string& out);

/// Tells whether the bytes can be a value of this type.
bool IsValueBytes(std::string_view bytes, ValueType type);

/// Sets a row to the value; the bytes are of the column's type.
void SetFromValueBytes(std::string_view bytes, ResultColumn& result, std::int64_t row);

}  // namespace larder
