#include "feast/python_body.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace larder {
namespace {

constexpr std::size_t kMaxBodyBytes = 64 << 10;
constexpr std::size_t kMaxExpressionBytes = 4 << 10;
constexpr std::size_t kShownBytes = 60;

bool IsNameBegin(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

Status NotCarriedOver(std::string_view line, std::string_view why) {
  std::string shown(Trimmed(line).substr(0, kShownBytes));
  return Status(Reason::kInvalidExpression, "'" + shown + "': " + std::string(why),
                "write its features as expressions");
}

// Cuts a text into logical lines: comments dropped, lines with open brackets joined. Texts in quotes are left alone.
std::vector<std::string> LogicalLines(std::string_view body) {
  std::vector<std::string> lines(1);
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (quote != 0) {
      if (c == quote || c == '\n') quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      i = std::min(body.find('\n', i), body.size()) - 1;
      continue;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    }
    if (c != '\n') {
      lines.back().push_back(c);
    } else if (depth > 0) {
      lines.back().push_back(' ');
    } else {
      lines.emplace_back();
    }
  }
  return lines;
}

// Reads one expression from left to right and writes Larder's.
class ExpressionText {
 public:
  ExpressionText(std::string_view text, std::string_view argument, const PythonNames& names)
      : rest_(text), argument_(argument), names_(names) {}

  // Takes what was assigned before, under the name of the function's result.
  void Know(std::string_view result, const std::map<std::string, std::string>& features) {
    result_ = result;
    features_ = &features;
  }

  // Translates up to the end of the text, or to `end` outside of brackets. Returns what is wrong with it, or "".
  std::string_view Translate(std::string_view end, std::string& out) {
    bool wants_operand = true;
    while (true) {
      SkipSpace();
      if (rest_.empty() || (depth_ == 0 && end.find(rest_.front()) != std::string_view::npos)) break;
      if (out.size() > kMaxExpressionBytes) return "it is too long";
      const std::string_view wrong = wants_operand ? TakeOperand(wants_operand, out) : TakeOperator(wants_operand, out);
      if (!wrong.empty()) return wrong;
    }
    if (wants_operand || depth_ != 0) return "it is no expression";
    return {};
  }

  std::string_view rest() const { return rest_; }

 private:
  void SkipSpace() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\r'))
      rest_.remove_prefix(1);
  }

  std::string_view TakeOperand(bool& wants_operand, std::string& out) {
    const char c = rest_.front();
    if (c == '(') {
      ++depth_;
      out += '(';
      rest_.remove_prefix(1);
      return {};
    }
    if (c == '-' || c == '+') {
      // A sign after a sign would be a comment to Larder ("--") or nothing at all.
      if (!out.empty() && out.back() == '-') return "signs follow each other";
      if (c == '-') out += '-';
      rest_.remove_prefix(1);
      return {};
    }
    wants_operand = false;
    if (IsDigit(c) || c == '.') return TakeNumber(out);
    return TakeColumn(out);
  }

  std::string_view TakeNumber(std::string& out) {
    const std::size_t digits = rest_.find_first_not_of("0123456789.");
    std::string_view number = rest_.substr(0, digits);
    std::string_view after = digits == std::string_view::npos ? std::string_view() : rest_.substr(digits);
    const bool is_plain = std::count(number.begin(), number.end(), '.') <= 1 && number != "." && number.size() <= 15 &&
                          (after.empty() || (!IsNameBegin(after.front())));
    if (!is_plain) return "a number of a form that is not carried over";
    if (number.front() == '.') out += '0';
    out += number;
    if (number.back() == '.') out += '0';
    rest_ = after;
    return {};
  }

