#include "yaml/variables.h"

#include <algorithm>
#include <vector>

namespace larder {
namespace {

// Before YAML is parsed each variable is replaced by a mark of the same length that YAML takes for plain text:
// '$', DEL, two digits of its number, and DELs to fill up. So places stay, and braces do not disturb {a: ${B}}.
constexpr char kFill = '\x7f';
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t kMaxVariables = std::size_t{62} * 62;
constexpr std::size_t kMarkBytes = 4;
constexpr std::string_view kForms = "write ${NAME} or ${NAME:default}";

bool IsVariableName(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.empty() || !is_letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// Returns the value of what stands between `${` and `}`.
Result<std::string> ValueOf(std::string_view written, const Environment& environment) {
  const std::size_t colon = written.find(':');
  const std::string name(written.substr(0, colon));
  if (!IsVariableName(name)) {
    return Status(Reason::kInvalidConfig, "no name of a variable: '" + name + "'", std::string(kForms));
  }
  std::optional<std::string> value = environment ? environment(name) : std::nullopt;
  if (value) return *std::move(value);
  if (colon != std::string_view::npos) return std::string(written.substr(colon + 1));
  return Status(Reason::kInvalidConfig, "an environment variable that is not set: " + name,
                "set it, or write a default: ${" + name + ":default}");
}

/// Replaces variables by marks, and marks by values.
class Substitution {
 public:
  Substitution(const Environment& environment, std::vector<Fault>& faults)
      : environment_(environment), faults_(faults) {}

  std::string MarkAll(std::string_view text) {
    std::string marked(text);
    std::size_t start = marked.find("${");
    while (start != std::string::npos && written_.size() < kMaxVariables) {
      const std::size_t end = marked.find_first_of("}\n", start);
      if (end == std::string::npos || marked[end] == '\n' || end - start + 1 < kMarkBytes) {
        start = marked.find("${", start + 2);
        continue;
      }
      const std::size_t number = written_.size();
      written_.push_back(marked.substr(start + 2, end - start - 2));
      const std::size_t length = end - start + 1;
      std::string mark = {'$', kFill, kDigits[number / 62], kDigits[number % 62]};
      mark.resize(length, kFill);
      marked.replace(start, length, mark);
      start = marked.find("${", end);
    }
    return marked;
  }

  // Depth is bounded by kMaxYamlDepth.
  std::shared_ptr<const YamlNode> Put(const std::shared_ptr<const YamlNode>& node) {
    auto copy = std::make_shared<YamlNode>(*node);
    if (node->is_scalar()) copy->text = PutInText(*node);
    for (auto& item : copy->items) item = Put(item);
    for (auto& entry : copy->entries) entry.value = Put(entry.value);
    return copy;
  }

 private:
  std::string PutInText(const YamlNode& node) {
    Result<std::string> text = ReplaceVariables(Unmarked(node.text), environment_);
    if (text.ok()) return *std::move(text);
    const Status& status = text.status();
    faults_.push_back(
        {"", node.place.line, node.place.column, "", std::string(status.message()), std::string(status.hint())});
    return "";
  }

  std::string Unmarked(std::string_view marked) const {
    std::string text;
    while (true) {
      const std::size_t start = marked.find('$');
      text += marked.substr(0, start);
      if (start == std::string_view::npos) return text;
      marked.remove_prefix(start);
      const std::optional<std::size_t> number = NumberOf(marked);
      text += number ? "${" + written_[*number] + "}" : "$";
      marked.remove_prefix(number ? std::min(marked.find_first_not_of(kFill, kMarkBytes), marked.size()) : 1);
    }
  }

  std::optional<std::size_t> NumberOf(std::string_view text) const {
    if (text.size() < kMarkBytes || text[1] != kFill) return std::nullopt;
    const std::size_t high = kDigits.find(text[2]);
    const std::size_t low = kDigits.find(text[3]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    const std::size_t number = high * 62 + low;
    return number < written_.size() ? std::optional(number) : std::nullopt;
  }

  const Environment& environment_;
  std::vector<Fault>& faults_;
  std::vector<std::string> written_;
};

}  // namespace

Result<std::string> ReplaceVariables(std::string_view text, const Environment& environment) {
  std::string replaced;
  while (true) {
    const std::size_t start = text.find("${");
    replaced += text.substr(0, start);
    if (start == std::string_view::npos) return replaced;
    text.remove_prefix(start);
    const std::size_t end = text.find_first_of("}\n");
    if (end == std::string_view::npos || text[end] == '\n' || end < kMarkBytes - 1) {
      return Status(Reason::kInvalidConfig, "no variable: '" + std::string(text.substr(0, 40)) + "'",
                    std::string(kForms));
    }
    LARDER_ASSIGN_OR_RETURN(const std::string value, ValueOf(text.substr(2, end - 2), environment));
    replaced += value;
    text.remove_prefix(end + 1);
  }
}

YamlDocument ParseYamlWithVariables(std::string_view text, const Environment& environment) {
  std::vector<Fault> faults;
  Substitution substitution(environment, faults);
  YamlDocument document = ParseYaml(substitution.MarkAll(text));
  if (document.root != nullptr) document.root = substitution.Put(document.root);
  document.faults.insert(document.faults.end(), faults.begin(), faults.end());
  return document;
}

}  // namespace larder
