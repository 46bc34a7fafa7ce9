// Join keys as bytes: equal keys, and only they, have equal bytes (docs/formats/join_key.md).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "columnar/value_type.h"

namespace larder {

/// Holds the encoded keys of the rows of a batch. Reuse one object for many batches: its memory stays.
struct JoinKeyBatch {
  std::vector<char> bytes;             ///< all keys, one after another
  std::vector<std::uint64_t> offsets;  ///< row_count + 1 places in `bytes`
  std::vector<std::uint64_t> hashes;   ///< XXH3 (64 bits, seed 0) of each key; 0 for a null row
  std::vector<std::uint8_t> is_null;   ///< 1: a key column is null in this row, and its key is empty
  std::int64_t null_count = 0;         ///< rows with is_null

  std::int64_t row_count() const { return static_cast<std::int64_t>(is_null.size()); }
  std::string_view key(std::int64_t row) const {
    const auto i = static_cast<std::size_t>(row);
    return std::string_view(bytes.data() + offsets[i], offsets[i + 1] - offsets[i]);
  }
};

/// Encodes the key columns of a batch, in the given order, over what `keys` held. The columns have one length and
/// internal types: bool, int32, int64, string, bytes, date, timestamp; others are kTypeMismatch. Keys of equal values
/// are equal bytes (int32 and int64 of one value alike), keys of different values differ, no key is the beginning of
/// another, and bytes sort as the values do, column by column. `keys` is undefined on failure.
Status EncodeJoinKeys(std::span<const std::shared_ptr<arrow::Array>> columns, JoinKeyBatch& keys);

/// Appends the part of a key that a bool has, byte for byte as EncodeJoinKeys writes it: for keys that come one at a
/// time. Allocates only when `key` has to grow.
void AppendKeyBool(bool value, std::vector<char>& key);
/// Appends the part of an int32, int64 or timestamp, as AppendKeyBool.
void AppendKeyInteger(std::int64_t value, std::vector<char>& key);
/// Appends the part of a date, as AppendKeyBool.
void AppendKeyDate(std::int32_t days, std::vector<char>& key);
/// Appends the part of a string or bytes, as AppendKeyBool.
void AppendKeyText(std::string_view text, std::vector<char>& key);

/// Decodes keys to one array for each of `types`; kDamaged when a key is not what `EncodeJoinKeys` gives for them.
Result<std::vector<std::shared_ptr<arrow::Array>>> DecodeJoinKeys(std::span<const std::string_view> keys,
                                                                  std::span<const ValueType> types);

}  // namespace larder
