#include "expressions/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/timestamp.h"
#include "columnar/value_type.h"
#include "expressions/expression.h"

namespace larder {
namespace {

using NodeResult = Result<SyntaxNodePointer>;

std::string Described(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "the end";
    case TokenKind::kText:
      return Excerpt(QuoteText(token.text), {0, token.text.size() + 2});
    default:
      return "'" + Excerpt(token.text, {0, token.text.size()}) + "'";
  }
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  NodeResult Run() {
    if (Now().kind == TokenKind::kEnd)
      return Fault(Now(), "an expression is empty", "write a column, such as distance");
    LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer root, ParseOr());
    if (Now().kind != TokenKind::kEnd) {
      return Fault(Now(), "unexpected " + Described(Now()) + " after the expression", AfterHint());
    }
    return root;
  }

 private:
  // Counts how deep the recursion is while it lives.
  class Nesting {
   public:
    explicit Nesting(int& depth) : depth_(depth) { ++depth_; }
    ~Nesting() { --depth_; }

   private:
    int& depth_;
  };

  const Token& Now() const { return tokens_[at_]; }
  const Token& Ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }

  bool NowSymbol(std::string_view symbol) const { return Now().kind == TokenKind::kSymbol && Now().text == symbol; }
  bool NowWord(std::string_view word) const { return Now().kind == TokenKind::kName && LowerAscii(Now().text) == word; }
  bool TakeSymbol(std::string_view symbol) {
    const bool taken = NowSymbol(symbol);
    at_ += taken ? 1 : 0;
    return taken;
  }
  bool TakeWord(std::string_view word) {
    const bool taken = NowWord(word);
    at_ += taken ? 1 : 0;
    return taken;
  }

  Status Fault(const Token& token, std::string message, std::string hint = {}) const {
    return ExpressionFault(text_, token.span.begin, std::move(message), std::move(hint));
  }

  Status ExpectSymbol(std::string_view symbol, std::string_view where) {
    if (TakeSymbol(symbol)) return {};
    return Fault(Now(), "expected '" + std::string(symbol) + "' " + std::string(where) + ", found " + Described(Now()));
  }
  Status ExpectWord(std::string_view word, std::string_view where) {
    if (TakeWord(word)) return {};
    return Fault(Now(), "expected `" + std::string(word) + "` " + std::string(where) + ", found " + Described(Now()));
  }

  std::string AfterHint() const {
    if (Now().kind == TokenKind::kName || Now().kind == TokenKind::kInteger) return "is an operator missing before it?";
    if (NowSymbol(")")) return "there is no '(' for it";
    return "";
  }

  // Finishes a node that begins at token `first` and ends before the present one.
  NodeResult Finish(SyntaxNode node, std::size_t begin) {
    node.span = {begin, at_ > 0 ? tokens_[at_ - 1].span.end : begin};
    for (const SyntaxNodePointer& child : node.children) node.depth = std::max(node.depth, child->depth + 1);
    if (node.depth > kMaxExpressionDepth) return TooDeep(begin, kMaxExpressionDepth);
    return SyntaxNodePointer(std::make_shared<const SyntaxNode>(std::move(node)));
  }
  NodeResult Call(std::string name, std::vector<SyntaxNodePointer> children, std::size_t begin) {
    SyntaxNode node;
    node.kind = NodeKind::kCall;
    node.name = std::move(name);
    node.children = std::move(children);
    return Finish(std::move(node), begin);
  }
  NodeResult Literal(LiteralValue value, std::size_t begin) {
    SyntaxNode node;
    node.literal = std::move(value);
    return Finish(std::move(node), begin);
  }

  Status TooDeep(std::size_t offset, int limit) const {
    return ExpressionFault(text_, offset,
                           "an expression is nested too deep: more than " + std::to_string(limit) + " levels",
                           "split it over derived columns");
  }

  using Level = NodeResult (Parser::*)();

  // Parses a chain of one connective to one node, so that long chains are not deep.
  NodeResult ParseChain(std::string_view word, NodeKind kind, Level next) {
    const std::size_t begin = Now().span.begin;
    SyntaxNode node;
    node.kind = kind;
    do {
      LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer child, (this->*next)());
      node.children.push_back(std::move(child));
    } while (TakeWord(word));
    if (node.children.size() == 1) return std::move(node.children[0]);
    return Finish(std::move(node), begin);
  }

  NodeResult ParseOr() {
    const Nesting nesting(nesting_);
    if (nesting_ > kMaxExpressionNesting) return TooDeep(Now().span.begin, kMaxExpressionNesting);
    return ParseChain("or", NodeKind::kOr, &Parser::ParseAnd);
  }
  NodeResult ParseAnd() { return ParseChain("and", NodeKind::kAnd, &Parser::ParseNot); }

  NodeResult ParseNot() {
    std::vector<std::size_t> begins;
    while (NowWord("not")) {
      begins.push_back(Now().span.begin);
      ++at_;
    }
    LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer node, ParseComparison());
    for (; !begins.empty(); begins.pop_back()) {
      LARDER_ASSIGN_OR_RETURN(node, Call("not", {std::move(node)}, begins.back()));
    }
    return node;
  }

  bool NowComparison() const {
    constexpr std::array<std::string_view, 6> kSymbols = {"=", "<>", "<", "<=", ">", ">="};
    return Now().kind == TokenKind::kSymbol &&
           std::find(kSymbols.begin(), kSymbols.end(), Now().text) != kSymbols.end();
  }

  NodeResult ParseComparison() {
    const std::size_t begin = Now().span.begin;
    LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer node, ParseConcat());
    bool compared = false;
    for (;;) {
      if (NowComparison()) {
        if (compared) return Fault(Now(), "comparisons do not chain: " + Described(Now()), "join them with `and`");
        const std::string name = Now().text;
        ++at_;
        LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer right, ParseConcat());
        LARDER_ASSIGN_OR_RETURN(node, Call(name, {std::move(node), std::move(right)}, begin));
      } else if (TakeWord("is")) {
        LARDER_ASSIGN_OR_RETURN(node, ParseIs(std::move(node), begin));
      } else {
        const bool negated = NowWord("not");
        const std::string word = LowerAscii((negated ? Ahead() : Now()).text);
        const bool is_name = (negated ? Ahead() : Now()).kind == TokenKind::kName;
        if (!is_name || (word != "in" && word != "between" && word != "like")) {
          if (negated)
            return Fault(Now(), "expected an operator before `not`", "after a value: not in, not like, not between");
          return node;
        }
        if (compared) return Fault(Now(), "comparisons do not chain: `" + word + "`", "join them with `and`");
        at_ += negated ? 2 : 1;
        LARDER_ASSIGN_OR_RETURN(node, ParseWordComparison(word, negated, std::move(node), begin));
      }
      compared = true;
    }
  }

  NodeResult ParseIs(SyntaxNodePointer operand, std::size_t begin) {
    SyntaxNode node;
    node.kind = NodeKind::kIs;
    node.negated = TakeWord("not");
    node.name = LowerAscii(Now().text);
    if (Now().kind != TokenKind::kName || (node.name != "null" && node.name != "true" && node.name != "false")) {
      return Fault(Now(), "expected null, true or false after `is`, found " + Described(Now()),
                   "values are compared by =");
    }
    ++at_;
    node.children = {std::move(operand)};
    return Finish(std::move(node), begin);
  }

  NodeResult ParseWordComparison(const std::string& word, bool negated, SyntaxNodePointer left, std::size_t begin) {
    SyntaxNode node;
    node.negated = negated;
    node.children = {std::move(left)};
    if (word == "in") {
      node.kind = NodeKind::kIn;
      LARDER_RETURN_IF_ERROR(ExpectSymbol("(", "after `in`"));
      LARDER_RETURN_IF_ERROR(ParseList(node.children, ")"));
      if (node.children.size() == 1) return Fault(Now(), "the list of `in` is empty", "name at least one value");
      return Finish(std::move(node), begin);
    }
    LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer second, ParseConcat());
    node.children.push_back(std::move(second));
    if (word == "between") {
      node.kind = NodeKind::kBetween;
      LARDER_RETURN_IF_ERROR(ExpectWord("and", "between the two bounds"));
      LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer third, ParseConcat());
      node.children.push_back(std::move(third));
      return Finish(std::move(node), begin);
    }
    LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer like, Call("like", std::move(node.children), begin));
    if (!negated) return like;
    return Call("not", {std::move(like)}, begin);
  }

  // How tightly an operator between two values binds; 0 for what is none.
  int NowBinaryLevel() const {
    if (Now().kind != TokenKind::kSymbol) return 0;
    if (Now().text == "||") return 1;
    if (Now().text == "+" || Now().text == "-") return 2;
    return Now().text == "*" || Now().text == "/" || Now().text == "//" || Now().text == "%" ? 3 : 0;
  }

  NodeResult ParseConcat() { return ParseBinary(1); }

  // Takes operators that bind at least as tightly; they group to the left.
  NodeResult ParseBinary(int least_level) {
    const std::size_t begin = Now().span.begin;
    LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer node, ParseSigned());
    for (int level = NowBinaryLevel(); level >= least_level && level > 0; level = NowBinaryLevel()) {
      const std::string name = Now().text;
      ++at_;
      LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer right, ParseBinary(level + 1));
      LARDER_ASSIGN_OR_RETURN(node, Call(name, {std::move(node), std::move(right)}, begin));
    }
    return node;
  }

  NodeResult ParseSigned() {
    std::vector<std::size_t> minuses;
    while (NowSymbol("-") || NowSymbol("+")) {
      if (NowSymbol("-")) minuses.push_back(Now().span.begin);
      ++at_;
    }
    const bool number = Now().kind == TokenKind::kInteger || Now().kind == TokenKind::kFloat;
    const bool sign = number && !minuses.empty();
    const std::size_t begin = sign ? minuses.back() : Now().span.begin;
    if (sign) minuses.pop_back();
    LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer node, number ? ParseNumber(sign, begin) : ParseAtom());
    LARDER_ASSIGN_OR_RETURN(node, ParsePostfix(std::move(node), begin));
    for (; !minuses.empty(); minuses.pop_back()) {
      LARDER_ASSIGN_OR_RETURN(node, Call("-", {std::move(node)}, minuses.back()));
    }
    return node;
  }

  NodeResult ParsePostfix(SyntaxNodePointer node, std::size_t begin) {
    for (;;) {
      if (TakeSymbol("::")) {
        LARDER_ASSIGN_OR_RETURN(node, ParseCastType(std::move(node), begin));
      } else if (TakeSymbol("[")) {
        LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer index, ParseOr());
        LARDER_RETURN_IF_ERROR(ExpectSymbol("]", "after the index"));
        LARDER_ASSIGN_OR_RETURN(node, Call("list_get", {std::move(node), std::move(index)}, begin));
      } else {
        return node;
      }
    }
  }

  // Takes a type's name and finishes the cast.
  NodeResult ParseCastType(SyntaxNodePointer operand, std::size_t begin) {
    const Token first = Now();
    if (first.kind != TokenKind::kName) return Fault(first, "expected a type, found " + Described(first));
    std::string name = LowerAscii(first.text);
    ++at_;
    if (name == "list" && TakeSymbol("<")) {
      if (Now().kind != TokenKind::kName) return Fault(Now(), "expected a type, found " + Described(Now()));
      name += "<" + LowerAscii(Now().text) + ">";
      ++at_;
      LARDER_RETURN_IF_ERROR(ExpectSymbol(">", "after the type of the elements"));
    }
    const Result<ValueType> type = ParseTypeName(name);
    if (!type.ok()) {
      return Fault(first, std::string(type.status().message()), std::string(type.status().hint()));
    }
    SyntaxNode node;
    node.kind = NodeKind::kCast;
    node.name = TypeName(*type);
    node.children = {std::move(operand)};
    return Finish(std::move(node), begin);
  }

  NodeResult ParseNumber(bool negative, std::size_t begin) {
    const Token token = Now();
    const std::string digits = (negative ? "-" : "") + token.text;
    const char* end = digits.data() + digits.size();
    ++at_;
    if (token.kind == TokenKind::kInteger) {
      std::int64_t value = 0;
      if (std::from_chars(digits.data(), end, value).ec == std::errc()) return Literal(value, begin);
      return Fault(token, "an integer does not fit int64: " + digits, "write it as a float: " + digits + ".0");
    }
    double value = 0;
    const std::from_chars_result parsed = std::from_chars(digits.data(), end, value);
    // Too small to be told from zero is zero; too large has no value.
    if (parsed.ec == std::errc::result_out_of_range) value = std::strtod(digits.c_str(), nullptr);
    if (std::isinf(value)) return Fault(token, "a number does not fit float64: " + digits);
    return Literal(value, begin);
  }

  // Takes expressions separated by commas up to the closing symbol.
  Status ParseList(std::vector<SyntaxNodePointer>& nodes, std::string_view closing) {
    if (TakeSymbol(closing)) return {};
    do {
      LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer node, ParseOr());
      nodes.push_back(std::move(node));
    } while (TakeSymbol(","));
    if (TakeSymbol(closing)) return {};
    return Fault(Now(), "expected ',' or '" + std::string(closing) + "', found " + Described(Now()));
  }

  NodeResult ParseAtom() {
    const Token& token = Now();
    const std::size_t begin = token.span.begin;
    if (token.kind == TokenKind::kText) {
      ++at_;
      return Literal(token.text, begin);
    }
    if (TakeSymbol("(")) {
      LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer node, ParseOr());
      LARDER_RETURN_IF_ERROR(ExpectSymbol(")", "to close the bracket"));
      return node;
    }
    if (TakeSymbol("[")) {
      SyntaxNode list;
      list.kind = NodeKind::kList;
      LARDER_RETURN_IF_ERROR(ParseList(list.children, "]"));
      return Finish(std::move(list), begin);
    }
    if (token.kind == TokenKind::kName) return ParseName();
    if (token.kind == TokenKind::kQuotedName) return ParseColumn();
    return Fault(token, "expected a value, found " + Described(token));
  }

  NodeResult ParseName() {
    const std::size_t begin = Now().span.begin;
    const std::string lower = LowerAscii(Now().text);
    if (lower == "true" || lower == "false" || lower == "null") {
      ++at_;
      return Literal(lower == "null" ? LiteralValue() : LiteralValue(lower == "true"), begin);
    }
    if (lower == "case") return ParseCase();
    if (lower == "cast") return ParseCast();
    if (IsKeyword(lower)) {
      return Fault(Now(), "expected a value, found the keyword `" + lower + "`",
                   "a column of this name is written \"" + Now().text + "\"");
    }
    const Token& next = Ahead();
    if (next.kind == TokenKind::kText) return ParseTypedLiteral(lower, begin);
    if (next.kind == TokenKind::kSymbol && next.text == "(") {
      at_ += 2;
      std::vector<SyntaxNodePointer> arguments;
      LARDER_RETURN_IF_ERROR(ParseList(arguments, ")"));
      return Call(lower, std::move(arguments), begin);
    }
    return ParseColumn();
  }

  NodeResult ParseTypedLiteral(const std::string& lower, std::size_t begin) {
    const Token name = Now();
    const Token text = Ahead();
    at_ += 2;
    if (lower == "timestamp") {
      const Result<std::int64_t> instant_us = ParseInstant(text.text);
      if (!instant_us.ok()) return LiteralFault(text, instant_us.status());
      if (*instant_us < kMinTextInstantUs || *instant_us > kMaxTextInstantUs) {
        return Fault(text, "an instant lies outside the years 0001 to 9999: " + Described(text));
      }
      return Literal(TimestampLiteral{*instant_us}, begin);
    }
    if (lower == "date") {
      const Result<std::int32_t> days = ParseDate(text.text);
      if (!days.ok()) return LiteralFault(text, days.status());
      return Literal(DateLiteral{*days}, begin);
    }
    if (lower == "interval") {
      return Fault(name, "there is no `interval` literal",
                   "write days(1), hours(6), minutes(30), seconds(5) and so on");
    }
    return Fault(text, "unexpected " + Described(text) + " after '" + name.text + "'",
                 "is an operator missing? literals of a type are: timestamp '...', date '...'");
  }

  Status LiteralFault(const Token& text, const Status& why) const {
    return Fault(text, std::string(why.message()), std::string(why.hint()));
  }

  NodeResult ParseColumn() {
    const std::size_t begin = Now().span.begin;
    SyntaxNode node;
    node.kind = NodeKind::kColumn;
    node.name = Now().text;
    ++at_;
    if (TakeSymbol(".")) {
      if (Now().kind != TokenKind::kName && Now().kind != TokenKind::kQuotedName) {
        return Fault(Now(), "expected a feature after '" + node.name + ".', found " + Described(Now()));
      }
      node.qualifier = std::exchange(node.name, Now().text);
      ++at_;
    }
    return Finish(std::move(node), begin);
  }

  NodeResult ParseCast() {
    const std::size_t begin = Now().span.begin;
    ++at_;
    LARDER_RETURN_IF_ERROR(ExpectSymbol("(", "after `cast`"));
    LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer operand, ParseOr());
    LARDER_RETURN_IF_ERROR(ExpectWord("as", "after the value of a cast"));
    LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer node, ParseCastType(std::move(operand), begin));
    LARDER_RETURN_IF_ERROR(ExpectSymbol(")", "after the type"));
    return node;
  }

  NodeResult ParseCase() {
    const std::size_t begin = Now().span.begin;
    ++at_;
    SyntaxNode node;
    node.kind = NodeKind::kCase;
    node.has_operand = !NowWord("when");
    if (node.has_operand) LARDER_RETURN_IF_ERROR(TakeInto(node.children));
    if (!NowWord("when")) return Fault(Now(), "expected `when` in a case, found " + Described(Now()));
    while (TakeWord("when")) {
      LARDER_RETURN_IF_ERROR(TakeInto(node.children));
      LARDER_RETURN_IF_ERROR(ExpectWord("then", "after the condition of `when`"));
      LARDER_RETURN_IF_ERROR(TakeInto(node.children));
    }
    node.has_else = TakeWord("else");
    if (node.has_else) LARDER_RETURN_IF_ERROR(TakeInto(node.children));
    LARDER_RETURN_IF_ERROR(ExpectWord("end", "at the end of the case"));
    return Finish(std::move(node), begin);
  }

  Status TakeInto(std::vector<SyntaxNodePointer>& nodes) {
    LARDER_ASSIGN_OR_RETURN(SyntaxNodePointer node, ParseOr());
    nodes.push_back(std::move(node));
    return {};
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace

Result<SyntaxNodePointer> ParseTree(std::string_view text) {
  LARDER_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text));
  return Parser(text, std::move(tokens)).Run();
}

}  // namespace larder
