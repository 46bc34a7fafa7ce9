// Single values as the JSON of the wire, byte for byte as AppendJsonValue (src/serving/json_columns.h) writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "columnar/row_codec.h"
#include "columnar/value_type.h"
#include "expressions/vector.h"
#include "lookup/text_buffer.h"
#include "text/instant_text.h"

namespace larder {

/// Returns an instant as a moment of the calendar.
CivilMoment CivilMomentOf(std::int64_t instant_us);

/// Writes values into a buffer. Allocates nothing once warm. Not thread-safe.
class ValueWriter {
 public:
  /// Timestamps are ISO text with microseconds, else whole seconds.
  explicit ValueWriter(TextBuffer& out, bool iso_timestamps = false) : out_(out), iso_timestamps_(iso_timestamps) {}

  void SetIsoTimestamps(bool iso_timestamps) { iso_timestamps_ = iso_timestamps; }

  void Null() { out_.Append("null"); }
  void Bool(bool value) { out_.Append(value ? std::string_view("true") : std::string_view("false")); }
  void Integer(std::int64_t value);
  /// Write null for what is not finite.
  void Float32(float value);
  void Float64(double value);
  void Text(std::string_view value);
  void Bytes(std::string_view value);
  void Timestamp(std::int64_t instant_us);
  void Date(std::int64_t days);

  /// Writes a column of a row, which is not null there. Returns false for a list that is damaged.
  bool Stored(const RowView& row, std::size_t column, ValueType type);
  /// Writes a row of a vector, which is not null and no list; a constant vector has one value for every row.
  void Computed(const Vector& vector, std::int64_t row, TypeKind kind);

 private:
  template <class Values, class Index>
  void Scalar(const Values& values, Index index, TypeKind kind);

  TextBuffer& out_;
  bool iso_timestamps_;
  std::string scratch_;  ///< for texts that are not plain
};

}  // namespace larder
