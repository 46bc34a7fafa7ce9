// The tree of a parsed expression.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "expressions/lexer.h"

namespace larder {

/// Names what a node of the tree says.
enum class NodeKind : std::uint8_t {
  kLiteral,  ///< `literal`
  kColumn,   ///< `name`, perhaps `qualifier`
  kCall,     ///< function or operator `name` of the children; operators by their symbol, unary minus as "-"
  kAnd,      ///< of two or more children
  kOr,       ///< of two or more children
  kIs,       ///< child is [not] `name`: null, true or false
  kIn,       ///< first child [not] in the others
  kBetween,  ///< first child [not] between the second and the third
  kCase,     ///< [operand,] condition, value, ..., [else]
  kCast,     ///< child as type `name`
  kList,     ///< [children]
};

/// Holds the value of timestamp '...', or of date '...'.
struct TimestampLiteral {
  std::int64_t instant_us = 0;
  friend bool operator==(const TimestampLiteral&, const TimestampLiteral&) = default;
};
struct DateLiteral {
  std::int32_t days = 0;
  friend bool operator==(const DateLiteral&, const DateLiteral&) = default;
};
/// Holds the value of a literal; monostate is null.
using LiteralValue =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, TimestampLiteral, DateLiteral>;

struct SyntaxNode;
using SyntaxNodePointer = std::shared_ptr<const SyntaxNode>;

/// Holds one node. Immutable once in a tree; a tree is at most kMaxExpressionDepth deep, so it may be walked by
/// recursion.
struct SyntaxNode {
  NodeKind kind = NodeKind::kLiteral;
  SourceSpan span;
  std::string name;
  std::string qualifier;
  LiteralValue literal;
  bool negated = false;      ///< `not` of kIs, kIn, kBetween
  bool has_operand = false;  ///< of kCase
  bool has_else = false;     ///< of kCase
  std::vector<SyntaxNodePointer> children;
  int depth = 1;
};

/// Returns the canonical text of a tree; see Expression::CanonicalText.
std::string CanonicalText(const SyntaxNode& node);

/// Returns a text literal as an expression spells it.
std::string QuoteText(std::string_view text);

/// Tells whether `lower_name` is a keyword: a column of this name must be quoted.
bool IsKeyword(std::string_view lower_name);

}  // namespace larder
