#include "tests/cases/case_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace larder::cases {
namespace {

constexpr std::string_view kBlockMark = "== ";

struct KindName {
  std::string_view name;
  BlockKind kind;
  std::string_view path;  // where the text goes when the block does not say
};

constexpr std::array kKinds = {
    KindName{"table", BlockKind::kTable, ""},
    KindName{"file", BlockKind::kFile, ""},
    KindName{"definitions", BlockKind::kFile, "features/definitions.yaml"},
    KindName{"config", BlockKind::kFile, "larder.yaml"},
    KindName{"remove", BlockKind::kRemove, ""},
    KindName{"run", BlockKind::kRun, ""},
    KindName{"fails", BlockKind::kFail, ""},
};

Status Misread(int line, std::string message) {
  return Status(Reason::kInvalidFile, "line " + std::to_string(line) + ": " + std::move(message));
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

// Takes the first line off `text`, without its line feed.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// The end of a quoted part that begins at `begin`; its text without quotes goes to `word`.
std::optional<std::size_t> TakeQuoted(std::string_view line, std::size_t begin, std::string& word) {
  const char quote = line[begin];
  for (std::size_t i = begin + 1; i < line.size(); ++i) {
    if (line[i] == quote) return i + 1;
    if (line[i] == '\\' && quote == '"' && i + 1 < line.size()) ++i;
    word.push_back(line[i]);
  }
  return std::nullopt;
}

Result<Block> BeginBlock(std::string_view head, int line) {
  LARDER_ASSIGN_OR_RETURN(std::vector<std::string> words, SplitWords(head));
  const std::string name = words.empty() ? "" : words.front();
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(), [&](const KindName& row) { return row.name == name; });
  if (found == kKinds.end()) return Misread(line, "unknown kind of block: '" + name + "'");
  words.erase(words.begin());
  if (words.empty() && !found->path.empty()) words.emplace_back(found->path);
  if (words.empty()) return Misread(line, "'" + name + "' needs a path or a command");
  return Block{found->kind, line, std::move(words), ""};
}

// The blank lines that part a block from the next belong to neither.
void DropBlankEnd(std::string& body) {
  while (body == "\n" || body.ends_with("\n\n")) body.pop_back();
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Case> Read() {
    while (!text_.empty()) {
      ++line_;
      LARDER_RETURN_IF_ERROR(TakeOne(TakeLine(text_)));
    }
    for (Block& block : case_.blocks) DropBlankEnd(block.body);
    if (case_.about.empty()) return Misread(1, "a case begins with a comment that says what it shows");
    const bool runs = std::any_of(case_.blocks.begin(), case_.blocks.end(), [](const Block& block) {
      return block.kind == BlockKind::kRun || block.kind == BlockKind::kFail;
    });
    if (!runs) return Misread(line_, "the case runs nothing");
    return std::move(case_);
  }

 private:
  Status TakeOne(std::string_view line) {
    if (line.starts_with(kBlockMark)) return TakeHead(line.substr(kBlockMark.size()));
    if (!case_.blocks.empty()) {
      case_.blocks.back().body.append(line).push_back('\n');
    } else if (line.starts_with('#')) {
      if (!case_.about.empty()) case_.about.push_back('\n');
      case_.about.append(Trim(line.substr(1)));
    } else if (!Trim(line).empty()) {
      return Misread(line_, "text before the first block: '" + std::string(line) + "'");
    }
    return {};
  }

  Status TakeHead(std::string_view head) {
    if (head.starts_with("only ")) {
      LARDER_ASSIGN_OR_RETURN(case_.drivers, SplitWords(head.substr(5)));
      return {};
    }
    LARDER_ASSIGN_OR_RETURN(Block block, BeginBlock(head, line_));
    case_.blocks.push_back(std::move(block));
    return {};
  }

  std::string_view text_;
  int line_ = 0;
  Case case_;
};

}  // namespace

bool Case::RunsWith(std::string_view driver) const {
  return drivers.empty() || std::find(drivers.begin(), drivers.end(), driver) != drivers.end();
}

Result<Case> ParseCase(std::string_view text) { return Reader(text).Read(); }

Result<std::vector<std::string>> SplitWords(std::string_view line) {
  std::vector<std::string> words;
  std::size_t i = 0;
  while (i < line.size()) {
    if (line[i] == ' ' || line[i] == '\t') {
      ++i;
      continue;
    }
    std::string word;
    while (i < line.size() && line[i] != ' ' && line[i] != '\t') {
      if (line[i] != '"' && line[i] != '\'') {
        word.push_back(line[i++]);
        continue;
      }
      const std::optional<std::size_t> end = TakeQuoted(line, i, word);
      if (!end) return Status(Reason::kInvalidFile, "a quote stays open: " + std::string(line));
      i = *end;
    }
    words.push_back(std::move(word));
  }
  return words;
}

Result<std::vector<std::pair<std::string, std::string>>> ReadExpectations(std::string_view body) {
  std::vector<std::pair<std::string, std::string>> expectations;
  while (!body.empty()) {
    const std::string_view line = Trim(TakeLine(body));
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      return Status(Reason::kInvalidFile, "no 'key: value': " + std::string(line));
    }
    expectations.emplace_back(Trim(line.substr(0, colon)), Trim(line.substr(colon + 1)));
  }
  return expectations;
}

}  // namespace larder::cases
