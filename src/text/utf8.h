// UTF-8: is it, and what to do where it is not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace larder {

/// Returns how many leading bytes are whole, well-formed characters (RFC 3629: no surrogates, no overlong forms,
/// nothing above U+10FFFF).
std::size_t ValidUtf8Length(std::string_view text);

/// Returns whether all of `text` is well-formed.
inline bool IsValidUtf8(std::string_view text) { return ValidUtf8Length(text) == text.size(); }

/// Appends `text` with U+FFFD in place of each longest ill-formed piece, as the Unicode standard recommends.
void AppendValidUtf8(std::string_view text, std::string& out);

}  // namespace larder
