// Random values and keys, their Arrow arrays, and the bits of an array's values to compare by.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/random.h"
#include "columnar/value_type.h"
#include "tests/oracle/join_oracle.h"

namespace larder::differential {

/// Holds the bits of a value; nullopt is null. Of fixed width: the bytes as in memory (bool one byte); strings and
/// bytes: themselves; lists: for each element one byte (0: null) and, if it is not null, its bits with their length.
using Bits = std::optional<std::string>;

/// Returns a random value of `type`, null once in `null_in` times (0: never): small values that meet again, the ends of
/// ranges, NaNs with payloads, -0.0, empty and long strings, lists with nulls.
Bits RandomBits(Random& random, ValueType type, std::uint64_t null_in);

/// Returns a few different key values of `type`, none null. Integers have the bits of an int64; `narrow`: int32 holds
/// them.
std::vector<Bits> RandomKeyPool(Random& random, ValueType type, bool narrow);

/// Returns the bits in `type` of a key of a pool.
Bits KeyAs(ValueType type, const Bits& key);

/// Makes the array of `values`, with internal type, somewhere inside larger buffers once in a while.
std::shared_ptr<arrow::Array> MakeArray(Random& random, ValueType type, const std::vector<Bits>& values);

/// Returns the bits of a value of an array of internal type.
Bits BitsAt(const arrow::Array& array, std::int64_t row);

/// Returns the key that the oracle compares.
oracle::Key OracleKey(ValueType type, const Bits& bits);

/// Returns `a` + `b`, or the nearest end of int64.
std::int64_t SaturatingAdd(std::int64_t a, std::int64_t b);

template <class T>
std::string BitsOf(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class T>
T FromBits(const std::string& bits) {
  T value;
  __builtin_memcpy(&value, bits.data(), sizeof value);
  return value;
}

}  // namespace larder::differential
