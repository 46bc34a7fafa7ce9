#include "http/field_line.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace larder::http {
namespace {

using ByteSet = std::array<bool, 256>;

constexpr ByteSet MakeTokenBytes() {
  ByteSet set{};
  for (std::size_t byte = '0'; byte <= '9'; ++byte) set[byte] = true;
  for (std::size_t byte = 'A'; byte <= 'Z'; ++byte) set[byte] = true;
  for (std::size_t byte = 'a'; byte <= 'z'; ++byte) set[byte] = true;
  for (const char mark : std::string_view("!#$%&'*+-.^_`|~")) set[static_cast<std::size_t>(mark)] = true;
  return set;
}

constexpr ByteSet MakeFieldBytes() {
  ByteSet set{};
  for (std::size_t byte = 0; byte < set.size(); ++byte) set[byte] = byte >= 0x20 && byte != 0x7F;
  set['\t'] = true;
  return set;
}

constexpr ByteSet kTokenBytes = MakeTokenBytes();
constexpr ByteSet kFieldBytes = MakeFieldBytes();

bool AllIn(const ByteSet& set, std::string_view text) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

bool IsToken(std::string_view text) { return !text.empty() && AllIn(kTokenBytes, text); }

bool IsFieldText(std::string_view text) { return AllIn(kFieldBytes, text); }

std::optional<Header> ParseFieldLine(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const Header header{line.substr(0, colon), Trimmed(line.substr(colon + 1))};
  if (!IsToken(header.name) || !IsFieldText(header.value)) return std::nullopt;
  return header;
}

bool ListHolds(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (EqualIgnoringCase(Trimmed(list.substr(0, end)), token)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace larder::http
