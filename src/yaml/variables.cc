#include "yaml/variables.h"

#include <algorithm>
#include <vector>

namespace larder {
namespace {

// Before YAML is parsed each variable is replaced by a mark of the same length that YAML takes for plain text:
// '$', DEL, two digits of its number, and DELs to fill up. So places stay, and braces do not disturb {a: ${B}}.
constexpr char kFill = '\x7f';
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t kMaxVariables = 62 * 62;
constexpr std::size_t kMarkBytes = 4;

bool IsVariableName(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.empty() || !is_letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
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
    std::string text;
    std::string_view rest = node.text;
    while (true) {
      const std::size_t start = rest.find('$');
      text += rest.substr(0, start);
      if (start == std::string_view::npos) return text;
      rest.remove_prefix(start);
      if (rest.starts_with("${")) {
        AddFault(node, "no variable: '" + std::string(rest.substr(0, 40)) + "'", "write ${NAME} or ${NAME:default}");
        return text;
      }
      const std::optional<std::size_t> number = NumberOf(rest);
      if (!number) {
        text += '$';
        rest.remove_prefix(1);
        continue;
      }
      text += ValueOf(node, written_[*number]);
      rest.remove_prefix(std::min(rest.find_first_not_of(kFill, kMarkBytes), rest.size()));
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

  std::string ValueOf(const YamlNode& node, const std::string& written) {
    const std::size_t colon = written.find(':');
    const std::string name = written.substr(0, colon);
    if (!IsVariableName(name)) {
      AddFault(node, "no name of a variable: '" + name + "'", "write ${NAME} or ${NAME:default}");
      return "";
    }
    if (std::optional<std::string> value = environment_(name)) return *std::move(value);
    if (colon != std::string::npos) return written.substr(colon + 1);
    AddFault(node, "an environment variable that is not set: " + name,
             "set it, or write a default: ${" + name + ":default}");
    return "";
  }

  void AddFault(const YamlNode& node, std::string message, std::string hint) {
    faults_.push_back({"", node.place.line, node.place.column, "", std::move(message), std::move(hint)});
  }

  const Environment& environment_;
  std::vector<Fault>& faults_;
  std::vector<std::string> written_;
};

}  // namespace

YamlDocument ParseYamlWithVariables(std::string_view text, const Environment& environment) {
  std::vector<Fault> faults;
  Substitution substitution(environment, faults);
  YamlDocument document = ParseYaml(substitution.MarkAll(text));
  if (document.root != nullptr) document.root = substitution.Put(document.root);
  document.faults.insert(document.faults.end(), faults.begin(), faults.end());
  return document;
}

}  // namespace larder