  // argument["column"], or result["feature"] that was assigned before.
  std::string_view TakeColumn(std::string& out) {
    std::size_t length = 0;
    while (length < rest_.size() && (IsNameBegin(rest_[length]) || IsDigit(rest_[length]))) ++length;
    const std::string_view name = rest_.substr(0, length);
    const bool is_argument = !name.empty() && name == argument_;
    const bool is_result = features_ != nullptr && !name.empty() && name == result_;
    if (!is_argument && !is_result) return "only arithmetic of the inputs' columns is carried over";
    rest_.remove_prefix(length);
    const std::optional<std::string> key = TakeKey();
    if (!key) return "only columns by name are carried over";
    if (is_result) {
      const auto feature = features_->find(*key);
      if (feature == features_->end()) return "it reads a feature that is not assigned before";
      out += "(" + feature->second + ")";
      return {};
    }
    const auto column = names_.column(*key);
    if (!column) return "it reads a column that none of the inputs has";
    out += *column;
    return {};
  }

  // ["text"] without escapes.
  std::optional<std::string> TakeKey() {
    if (rest_.size() < 4 || rest_[0] != '[' || (rest_[1] != '"' && rest_[1] != '\'')) return std::nullopt;
    const std::size_t end = rest_.find(rest_[1], 2);
    if (end == std::string_view::npos || end + 1 >= rest_.size() || rest_[end + 1] != ']') return std::nullopt;
    std::string key(rest_.substr(2, end - 2));
    rest_.remove_prefix(end + 2);
    if (key.empty() || key.find('\\') != std::string::npos) return std::nullopt;
    return key;
  }

  std::string_view TakeOperator(bool& wants_operand, std::string& out) {
    if (rest_.front() == ')') {
      if (--depth_ < 0) return "its brackets do not fit";
      out += ')';
      rest_.remove_prefix(1);
      return {};
    }
    wants_operand = true;
    // The longer ones first.
    static constexpr std::pair<std::string_view, std::string_view> kOperators[] = {
        {"**", ""}, {"//", "//"}, {"==", "="}, {"!=", "!="}, {"<=", "<="}, {">=", ">="}, {"<<", ""}, {">>", ""},
        {"<", "<"}, {">", ">"},   {"+", "+"},  {"-", "-"},   {"*", "*"},   {"/", "/"},   {"%", "%"}};
    for (const auto& [python, ours] : kOperators) {
      if (!rest_.starts_with(python)) continue;
      const bool compares = python.find_first_of("=<>!") != std::string_view::npos;
      // a < b < c means something else in Python.
      if (ours.empty() || (compares && std::exchange(has_compared_, true))) break;
      out += " " + std::string(ours) + " ";
      rest_.remove_prefix(python.size());
      return {};
    }
    return "only + - * / // % and one comparison are carried over";
  }

  std::string_view rest_;
  std::string_view argument_;
  const PythonNames& names_;
  std::string_view result_;
  const std::map<std::string, std::string>* features_ = nullptr;
  int depth_ = 0;
  bool has_compared_ = false;
};

class BodyReader {
 public:
  explicit BodyReader(const PythonNames& names) : names_(names) {}

  Status TakeLine(std::string_view line) {
    if (argument_.empty()) return TakeHead(line);
    if (has_returned_) return NotCarriedOver(line, "it stands behind a return");
    if (line.starts_with("return")) return TakeReturn(line);
    if (line.starts_with("\"\"\"") || line.starts_with("'''")) return TakeDescription(line);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return NotCarriedOver(line, "only assignments are carried over");
    const std::string_view target = Trimmed(line.substr(0, equals));
    const std::string_view value = Trimmed(line.substr(equals + 1));
    const std::size_t bracket = target.find('[');
    if (bracket == std::string_view::npos) return TakeResult(line, target, value);
    if (result_.empty() || target.substr(0, bracket) != result_) {
      return NotCarriedOver(line, "only features of the result are assigned to");
    }
    const std::string_view key = target.substr(bracket + 1);
    const bool is_key = key.size() >= 4 && (key[0] == '"' || key[0] == '\'') && key.ends_with(std::string{key[0], ']'});
    if (!is_key) return NotCarriedOver(line, "only features by name are assigned to");
    return TakeFeature(line, std::string(key.substr(1, key.size() - 3)), value);
  }

  Result<std::map<std::string, std::string>> Finish() {
    if (!has_returned_) return NotCarriedOver("", "there is no function that returns its result");
    return std::move(features_);
  }

