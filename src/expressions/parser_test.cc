#include "expressions/parser.h"

#include <gtest/gtest.h>

#include "expressions/expression.h"

namespace larder {
namespace {

std::string Canonical(std::string_view text) {
  const Result<Expression> expression = ParseExpression(text);
  if (!expression.ok()) {
    const Fault& fault = expression.status().faults().at(0);
    return std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": " + fault.message;
  }
  return expression->CanonicalText();
}

std::string HintFor(std::string_view text) {
  const Result<Expression> expression = ParseExpression(text);
  return expression.ok() ? "" : expression.status().faults().at(0).hint;
}

TEST(ParserTest, PrecedenceGroupsAsDocumented) {
  EXPECT_EQ(Canonical("a+b*c"), "a + b * c");
  EXPECT_EQ(Canonical("(a+b)*c"), "(a + b) * c");
  EXPECT_EQ(Canonical("(a*b)+c"), "a * b + c");
  EXPECT_EQ(Canonical("a-(b-c)"), "a - (b - c)");
  EXPECT_EQ(Canonical("(a-b)-c"), "a - b - c");
  EXPECT_EQ(Canonical("a // b % c / d"), "a // b % c / d");
  EXPECT_EQ(Canonical("NOT a AND b OR c"), "not a and b or c");
  EXPECT_EQ(Canonical("not (a and b or c)"), "not (a and b or c)");
  EXPECT_EQ(Canonical("(a or b) and c"), "(a or b) and c");
  EXPECT_EQ(Canonical("not a = b"), "not a = b");
  EXPECT_EQ(Canonical("(not a) = b"), "(not a) = b");
  EXPECT_EQ(Canonical("a || b + c = d"), "a || b + c = d");
  EXPECT_EQ(Canonical("-a::int64"), "-a::int64");
  EXPECT_EQ(Canonical("(-a)::int64"), "(-a)::int64");
  EXPECT_EQ(Canonical("-5::string"), "-5::string");
  EXPECT_EQ(Canonical("-(5)"), "-(5)");
  EXPECT_EQ(Canonical("- -5"), "--5");
  EXPECT_EQ(Canonical("a - -1"), "a - -1");
  EXPECT_EQ(Canonical("a+b::float64"), "a + b::float64");
}

TEST(ParserTest, SpellingsAreMadeOne) {
  EXPECT_EQ(Canonical("a == 1"), "a = 1");
  EXPECT_EQ(Canonical("a != 1"), "a <> 1");
  EXPECT_EQ(Canonical("CAST( a AS Float64 )"), "a::float64");
  EXPECT_EQ(Canonical("a::LIST<Float32>"), "a::list<float32>");
  EXPECT_EQ(Canonical("COALESCE(Delay,0)"), "coalesce(Delay, 0)");
  EXPECT_EQ(Canonical("a[1]"), "list_get(a, 1)");
  EXPECT_EQ(Canonical("[1,2.50,'x']"), "[1, 2.5, 'x']");
  EXPECT_EQ(Canonical("'it''s'"), "'it''s'");
  EXPECT_EQ(Canonical("timestamp '2015-01-01T02:00:00+02:00'"), "timestamp '2015-01-01T00:00:00Z'");
  EXPECT_EQ(Canonical("date '2015-01-01'"), "date '2015-01-01'");
  EXPECT_EQ(Canonical("x is  NOT null"), "x is not null");
  EXPECT_EQ(Canonical("x not in (1,2) and y in ('a')"), "x not in (1, 2) and y in ('a')");
  EXPECT_EQ(Canonical("x not between 1 and 2 and y"), "x not between 1 and 2 and y");
  EXPECT_EQ(Canonical("x not like 'a%'"), "not x like 'a%'");
  EXPECT_EQ(Canonical("CASE WHEN a THEN 1 ELSE 2 END"), "case when a then 1 else 2 end");
  EXPECT_EQ(Canonical("case x when 1 then 'a' when 2 then 'b' end"), "case x when 1 then 'a' when 2 then 'b' end");
  EXPECT_EQ(Canonical("\"when\" + \"a b\" + \"plain\" + \"q\"\"q\""), "\"when\" + \"a b\" + plain + \"q\"\"q\"");
  EXPECT_EQ(Canonical("view.feature + \"View\".\"a b\""), "view.feature + View.\"a b\"");
  EXPECT_EQ(Canonical(".5 + 1. + 1e3 + 1E+20"), "0.5 + 1.0 + 1000.0 + 1e+20");
  EXPECT_EQ(Canonical("Größe * 2"), "Größe * 2");
}

TEST(ParserTest, CanonicalTextReadsBackToItself) {
  for (const std::string_view text :
       {"a+b*c-(d-e)", "not (a and not b or c) = d", "-(5)::string", "- - 5", "(a = b) is null", "(a is null) = b",
        "case when a between 1 and 2 then [1, -2][1] else cast('x' as int64) end", "-9223372036854775808",
        "(case x when 1 then 2 end)::string || 'q''q'", "a in (b = c, (d or e))", "(a || b) like c", "-(-(a))"}) {
    const std::string once = Canonical(text);
    EXPECT_EQ(Canonical(once), once) << text;
  }
}

TEST(ParserTest, FaultsNameThePlace) {
  EXPECT_EQ(Canonical(""), "1:1: an expression is empty");
  EXPECT_EQ(Canonical("a +"), "1:4: expected a value, found the end");
  EXPECT_EQ(Canonical("a +\n  * b"), "2:3: expected a value, found '*'");
  EXPECT_EQ(Canonical("ü + ?"), "1:5: an expression cannot hold '?'");
  EXPECT_EQ(Canonical("a b"), "1:3: unexpected 'b' after the expression");
  EXPECT_EQ(Canonical("a)"), "1:2: unexpected ')' after the expression");
  EXPECT_EQ(Canonical("(a"), "1:3: expected ')' to close the bracket, found the end");
  EXPECT_EQ(Canonical("'abc"), "1:1: a quote is not closed: '");
  EXPECT_EQ(Canonical("1 < a < 3"), "1:7: comparisons do not chain: '<'");
  EXPECT_EQ(Canonical("12abc"), "1:3: a number ends in 'a'");
  EXPECT_EQ(Canonical("9223372036854775808"), "1:1: an integer does not fit int64: 9223372036854775808");
  EXPECT_EQ(Canonical("1e999"), "1:1: a number does not fit float64: 1e999");
  EXPECT_EQ(Canonical("a in ()"), "1:8: the list of `in` is empty");
  EXPECT_EQ(Canonical("a not b"), "1:3: expected an operator before `not`");
  EXPECT_EQ(Canonical("case a end"), "1:8: expected `when` in a case, found 'end'");
  EXPECT_EQ(Canonical("case when a then 1"), "1:19: expected `end` at the end of the case, found the end");
  EXPECT_EQ(Canonical("x::flot64"), "1:4: unknown type: 'flot64'");
  EXPECT_EQ(Canonical("x::list<"), "1:9: expected a type, found the end");
  EXPECT_EQ(Canonical("timestamp '2015-13-01'").substr(0, 6), "1:11: ");
  EXPECT_EQ(Canonical("a.+"), "1:3: expected a feature after 'a.', found '+'");
  EXPECT_EQ(Canonical("ü + '\xC3'"), "1:6: an expression is not valid UTF-8");
  EXPECT_EQ(Canonical("a is 3"), "1:6: expected null, true or false after `is`, found '3'");
}

TEST(ParserTest, HintsSayWhatToWrite) {
  EXPECT_EQ(HintFor("a & b"), "write `and`");
  EXPECT_EQ(HintFor("1 < a < 3"), "join them with `and`");
  EXPECT_EQ(HintFor("t + interval '1 day'"), "write days(1), hours(6), minutes(30), seconds(5) and so on");
  EXPECT_EQ(HintFor("end + 1"), "a column of this name is written \"end\"");
}

TEST(ParserTest, DepthAndSizeAreLimited) {
  const auto repeated = [](std::string_view part, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += part;
    return text;
  };
  EXPECT_EQ(Canonical(repeated("(", 99) + "1" + repeated(")", 99)), "1");
  for (const std::string& deep :
       {repeated("(", 30000), repeated("[", 30000), repeated("-", 30000) + "a", repeated("not ", 15000) + "a",
        repeated("abs(", 15000), repeated("a[", 20000), "a" + repeated("+a", 30000), repeated("case ", 10000),
        "a" + repeated("::int64", 9000), repeated("a like ", 1) + repeated("(", 20000)}) {
    EXPECT_NE(Canonical(deep).find("nested too deep"), std::string::npos)
        << deep.substr(0, 20) << Canonical(deep).substr(0, 60);
  }
  EXPECT_EQ(Canonical("a" + repeated(" + a", 299)).size(), 1 + 4 * 299U);
  // Chains of and/or are one node, however long.
  EXPECT_EQ(Canonical("a" + repeated(" and a", 5000)).size(), 1 + 6 * 5000U);
  EXPECT_EQ(Canonical(std::string(70'000, ' ')), "1:1: an expression is too long: 70000 bytes");
}

TEST(ExpressionTest, ColumnsAreListedOnce) {
  const Expression expression = ParseExpression("b + a.b + if(b > c, \"b\", a.b)").value();
  EXPECT_EQ(expression.Columns(), (std::vector<ColumnName>{{"", "b"}, {"a", "b"}, {"", "c"}}));
  EXPECT_FALSE(expression.AsColumn().has_value());
  EXPECT_EQ(ParseExpression(" (ORIGIN) ").value().AsColumn(), (ColumnName{"", "ORIGIN"}));
}

}  // namespace
}  // namespace larder
