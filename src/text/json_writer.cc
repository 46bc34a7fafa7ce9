#include "text/json_writer.h"

#include <array>
#include <cmath>
#include <cstddef>

#include "text/number_text.h"
#include "text/utf8.h"

namespace larder {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Marks the bytes that stand for themselves: all but quotes, backslashes and controls. Bytes of longer characters do
/// too, once the text is known to be well-formed.
constexpr std::array<bool, 256> MakePlain() {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0; byte < plain.size(); ++byte) plain[byte] = byte >= 0x20 && byte != 0x7F;
  plain['"'] = false;
  plain['\\'] = false;
  return plain;
}

constexpr std::array<bool, 256> kPlain = MakePlain();

void AppendEscape(char character, std::string& out) {
  switch (character) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(character);
  out.append("\\u00").push_back(kHexDigits[byte >> 4]);
  out.push_back(kHexDigits[byte & 15]);
}

void AppendEscaped(std::string_view text, std::string& out) {
  std::size_t plain_from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kPlain[static_cast<unsigned char>(text[i])]) continue;
    out.append(text.substr(plain_from, i - plain_from));
    AppendEscape(text[i], out);
    plain_from = i + 1;
  }
  out.append(text.substr(plain_from));
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out.push_back('"');
  if (IsValidUtf8(text)) {
    AppendEscaped(text, out);
  } else {
    std::string valid;
    AppendValidUtf8(text, valid);
    AppendEscaped(valid, out);
  }
  out.push_back('"');
}

void JsonWriter::Open(char bracket) {
  Separate();
  out_.push_back(bracket);
  needs_comma_ = false;
}

void JsonWriter::Close(char bracket) {
  out_.push_back(bracket);
  needs_comma_ = true;
}

void JsonWriter::Key(std::string_view name) {
  Separate();
  AppendJsonString(name, out_);
  out_.push_back(':');
  needs_comma_ = false;
}

void JsonWriter::String(std::string_view value) {
  Separate();
  AppendJsonString(value, out_);
}

void JsonWriter::Integer(std::int64_t value) {
  Separate();
  AppendInteger(value, out_);
}

void JsonWriter::Unsigned(std::uint64_t value) {
  Separate();
  AppendUnsigned(value, out_);
}

void JsonWriter::Float64(double value) {
  if (!std::isfinite(value)) return Null();
  Separate();
  AppendFloat64(value, out_);
}

void JsonWriter::Float32(float value) {
  if (!std::isfinite(value)) return Null();
  Separate();
  AppendFloat32(value, out_);
}

void JsonWriter::Bool(bool value) { Raw(value ? "true" : "false"); }

void JsonWriter::Null() { Raw("null"); }

void JsonWriter::Raw(std::string_view json) {
  Separate();
  out_.append(json);
}

void JsonWriter::StringMember(std::string_view name, std::string_view value) {
  Key(name);
  String(value);
}

void JsonWriter::IntegerMember(std::string_view name, std::int64_t value) {
  Key(name);
  Integer(value);
}

void JsonWriter::BoolMember(std::string_view name, bool value) {
  Key(name);
  Bool(value);
}

}  // namespace larder
