// Values as whole numbers in the same order: what minimum, maximum, quantiles and modes compare.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

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

/// Returns a key whose order is turned around, so that a greatest value is a least one; NaN stays above all.
inline std::int64_t TurnedKey(std::int64_t key, Storage storage) {
  return storage == Storage::kFloat && key == kNanKey ? kNanKey : ~key;
}

/// Fills in the keys of `count` values, turned around when a greatest is wanted.
inline void FillTurnedKeys(const Vector& values, std::int64_t count, bool is_max, std::vector<std::int64_t>& keys) {
  const Storage storage = StorageOf(values.type);
  keys.resize(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t key = OrderKeyAt(values, storage, i);
    keys[static_cast<std::size_t>(i)] = is_max ? TurnedKey(key, storage) : key;
  }
}

}  // namespace larder
