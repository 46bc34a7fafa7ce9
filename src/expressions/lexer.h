// The text of an expression as tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace larder {

/// Marks a part of an expression's text, in bytes.
struct SourceSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Names what a token is.
enum class TokenKind : std::uint8_t { kEnd, kInteger, kFloat, kText, kName, kQuotedName, kSymbol };

/// Holds one token. `text` is what it means: the name, the text without its quotes, the symbol (`==` and `!=` as `=`
/// and
/// `<>`), the digits of a number.
struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  SourceSpan span;
};

/// Splits the text into tokens; the last one is kEnd. Fails as ParseExpression does.
Result<std::vector<Token>> Tokenize(std::string_view text);

/// Makes the failure of an expression: kInvalidExpression with one fault at this byte of the text.
Status ExpressionFault(std::string_view text, std::size_t offset, std::string message, std::string hint = {});

/// Returns this part of the text for a message: one line, at most 60 bytes, cut with "...".
std::string Excerpt(std::string_view text, SourceSpan span);

/// Returns the name in lower case; only ASCII letters change.
std::string LowerAscii(std::string_view text);

}  // namespace larder
