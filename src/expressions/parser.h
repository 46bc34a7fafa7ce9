// Tokens to a syntax tree.
#pragma once

#include <string_view>

#include "base/status.h"
#include "expressions/syntax_tree.h"

namespace larder {

/// Parses the text to a tree no deeper than kMaxExpressionDepth. Fails as ParseExpression does.
///
/// Precedence, loosest first: or; and; not; comparisons, is, in, between, like (these do not chain); ||; + -;
/// * / // %; unary minus; :: and [index]. The sign of a number belongs to the number.
Result<SyntaxNodePointer> ParseTree(std::string_view text);

}  // namespace larder
