#include "sources/path_pattern.h"

#include <cstddef>

namespace larder {
namespace {

bool IsContinuationByte(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; }

/// Tells whether `byte` is in the set that begins at `pattern[0] == '['`, and sets `length` to the set's length; 0 when
/// the bracket is never closed.
bool IsInSet(std::string_view pattern, char byte, std::size_t& length) {
  std::size_t at = 1;
  const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (negated) ++at;
  bool found = false;
  // A bracket that closes at once is a member of the set, as in every shell.
  for (bool first = true; at < pattern.size() && (first || pattern[at] != ']'); first = false) {
    const auto low = static_cast<unsigned char>(pattern[at]);
    auto high = low;
    if (at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
      high = static_cast<unsigned char>(pattern[at + 2]);
      at += 2;
    }
    ++at;
    const auto value = static_cast<unsigned char>(byte);
    found = found || (low <= value && value <= high);
  }
  length = at < pattern.size() ? at + 1 : 0;
  return found != negated;
}

/// Matches one element of the pattern (not a star) at the beginning of `name`; both are cut behind what matched.
bool TakeOne(std::string_view& pattern, std::string_view& name) {
  if (pattern.front() == '?') {
    pattern.remove_prefix(1);
    do {
      name.remove_prefix(1);
    } while (!name.empty() && IsContinuationByte(name.front()));
    return true;
  }
  if (pattern.front() == '[') {
    std::size_t length = 0;
    const bool in_set = IsInSet(pattern, name.front(), length);
    if (length > 0) {
      pattern.remove_prefix(length);
      name.remove_prefix(1);
      return in_set;
    }
  }
  if (pattern.front() != name.front()) return false;
  pattern.remove_prefix(1);
  name.remove_prefix(1);
  return true;
}

bool IsHidden(std::string_view name) { return !name.empty() && (name.front() == '.' || name.front() == '_'); }

}  // namespace

bool IsPathPattern(std::string_view part) { return part.find_first_of("*?[") != std::string_view::npos; }

bool MatchesPathPattern(std::string_view pattern, std::string_view name) {
  if (IsHidden(name) && (pattern.empty() || pattern.front() != name.front())) return false;
  // Only the newest star ever has to be tried again, so the work is bounded by the product of the lengths.
  std::string_view retry_pattern;
  std::string_view retry_name;
  bool can_retry = false;
  while (!name.empty() || !pattern.empty()) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      retry_pattern = pattern;
      retry_name = name;
      can_retry = true;
      continue;
    }
    if (!pattern.empty() && !name.empty() && TakeOne(pattern, name)) continue;
    if (!can_retry || retry_name.empty()) return false;
    retry_name.remove_prefix(1);
    pattern = retry_pattern;
    name = retry_name;
  }
  return true;
}

}  // namespace larder
