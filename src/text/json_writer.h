// JSON as it is told: one call, one piece of text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace larder {

/// Appends `text` as a JSON string with its quotes: `"`, `\` and control characters escaped, ill-formed UTF-8 replaced
/// by U+FFFD.
void AppendJsonString(std::string_view text, std::string& out);

/// Appends compact JSON to a string and puts the commas. Keeps no stack: that objects and arrays are closed, and that a
/// key stands before each value of an object, is up to the caller. Not thread-safe.
class JsonWriter {
 public:
  /// Writes to the end of `out`, which outlives the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view name);

  void String(std::string_view value);
  void Integer(std::int64_t value);
  void Unsigned(std::uint64_t value);
  /// Writes as AppendFloat64; null when not finite.
  void Float64(double value);
  /// Writes as AppendFloat32; null when not finite.
  void Float32(float value);
  void Bool(bool value);
  void Null();
  /// Writes text that is JSON already.
  void Raw(std::string_view json);

  /// Writes a key and its string.
  void StringMember(std::string_view name, std::string_view value);
  /// Writes a key and its integer.
  void IntegerMember(std::string_view name, std::int64_t value);
  /// Writes a key and its truth value.
  void BoolMember(std::string_view name, bool value);

 private:
  void Separate() {
    if (needs_comma_) out_.push_back(',');
    needs_comma_ = true;
  }
  void Open(char bracket);
  void Close(char bracket);

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace larder
