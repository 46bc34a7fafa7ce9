#include "expressions/binder.h"

#include "expressions/evaluate_test.h"

namespace larder {
namespace {

TestTable Columns() {
  return MakeTable({{"i", "int64", "[7]"},
                    {"small", "int32", "[7]"},
                    {"f", "float64", "[1.5]"},
                    {"narrow", "float32", "[1.5]"},
                    {"s", "string", "[\"x\"]"},
                    {"b", "bool", "[true]"},
                    {"t", "timestamp", "[0]"},
                    {"d", "date", "[0]"},
                    {"raw", "bytes", "[\"x\"]"},
                    {"li", "list<int32>", "[[1]]"},
                    {"lf", "list<float32>", "[[1.5]]"},
                    {"distance_km", "float64", "[1.0]"}});
}

TEST(BinderTest, TypesFollowTheRules) {
  const TestTable table = Columns();
  EXPECT_EQ(TypeOf(table, "small"), "int32");
  EXPECT_EQ(TypeOf(table, "small + small"), "int64");
  EXPECT_EQ(TypeOf(table, "small * i"), "int64");
  EXPECT_EQ(TypeOf(table, "i + f"), "float64");
  EXPECT_EQ(TypeOf(table, "narrow + narrow"), "float64");
  EXPECT_EQ(TypeOf(table, "-small"), "int64");
  EXPECT_EQ(TypeOf(table, "i / i"), "float64");
  EXPECT_EQ(TypeOf(table, "i // i"), "int64");
  EXPECT_EQ(TypeOf(table, "i // f"), "float64");
  EXPECT_EQ(TypeOf(table, "i % small"), "int64");
  EXPECT_EQ(TypeOf(table, "t + hours(1)"), "timestamp");
  EXPECT_EQ(TypeOf(table, "d + hours(1)"), "timestamp");
  EXPECT_EQ(TypeOf(table, "(t - d) / hours(1)"), "float64");
  EXPECT_EQ(TypeOf(table, "coalesce(small, small)"), "int32");
  EXPECT_EQ(TypeOf(table, "coalesce(small, i)"), "int64");
  EXPECT_EQ(TypeOf(table, "coalesce(null, narrow)"), "float32");
  EXPECT_EQ(TypeOf(table, "coalesce(narrow, 0)"), "float64");
  EXPECT_EQ(TypeOf(table, "if(b, d, t)"), "timestamp");
  EXPECT_EQ(TypeOf(table, "if(b, d, '2015-01-01')"), "date");
  EXPECT_EQ(TypeOf(table, "if(b, d, '2015-01-01T12:00:00')"), "timestamp");
  EXPECT_EQ(TypeOf(table, "[1, 2.5, null]"), "list<float64>");
  EXPECT_EQ(TypeOf(table, "list_concat(li, lf)"), "list<float64>");
  EXPECT_EQ(TypeOf(table, "li[1]"), "int32");
  EXPECT_EQ(TypeOf(table, "case i when 1 then 'a' end"), "string");
  EXPECT_EQ(TypeOf(table, "i in (1, 2.5) and s like 'a%'"), "bool");
  EXPECT_EQ(TypeOf(table, "null::list<float32>"), "list<float32>");
}

TEST(BinderTest, WrongNamesAreFaultsWithTheNearest) {
  const TestTable table = Columns();
  EXPECT_EQ(Evaluated(table, "1 + distnce_km"), "fault 1:5: no column 'distnce_km'");
  EXPECT_EQ(HintOf(table, "1 + distnce_km"), "did you mean 'distance_km'?");
  EXPECT_EQ(Evaluated(table, "i +\n coalesc(i, 1)"), "fault 2:2: unknown function 'coalesc'");
  EXPECT_EQ(HintOf(table, "coalesc(i, 1)"), "did you mean 'coalesce'?");
  EXPECT_EQ(Evaluated(table, "I"), "fault 1:1: no column 'I'");
  EXPECT_EQ(HintOf(table, "I"), "did you mean 'i'?");
  EXPECT_EQ(Evaluated(table, "now()"), "fault 1:1: there is no function 'now'");
  EXPECT_NE(HintOf(table, "t - now()").find("depends on its inputs alone"), std::string::npos);
  EXPECT_NE(HintOf(table, "current_timestamp").find("depends on its inputs alone"), std::string::npos);
}

TEST(BinderTest, QualifiedNamesChoose) {
  const TestTable table = MakeTable({{"a.x", "int64", "[1]"}, {"b.x", "int64", "[2]"}, {"b.y", "int64", "[3]"}});
  EXPECT_EQ(Evaluated(table, "a.x + b.x * 10 + y * 100"), "321");
  EXPECT_EQ(Evaluated(table, "x"), "fault 1:1: ambiguous column: 'x' is one of 2");
  EXPECT_EQ(HintOf(table, "x"), "say which: a.x b.x");
  EXPECT_EQ(HintOf(table, "a.y"), "did you mean 'a.x'?");
  const BoundExpression bound = BindText(table, "y + b.x + y").value();
  EXPECT_EQ(bound.columns(), (std::vector<std::size_t>{2, 1}));
}

TEST(BinderTest, WrongTypesAreFaultsWithAHint) {
  const TestTable table = Columns();
  EXPECT_EQ(Evaluated(table, "1 + (s + i)"), "fault 1:6: operator + does not take (string, int64)");
  EXPECT_EQ(HintOf(table, "s + i"), "convert the text: x::float64, or the number: x::string");
  EXPECT_EQ(HintOf(table, "t + 1"), "give the number a unit: days(n), hours(n)");
  EXPECT_EQ(HintOf(table, "s + s"), "texts are joined by ||");
  EXPECT_EQ(HintOf(table, "b = 1"), "a bool is no number: write the condition alone, or if(c, 1, 0)");
  EXPECT_EQ(Evaluated(table, "i and b"), "fault 1:1: `and` needs a bool, not int64");
  EXPECT_EQ(Evaluated(table, "if(b, 1, 'x')"), "fault 1:1: if does not take (bool, int64, string)");
  EXPECT_EQ(Evaluated(table, "case when b then 1 else 'x' end"),
            "fault 1:18: the values of a case have no common type: (int64, string)");
  EXPECT_EQ(Evaluated(table, "sqrt(s)"), "fault 1:1: sqrt does not take (string)");
  EXPECT_EQ(HintOf(table, "sqrt(s)"), "it takes sqrt(float64)");
  EXPECT_EQ(Evaluated(table, "sqrt()"), "fault 1:1: sqrt does not take ()");
  EXPECT_EQ(Evaluated(table, "t::int64"), "fault 1:1: no cast from timestamp to int64");
  EXPECT_EQ(HintOf(table, "t::int64"), "write epoch_seconds(t) or epoch_micros(t)");
  EXPECT_EQ(Evaluated(table, "t > 'yesterday'"), "fault 1:1: operator > does not take (timestamp, string)");
  EXPECT_EQ(Evaluated(table, "hour(t, 'Mars/Olympus')"), "fault 1:9: unknown time zone: 'Mars/Olympus'");
  EXPECT_EQ(Evaluated(table, "date_trunc('fortnight', t)"), "fault 1:12: unknown unit of time: 'fortnight'");
  EXPECT_EQ(Evaluated(table, "format_timestamp(t, '%Q')"), "fault 1:21: a format is not valid: '%Q'");
  EXPECT_EQ(Evaluated(table, "regexp_matches(s, '(')").substr(0, 50),
            "fault 1:19: a regular expression is not valid: Inv");
  EXPECT_EQ(Evaluated(table, "t - d"), "fault 1:1: a duration is no value of its own");
  EXPECT_EQ(Evaluated(table, "null"), "fault 1:1: the expression is always null: its type is unknown");
  EXPECT_EQ(Evaluated(table, "[]"), "fault 1:1: a list is empty: its type is unknown");
  EXPECT_EQ(Evaluated(table, "[[1]]"), "fault 1:1: a list cannot hold list<int64>");
  EXPECT_EQ(Evaluated(table, "[days(1)]"), "fault 1:1: a list cannot hold duration");
}

TEST(BinderTest, TextLiteralsStandForTimes) {
  const TestTable table = Columns();
  EXPECT_EQ(Evaluated(table, "t = '1970-01-01'"), "true");
  EXPECT_EQ(Evaluated(table, "'1970-01-01T00:00:01Z' > t"), "true");
  EXPECT_EQ(Evaluated(table, "d between '1969-12-31' and '1970-01-01'"), "true");
  EXPECT_EQ(Evaluated(table, "d in ('1970-01-02', '1970-01-01')"), "true");
  EXPECT_EQ(Evaluated(table, "year('2015-05-01')"), "2015");
  EXPECT_EQ(Evaluated(table, "s = '1970-01-01'"), "false");
}

BindOptions As(std::string_view type) {
  BindOptions options;
  options.result_type = ParseTypeName(type).value();
  return options;
}

TEST(BinderTest, ResultsNarrowToTheTypeAskedFor) {
  const TestTable table = Columns();
  EXPECT_EQ(Evaluated(table, "i", As("int32")), "7");
  EXPECT_EQ(Evaluated(table, "i", As("float32")), "7.0");
  EXPECT_EQ(Evaluated(table, "f * 2", As("int64")), "3");
  EXPECT_EQ(Evaluated(table, "f + 0.1", As("float32")), "1.6");
  EXPECT_EQ(Evaluated(table, "lf", As("list<float64>")), "[1.5]");
  EXPECT_EQ(Evaluated(table, "d", As("timestamp")), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Evaluated(table, "null", As("string")), "null");
  EXPECT_EQ(Evaluated(table, "'2015-01-01'", As("date")), "2015-01-01");
  EXPECT_EQ(Evaluated(table, "f", As("int64")), "error: row 0: a float is not whole: 1.5::int64");
  EXPECT_EQ(Evaluated(table, "i * 1000000000", As("int32")), "error: row 0: a number does not fit: 7000000000::int32");
  EXPECT_EQ(Evaluated(table, "s", As("float64")), "fault 1:1: the expression gives string, not float64");
  EXPECT_EQ(Evaluated(table, "b", As("int64")), "fault 1:1: the expression gives bool, not int64");
}

}  // namespace
}  // namespace larder
