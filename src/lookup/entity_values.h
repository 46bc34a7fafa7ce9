// The lists that a request brings, as values of a type: keys to look up by, and inputs of on-demand features.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "columnar/value_type.h"
#include "expressions/vector.h"

namespace larder {

/// Holds the values of one list. Reuse one object for many requests: its memory stays. Texts are borrowed from the
/// parser of the request. Not thread-safe.
class EntityValues {
 public:
  /// Reads a list over what was held. Returns false for what is not in its usual form: a fraction or a text for a
  /// number beyond whole ones, a value out of range, base64, a list; ReadJsonColumn reads or refuses it.
  bool Read(const simdjson::dom::array& list, ValueType type);

  std::int64_t row_count() const { return row_count_; }
  bool is_null(std::int64_t row) const { return valid_[static_cast<std::size_t>(row)] == 0; }
  /// Returns the values in the layout of expressions; good until the next Read.
  Vector vector() const;

  /// Appends the part that a row, which is not null, has in a join key.
  void AppendKeyPart(std::int64_t row, std::vector<char>& key) const;

 private:
  bool ReadValue(const simdjson::dom::element& value);
  bool ReadInteger(const simdjson::dom::element& value);
  bool ReadText(std::string_view text);

  ValueType type_;
  std::int64_t row_count_ = 0;
  bool has_nulls_ = false;
  std::vector<std::uint8_t> valid_;
  std::vector<std::uint8_t> bools_;
  std::vector<std::int64_t> integers_;
  std::vector<double> floats_;
  std::vector<std::string_view> texts_;
};

}  // namespace larder
