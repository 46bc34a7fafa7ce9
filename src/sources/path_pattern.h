// Patterns of paths: which files a definition means.
#pragma once

#include <string_view>

namespace larder {

/// Tells whether a part of a path (what stands between two slashes) has a character that makes it a pattern: * ? [.
bool IsPathPattern(std::string_view part);

/// Tells whether `name` is what the pattern of one part means: `*` any characters, `?` one character of UTF-8, `[abc]`,
/// `[a-z]` and `[!a-z]` one byte of a set, all else itself; an open `[` is itself. A name that begins with `.` or `_`
/// is hidden: only a pattern that begins with the same character means it. Costs at most the product of the lengths.
bool MatchesPathPattern(std::string_view pattern, std::string_view name);

}  // namespace larder
