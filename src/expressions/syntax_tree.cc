#include "expressions/syntax_tree.h"

#include <algorithm>
#include <array>

#include "base/timestamp.h"
#include "expressions/expression.h"
#include "text/number_text.h"

namespace larder {
namespace {

// How tightly a node binds; a child that binds less than its place asks stands in brackets.
constexpr int kOrLevel = 1;
constexpr int kAndLevel = 2;
constexpr int kNotLevel = 3;
constexpr int kCompareLevel = 4;
constexpr int kConcatLevel = 5;
constexpr int kSumLevel = 6;
constexpr int kProductLevel = 7;
constexpr int kMinusLevel = 8;
constexpr int kCastLevel = 9;
constexpr int kAtomLevel = 10;

int OperatorLevel(const SyntaxNode& node) {
  const std::string& name = node.name;
  if (node.children.size() == 1) return name == "not" ? kNotLevel : name == "-" ? kMinusLevel : kAtomLevel;
  if (name == "||") return kConcatLevel;
  if (name == "+" || name == "-") return kSumLevel;
  if (name == "*" || name == "/" || name == "//" || name == "%") return kProductLevel;
  constexpr std::array<std::string_view, 8> kCompare = {"=", "<>", "<", "<=", ">", ">=", "like", "not like"};
  return std::find(kCompare.begin(), kCompare.end(), name) != kCompare.end() ? kCompareLevel : kAtomLevel;
}

int Level(const SyntaxNode& node) {
  switch (node.kind) {
    case NodeKind::kAnd:
      return kAndLevel;
    case NodeKind::kOr:
      return kOrLevel;
    case NodeKind::kIs:
    case NodeKind::kIn:
    case NodeKind::kBetween:
      return kCompareLevel;
    case NodeKind::kCall:
      return OperatorLevel(node);
    case NodeKind::kCast:
      return kCastLevel;
    default:
      return kAtomLevel;
  }
}

std::string Child(const SyntaxNode& node, int least_level) {
  const std::string text = CanonicalText(node);
  return Level(node) < least_level ? "(" + text + ")" : text;
}

std::string Join(const SyntaxNode& node, std::string_view between, int least_level, std::size_t first = 0) {
  std::string text;
  for (std::size_t i = first; i < node.children.size(); ++i) {
    if (i > first) text += between;
    text += Child(*node.children[i], least_level);
  }
  return text;
}

struct LiteralText {
  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return FormatFloat64(value); }
  std::string operator()(const std::string& value) const { return QuoteText(value); }
  std::string operator()(TimestampLiteral value) const {
    return "timestamp " + QuoteText(FormatInstant(value.instant_us));
  }
  std::string operator()(DateLiteral value) const { return "date " + QuoteText(FormatDate(value.days)); }
};

std::string CallText(const SyntaxNode& node) {
  const int level = OperatorLevel(node);
  if (level == kAtomLevel) return node.name + "(" + Join(node, ", ", kOrLevel) + ")";
  if (level == kNotLevel) return "not " + Child(*node.children[0], kNotLevel);
  if (level == kMinusLevel) {
    const std::string operand = Child(*node.children[0], kMinusLevel);
    // Without the brackets the minus would become part of the number.
    const bool number = operand[0] == '.' || (operand[0] >= '0' && operand[0] <= '9');
    return number ? "-(" + operand + ")" : "-" + operand;
  }
  // Comparisons do not chain; the others group to the left.
  const int left = level == kCompareLevel ? level + 1 : level;
  return Child(*node.children[0], left) + " " + node.name + " " + Child(*node.children[1], level + 1);
}

std::string CaseText(const SyntaxNode& node) {
  std::string text = "case";
  std::size_t at = 0;
  if (node.has_operand) text += " " + Child(*node.children[at++], kOrLevel);
  const std::size_t end = node.children.size() - (node.has_else ? 1 : 0);
  for (; at < end; at += 2) {
    text += " when " + Child(*node.children[at], kOrLevel) + " then " + Child(*node.children[at + 1], kOrLevel);
  }
  if (node.has_else) text += " else " + Child(*node.children.back(), kOrLevel);
  return text + " end";
}

// The operand of a cast: a negative number needs no brackets, as the parser takes its sign first.
std::string CastText(const SyntaxNode& node) { return Child(*node.children[0], kCastLevel) + "::" + node.name; }

}  // namespace

std::string CanonicalText(const SyntaxNode& node) {
  const std::string_view negation = node.negated ? " not" : "";
  switch (node.kind) {
    case NodeKind::kLiteral:
      return std::visit(LiteralText(), node.literal);
    case NodeKind::kColumn:
      return ColumnText({node.qualifier, node.name});
    case NodeKind::kCall:
      return CallText(node);
    case NodeKind::kAnd:
      return Join(node, " and ", kAndLevel + 1);
    case NodeKind::kOr:
      return Join(node, " or ", kOrLevel + 1);
    case NodeKind::kIs:
      return Child(*node.children[0], kCompareLevel + 1) + " is" + std::string(negation) + " " + node.name;
    case NodeKind::kIn:
      return Child(*node.children[0], kCompareLevel + 1) + std::string(negation) + " in (" +
             Join(node, ", ", kOrLevel, 1) + ")";
    case NodeKind::kBetween:
      return Child(*node.children[0], kCompareLevel + 1) + std::string(negation) + " between " +
             Join(node, " and ", kConcatLevel, 1);
    case NodeKind::kCase:
      return CaseText(node);
    case NodeKind::kCast:
      return CastText(node);
    case NodeKind::kList:
      return "[" + Join(node, ", ", kOrLevel) + "]";
  }
  LARDER_CHECK(false);
}

std::string QuoteText(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

bool IsKeyword(std::string_view lower_name) {
  constexpr std::array<std::string_view, 17> kKeywords = {"and",  "between", "case", "else", "end",  "false",
                                                          "in",   "is",      "like", "not",  "null", "or",
                                                          "then", "true",    "when", "cast", "as"};
  return std::find(kKeywords.begin(), kKeywords.end(), lower_name) != kKeywords.end();
}

}  // namespace larder
