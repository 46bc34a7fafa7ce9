// Values as whole numbers in the same order: what minimum, maximum, quantiles and modes compare.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "expressions/vector.h"

namespace larder {

/// Stands for NaN: greater than the key of every other double.
inline constexpr std::int64_t kNanKey = INT64_MAX;

/// Returns the key of a double: -infinity least, -0.0 below +0.0, then +infinity, then every NaN as one.
inline std::int64_t OrderKeyOf(double value) {
  if (std::isnan(value)) return kNanKey;
  const auto bits = std::bit_cast<std::int64_t>(value);
  return bits >= 0 ? bits : bits ^ INT64_MAX;
}
/// Returns the double of a key; of kNanKey the one NaN that results have.
inline double DoubleOfKey(std::int64_t key) {
  constexpr std::int64_t kResultNanBits = 0x7ff8'0000'0000'0000;
  if (key == kNanKey) return std::bit_cast<double>(kResultNanBits);
  return std::bit_cast<double>(key >= 0 ? key : key ^ INT64_MAX);
}

/// Returns the key of a value that is no text and no list.
inline std::int64_t OrderKeyAt(const Vector& values, Storage storage, std::int64_t index) {
  if (storage == Storage::kFloat) return OrderKeyOf(values.At<double>(index));
  return storage == Storage::kBool ? values.At<std::uint8_t>(index) : values.At<std::int64_t>(index);
}

}  // namespace larder
