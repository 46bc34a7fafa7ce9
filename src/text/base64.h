// Bytes as text and back: RFC 4648 section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace larder {

/// Appends the bytes in base64, padded with '='.
void AppendBase64(std::string_view bytes, std::string& out);

/// Returns the bytes in base64, padded with '='.
std::string EncodeBase64(std::string_view bytes);

/// Returns the bytes that `text` stands for; none when a character, the length, the padding or an unused bit is wrong:
/// only what EncodeBase64 writes is read.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace larder
