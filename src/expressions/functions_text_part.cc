// Functions that take texts apart and compare them.
#include <algorithm>
#include <limits>
#include <vector>

#include "expressions/functions_by_group.h"
#include "expressions/functions_text.h"
#include "expressions/kernel.h"

namespace larder {
namespace {

// The longest texts whose distance is computed: the cost is the product of both lengths.
constexpr std::size_t kMaxDistanceCharacters = 1000;
constexpr Failure kTooLongToCompare = {
    Reason::kLimitExceeded, "a text is too long for a distance: over 1000 characters", "compare left(x, 1000)"};

// Returns the characters with the indexes [begin, end), both limited to the text.
std::string_view Characters(std::string_view text, std::int64_t begin, std::int64_t end) {
  if (end <= begin || end <= 0) return {};
  const std::size_t first = CharacterOffset(text, std::max<std::int64_t>(begin, 0));
  const std::string_view rest = text.substr(first);
  return rest.substr(0, CharacterOffset(rest, end - std::max<std::int64_t>(begin, 0)));
}

std::int64_t SaturatedAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

// Positions count from 1; negative ones from the end.
std::int64_t BeginIndex(std::string_view text, std::int64_t position) {
  if (position == std::numeric_limits<std::int64_t>::min()) return position;
  return position < 0 ? CharacterCount(text) + position : position - 1;
}

std::string_view SubstringFrom(std::string_view text, std::int64_t position) {
  return Characters(text, BeginIndex(text, position), std::numeric_limits<std::int64_t>::max());
}
std::optional<std::string_view> Substring(std::string_view text, std::int64_t position, std::int64_t length) {
  if (length < 0) return std::nullopt;
  const std::int64_t begin = BeginIndex(text, position);
  return Characters(text, begin, SaturatedAdd(begin, length));
}
// A negative count leaves that many away at the other end.
std::string_view Left(std::string_view text, std::int64_t count) {
  return Characters(text, 0, count >= 0 ? count : SaturatedAdd(CharacterCount(text), count));
}
std::string_view Right(std::string_view text, std::int64_t count) {
  const std::int64_t total = CharacterCount(text);
  if (count < 0) return Characters(text, count < -total ? total : -count, total);
  return Characters(text, total - std::min(count, total), total);
}

bool StartsWith(std::string_view text, std::string_view start) { return text.starts_with(start); }
bool EndsWith(std::string_view text, std::string_view end) { return text.ends_with(end); }
bool Contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::int64_t Position(std::string_view text, std::string_view part) {
  const std::size_t found = text.find(part);
  return found == std::string_view::npos ? 0 : CharacterCount(text.substr(0, found)) + 1;
}

std::optional<std::string_view> SplitPart(std::string_view text, std::string_view separator, std::int64_t position) {
  if (separator.empty() || position < 1) return std::nullopt;
  for (; position > 1; --position) {
    const std::size_t found = text.find(separator);
    if (found == std::string_view::npos) return std::nullopt;
    text.remove_prefix(found + separator.size());
  }
  return text.substr(0, text.find(separator));
}

void Split(KernelCall& call) {
  auto* spans = call.MakeValues<ListSpan>();
  std::vector<std::string_view> parts;
  for (std::int64_t row = 0; row < call.row_count(); ++row) {
    spans[row] = {static_cast<std::int64_t>(parts.size()), 0};
    if (!call.IsWanted(row)) continue;
    auto text = call.argument(0).At<std::string_view>(row);
    const auto separator = call.argument(1).At<std::string_view>(row);
    for (std::size_t found = 0; found != std::string_view::npos;) {
      // An empty separator takes the text apart into characters.
      found = separator.empty() ? FirstCharacterBytes(text) : text.find(separator);
      if (separator.empty() && found >= text.size()) found = std::string_view::npos;
      parts.push_back(text.substr(0, found));
      if (found != std::string_view::npos) text.remove_prefix(found + separator.size());
    }
    spans[row].length = static_cast<std::int64_t>(parts.size()) - spans[row].offset;
  }
  auto* values = Allocate<std::string_view>(call.arena(), static_cast<std::int64_t>(parts.size()));
  std::copy(parts.begin(), parts.end(), values);
  auto* elements = new (Allocate<Vector>(call.arena(), 1)) Vector();
  elements->type = call.result_type().element();
  elements->values = values;
  call.SetElements(elements);
}

std::vector<std::string_view> AllCharacters(std::string_view text) {
  std::vector<std::string_view> characters;
  while (!text.empty()) {
    characters.push_back(text.substr(0, FirstCharacterBytes(text)));
    text.remove_prefix(characters.back().size());
  }
  return characters;
}

Outcome<std::int64_t> Levenshtein(std::string_view left, std::string_view right) {
  const std::vector<std::string_view> a = AllCharacters(left);
  const std::vector<std::string_view> b = AllCharacters(right);
  if (a.size() > kMaxDistanceCharacters || b.size() > kMaxDistanceCharacters) return kTooLongToCompare;
  // One row of the table of distances between beginnings of both.
  std::vector<std::int64_t> distances(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) distances[j] = static_cast<std::int64_t>(j);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::int64_t diagonal = distances[0];
    distances[0] = static_cast<std::int64_t>(i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::int64_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = distances[j + 1];
      distances[j + 1] = std::min({replaced, distances[j] + 1, distances[j + 1] + 1});
    }
  }
  return distances.back();
}

std::vector<std::string_view> DistinctCharacters(std::string_view text) {
  std::vector<std::string_view> characters = AllCharacters(text);
  std::sort(characters.begin(), characters.end());
  characters.erase(std::unique(characters.begin(), characters.end()), characters.end());
  return characters;
}

std::optional<double> Jaccard(std::string_view left, std::string_view right) {
  const std::vector<std::string_view> a = DistinctCharacters(left);
  const std::vector<std::string_view> b = DistinctCharacters(right);
  if (a.empty() && b.empty()) return std::nullopt;
  std::vector<std::string_view> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  const auto common = static_cast<double>(both.size());
  return common / (static_cast<double>(a.size() + b.size()) - common);
}

std::vector<FunctionRow> PartsByPlace() {
  using enum FunctionGroup;

  return {
      {"substr",
       kString,
       {{"(string, int64) -> string", Map<SubstringFrom>}, {"(string, int64, int64) -> string", Map<Substring>}},
       "Takes characters from a position (from 1; negative: from the end), to the end or so many; null when the length "
       "is negative",
       "substr('SFO-JFK', 5, 3)",
       "JFK"},
      {"left",
       kString,
       {{"(string, int64) -> string", Map<Left>}},
       "Takes the first characters; a negative count leaves so many away at the end",
       "left('SFO-JFK', 3)",
       "SFO"},
      {"right",
       kString,
       {{"(string, int64) -> string", Map<Right>}},
       "Takes the last characters; a negative count leaves so many away at the beginning",
       "right('SFO-JFK', 3)",
       "JFK"},
      {"starts_with",
       kString,
       {{"(string, string) -> bool", Map<StartsWith>}},
       "Tells whether a text begins with another",
       "starts_with('SFO-JFK', 'SFO')",
       "true"},
      {"ends_with",
       kString,
       {{"(string, string) -> bool", Map<EndsWith>}},
       "Tells whether a text ends with another",
       "ends_with('SFO-JFK', 'SFO')",
       "false"},
      {"contains",
       kString,
       {{"(string, string) -> bool", Map<Contains>}},
       "Tells whether a text holds another",
       "contains('SFO-JFK', '-')",
       "true"},
      {"strpos",
       kString,
       {{"(string, string) -> int64", Map<Position>}},
       "Gives the position of the first occurrence, from 1; 0 when there is none",
       "strpos('SFO-JFK', '-')",
       "4"},
  };
}

std::vector<FunctionRow> PartsBySeparator() {
  using enum FunctionGroup;
  return {
      {"split",
       kString,
       {{"(string, string) -> list<string>", Split}},
       "Takes a text apart at each separator; an empty one: into characters",
       "split('a,b,,c', ',')",
       "['a', 'b', '', 'c']"},
      {"split_part",
       kString,
       {{"(string, string, int64) -> string", Map<SplitPart>}},
       "Gives one part of a text taken apart, from 1; null when there are fewer",
       "split_part('SFO-JFK', '-', 2)",
       "JFK"},
      {"levenshtein",
       kString,
       {{"(string, string) -> int64", Map<Levenshtein>}},
       "Counts the characters to insert, delete or replace to make one text the other; up to 1000 characters",
       "levenshtein('kitten', 'sitting')",
       "3"},
      {"jaccard",
       kString,
       {{"(string, string) -> float64", Map<Jaccard>}},
       "Gives the share of common characters among all that occur; null when both texts are empty",
       "jaccard('abc', 'bcd')",
       "0.5"},
  };
}

}  // namespace

std::vector<FunctionRow> TextPartFunctions() {
  std::vector<FunctionRow> rows = PartsByPlace();
  for (FunctionRow& row : PartsBySeparator()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace larder
