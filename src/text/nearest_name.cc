#include "text/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace larder {
namespace {

constexpr std::size_t kMaxNameBytes = 256;
constexpr std::size_t kMaxEdits = 4;

char Folded(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

/// Returns the edits from `a` to `b`, each piece edited once at most (optimal string alignment).
std::size_t EditCount(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool is_equal = Folded(a[i - 1]) == Folded(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (is_equal ? 0 : 1)});
      if (i > 1 && j > 1 && Folded(a[i - 1]) == Folded(b[j - 2]) && Folded(a[i - 2]) == Folded(b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

template <class Text>
std::optional<std::string> Nearest(std::string_view name, std::span<const Text> candidates) {
  if (name.empty() || name.size() > kMaxNameBytes) return std::nullopt;
  std::size_t limit = std::clamp<std::size_t>(name.size() / 3, 1, kMaxEdits) + 1;
  std::optional<std::string> nearest;
  for (const std::string_view candidate : candidates) {
    const std::size_t shorter = std::min(name.size(), candidate.size());
    const std::size_t longer = std::max(name.size(), candidate.size());
    if (candidate.size() > kMaxNameBytes || longer - shorter >= limit) continue;
    const std::size_t edits = EditCount(name, candidate);
    if (edits >= limit || edits >= longer) continue;  // nothing in common is no likeness
    limit = edits;
    nearest = std::string(candidate);
  }
  return nearest;
}

template <class Text>
std::string Question(std::string_view name, std::span<const Text> candidates) {
  const std::optional<std::string> nearest = Nearest(name, candidates);
  return nearest ? "did you mean '" + *nearest + "'?" : "";
}

}  // namespace

std::optional<std::string> NearestName(std::string_view name, std::span<const std::string> candidates) {
  return Nearest(name, candidates);
}

std::optional<std::string> NearestName(std::string_view name, std::span<const std::string_view> candidates) {
  return Nearest(name, candidates);
}

std::string DidYouMean(std::string_view name, std::span<const std::string> candidates) {
  return Question(name, candidates);
}

std::string DidYouMean(std::string_view name, std::span<const std::string_view> candidates) {
  return Question(name, candidates);
}

}  // namespace larder
