// Characters of UTF-8 text, as the functions of texts count them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder {

/// Tells whether a byte continues a character.
inline bool IsContinuationByte(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Returns how many characters (code points) a text has: its bytes that do not continue one.
std::int64_t CharacterCount(std::string_view text);

/// Returns the byte where the character of this index begins; the size of the text when it has fewer.
std::size_t CharacterOffset(std::string_view text, std::int64_t index);

/// Returns the length in bytes of the first character; 0 for an empty text.
std::size_t FirstCharacterBytes(std::string_view text);

/// Readies Arrow's compute functions, once in the process. Call it before the first of them. Thread-safe.
void EnsureArrowCompute();

}  // namespace larder
