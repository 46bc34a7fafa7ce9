// An expression as its user wrote it: checked for form, not yet for names and types.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace larder {

struct SyntaxNode;

/// The longest text of an expression, the deepest tree that it may form (a sum of n terms is n deep), and how deep
/// brackets may stand in each other.
inline constexpr std::size_t kMaxExpressionBytes = 65'536;
inline constexpr int kMaxExpressionDepth = 300;
inline constexpr int kMaxExpressionNesting = 100;

/// Names a column as an expression does: `feature`, or `view.feature`.
struct ColumnName {
  std::string qualifier;  ///< empty when the name stands alone
  std::string name;

  friend bool operator==(const ColumnName&, const ColumnName&) = default;
};

/// Holds a parsed expression. Immutable; cheap to copy; safe to read from several threads.
class Expression {
 public:
  /// Wraps a tree that the parser made from `text`. Others call ParseExpression.
  Expression(std::string text, std::shared_ptr<const SyntaxNode> root);

  /// Returns the text as written.
  const std::string& text() const { return text_; }
  const SyntaxNode& root() const { return *root_; }

  /// Returns the expression in one canonical spelling: keywords and functions in lower case, single blanks, brackets
  /// only where they are needed. Equal trees give equal texts, and the text parses back to an equal tree, so it is fit
  /// for fingerprints.
  std::string CanonicalText() const;

  /// Returns the columns that are named, each once, in the order of their first mention.
  std::vector<ColumnName> Columns() const;

  /// Returns the column when the expression is nothing but one, such as `ORIGIN_AIRPORT`.
  std::optional<ColumnName> AsColumn() const;

 private:
  std::string text_;
  std::shared_ptr<const SyntaxNode> root_;
};

/// Parses an expression. Never crashes, whatever the text. Fails with kInvalidExpression and exactly one fault, whose
/// line and column (of code points, both from 1) lie inside `text`; its message says what is wrong, its hint what to
/// do. The caller adds file and position of the text itself.
Result<Expression> ParseExpression(std::string_view text);

/// Returns `name` as an expression spells it: as it is when it may stand bare, else "quoted".
std::string ColumnText(const ColumnName& name);

}  // namespace larder
