#include "expressions/lexer.h"

#include <array>
#include <utility>

#include "expressions/expression.h"
#include "text/utf8.h"

namespace larder {
namespace {

constexpr std::size_t kExcerptBytes = 60;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// Bytes of UTF-8 above ASCII count as letters, so names in any script may stand bare.
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0;
}
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    for (;;) {
      while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
      if (at_ == text_.size()) break;
      LARDER_ASSIGN_OR_RETURN(Token token, Next());
      tokens.push_back(std::move(token));
    }
    tokens.push_back({TokenKind::kEnd, "", {at_, at_}});
    return tokens;
  }

 private:
  Result<Token> Next() {
    const char c = text_[at_];
    if (IsNameStart(c)) return Name();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    if (c == '\'') return Quoted(TokenKind::kText);
    if (c == '"') return Quoted(TokenKind::kQuotedName);
    return Symbol();
  }

  char Peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  Token Make(TokenKind kind, std::size_t begin) const {
    return {kind, std::string(text_.substr(begin, at_ - begin)), {begin, at_}};
  }

  Token Name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && IsNamePart(text_[at_])) ++at_;
    return Make(TokenKind::kName, begin);
  }

  void TakeDigits() {
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
  }

  Result<Token> Number() {
    const std::size_t begin = at_;
    TokenKind kind = TokenKind::kInteger;
    TakeDigits();
    if (Peek(0) == '.') {
      kind = TokenKind::kFloat;
      ++at_;
      TakeDigits();
    }
    const std::size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
    if ((Peek(0) == 'e' || Peek(0) == 'E') && IsDigit(Peek(1 + sign))) {
      kind = TokenKind::kFloat;
      at_ += 1 + sign;
      TakeDigits();
    }
    if (at_ < text_.size() && (IsNamePart(text_[at_]) || text_[at_] == '.')) {
      return ExpressionFault(text_, at_, "a number ends in '" + Excerpt(text_, {at_, NextCharacter(at_)}) + "'",
                             "put a blank or an operator after the number; a column of this name is \"quoted\"");
    }
    return Make(kind, begin);
  }

  Result<Token> Quoted(TokenKind kind) {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    Token token{kind, "", {begin, begin}};
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] != quote) {
        token.text += text_[at_];
      } else if (Peek(1) == quote) {
        token.text += quote;
        ++at_;
      } else {
        token.span.end = ++at_;
        if (kind == TokenKind::kQuotedName && token.text.empty()) {
          return ExpressionFault(text_, begin, "a column name is empty: \"\"", "texts stand in single quotes: ''");
        }
        return token;
      }
    }
    return ExpressionFault(text_, begin, std::string("a quote is not closed: ") + quote,
                           std::string("end it with ") + quote + "; a quote inside is written twice");
  }

  Result<Token> Symbol() {
    // Longer symbols first: the first that fits is taken.
    constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kSymbols = {{
        {"==", "="}, {"<>", "<>"}, {"!=", "<>"}, {"<=", "<="}, {">=", ">="}, {"//", "//"}, {"||", "||"}, {"::", "::"},
        {"=", "="},  {"<", "<"},   {">", ">"},   {"+", "+"},   {"-", "-"},   {"*", "*"},   {"/", "/"},   {"%", "%"},
        {"(", "("},  {")", ")"},   {"[", "["},   {"]", "]"},   {",", ","},   {".", "."},
    }};
    const std::size_t begin = at_;
    for (const auto& [spelling, meaning] : kSymbols) {
      if (!text_.substr(at_).starts_with(spelling)) continue;
      at_ += spelling.size();
      return Token{TokenKind::kSymbol, std::string(meaning), {begin, at_}};
    }
    return ExpressionFault(text_, at_, "an expression cannot hold '" + Excerpt(text_, {at_, NextCharacter(at_)}) + "'",
                           SymbolHint(text_[at_]));
  }

  std::string SymbolHint(char c) const {
    if (c == '&') return "write `and`";
    if (c == '|') return "write `or` between conditions, `||` between texts";
    if (c == '!') return "write `not`";
    if (c == '^') return "write pow(x, y)";
    if (c == '`') return "a column name is \"quoted\"";
    return "";
  }

  std::size_t NextCharacter(std::size_t offset) const {
    ++offset;
    while (offset < text_.size() && IsContinuation(text_[offset])) ++offset;
    return offset;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Token>> Tokenize(std::string_view text) {
  if (text.size() > kMaxExpressionBytes) {
    return ExpressionFault(text, 0, "an expression is too long: " + std::to_string(text.size()) + " bytes",
                           "at most " + std::to_string(kMaxExpressionBytes) + "; split it over derived columns");
  }
  const std::size_t valid = ValidUtf8Length(text);
  if (valid < text.size()) return ExpressionFault(text.substr(0, valid), valid, "an expression is not valid UTF-8");
  return Lexer(text).Run();
}

Status ExpressionFault(std::string_view text, std::size_t offset, std::string message, std::string hint) {
  Fault fault;
  fault.line = 1;
  fault.column = 1;
  for (std::size_t i = 0; i < offset && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++fault.line;
      fault.column = 1;
    } else if (!IsContinuation(text[i])) {
      ++fault.column;
    }
  }
  fault.message = std::move(message);
  fault.hint = std::move(hint);
  return Status::FromFaults(Reason::kInvalidExpression, "invalid expression: " + Excerpt(text, {0, text.size()}),
                            {std::move(fault)});
}

std::string Excerpt(std::string_view text, SourceSpan span) {
  std::string excerpt(text.substr(span.begin, span.end - span.begin));
  for (char& c : excerpt) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  if (excerpt.size() <= kExcerptBytes) return excerpt;
  std::size_t length = kExcerptBytes - 3;
  while (length > 0 && IsContinuation(excerpt[length])) --length;
  return excerpt.substr(0, length) + "...";
}

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace larder