 private:
  // def name(argument: type) -> type:
  Status TakeHead(std::string_view line) {
    if (!line.starts_with("def ")) return {};  // imports and decorators
    const std::size_t open = line.find('(');
    const std::size_t end = line.find_first_of(":,)", open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || end == std::string_view::npos || line.back() != ':') {
      return NotCarriedOver(line, "it is not the head of a function of one argument");
    }
    argument_ = Trimmed(line.substr(open + 1, end - open - 1));
    const bool is_name = !argument_.empty() && std::all_of(argument_.begin(), argument_.end(),
                                                           [](char c) { return IsNameBegin(c) || IsDigit(c); });
    return is_name ? Status() : NotCarriedOver(line, "it has no argument");
  }

  Status TakeDescription(std::string_view line) const {
    const bool is_whole = line.size() >= 6 && line.ends_with(line.substr(0, 3));
    return is_whole ? Status() : NotCarriedOver(line, "only texts of one line are skipped");
  }

  Status TakeResult(std::string_view line, std::string_view target, std::string_view value) {
    const bool is_empty = value == "pd.DataFrame()" || value == "pandas.DataFrame()" ||
                          (names_.may_return_values && (value == "{}" || value == "dict()"));
    if (!is_empty || !result_.empty()) return NotCarriedOver(line, "only one empty result is made");
    result_ = target;
    return {};
  }

  Status TakeFeature(std::string_view line, std::string name, std::string_view value) {
    ExpressionText text(value, argument_, names_);
    text.Know(result_, features_);
    std::string expression;
    const std::string_view wrong = text.Translate("", expression);
    if (!wrong.empty()) return NotCarriedOver(line, wrong);
    features_[std::move(name)] = std::move(expression);
    return {};
  }

  Status TakeReturn(std::string_view line) {
    const std::string_view value = Trimmed(line.substr(std::string_view("return").size()));
    has_returned_ = true;
    if (!result_.empty() && value == result_) return {};
    const bool is_dictionary = names_.may_return_values && value.starts_with("{") && value.ends_with("}");
    if (!is_dictionary) return NotCarriedOver(line, "only the result itself is returned");
    return TakeDictionary(line, value.substr(1, value.size() - 2));
  }

  // "name": expression, ...
  Status TakeDictionary(std::string_view line, std::string_view rest) {
    while (!Trimmed(rest).empty()) {
      rest = Trimmed(rest);
      const std::size_t end = rest.size() > 2 ? rest.find(rest[0], 1) : std::string_view::npos;
      const bool is_key = end != std::string_view::npos && (rest[0] == '"' || rest[0] == '\'');
      const std::string_view after = is_key ? Trimmed(rest.substr(end + 1)) : std::string_view();
      if (!after.starts_with(":")) return NotCarriedOver(line, "only names and expressions are returned");
      ExpressionText text(after.substr(1), argument_, names_);
      std::string expression;
      const std::string_view wrong = text.Translate(",", expression);
      if (!wrong.empty()) return NotCarriedOver(line, wrong);
      features_[std::string(rest.substr(1, end - 1))] = std::move(expression);
      rest = text.rest();
      if (!rest.empty()) rest.remove_prefix(1);
    }
    return {};
  }

  const PythonNames& names_;
  std::string argument_;
  std::string result_;
  bool has_returned_ = false;
  std::map<std::string, std::string> features_;
};

}  // namespace

Result<std::map<std::string, std::string>> TranslatePythonBody(std::string_view body, const PythonNames& names) {
  if (body.size() > kMaxBodyBytes) return NotCarriedOver("", "the function is too long");
  const std::vector<std::string> lines = LogicalLines(body);
  BodyReader reader(names);
  for (const std::string& line : lines) {
    const std::string_view trimmed = Trimmed(line);
    if (!trimmed.empty()) LARDER_RETURN_IF_ERROR(reader.TakeLine(trimmed));
  }
  return reader.Finish();
}

}  // namespace larder
