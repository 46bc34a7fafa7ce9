#include "expressions/bound_expression.h"

#include <thread>
#include <vector>

#include <arrow/builder.h>

#include "expressions/evaluate_test.h"

namespace larder {
namespace {

TestTable Numbers() {
  return MakeTable({{"i", "int64", "[7, -7, null, 0]"},
                    {"j", "int64", "[2, 2, 2, 0]"},
                    {"f", "float64", "[7.5, -7.5, null, 0.0]"},
                    {"g", "float64", "[2.0, 2.0, 2.0, 0.0]"},
                    {"b", "bool", "[true, false, null, true]"}});
}

TEST(EvaluateTest, ArithmeticOfIntegersAndFloats) {
  const TestTable table = Numbers();
  EXPECT_EQ(Evaluated(table, "i + j"), "9, -5, null, 0");
  EXPECT_EQ(Evaluated(table, "i + f"), "14.5, -14.5, null, 0.0");
  EXPECT_EQ(Evaluated(table, "i / j"), "3.5, -3.5, null, null");
  EXPECT_EQ(Evaluated(table, "i // j"), "3, -4, null, null");
  EXPECT_EQ(Evaluated(table, "i % j"), "1, 1, null, null");
  EXPECT_EQ(Evaluated(table, "f // g"), "3.0, -4.0, null, null");
  EXPECT_EQ(Evaluated(table, "f % g"), "1.5, 0.5, null, null");
  EXPECT_EQ(Evaluated(table, "f / g"), "3.75, -3.75, null, null");
  EXPECT_EQ(Evaluated(table, "-i"), "-7, 7, null, 0");
  EXPECT_EQ(Value("7 // -2"), "-4");
  EXPECT_EQ(Value("7 % -2"), "-1");
  EXPECT_EQ(Value("-7 // -2"), "3");
  EXPECT_EQ(Value("-1.0 // (1e308 * 10)"), "-1.0");
  EXPECT_EQ(Value("7 + null"), "null");
}

TEST(EvaluateTest, IntegerOverflowIsAnErrorThatNamesTheRow) {
  const TestTable table = MakeTable({{"x", "int64", "[1, -9223372036854775808]"}, {"y", "int64", "[1, -1]"}});
  EXPECT_EQ(Evaluated(table, "x + y"), "error: row 1: integer overflow: -9223372036854775808 + -1");
  EXPECT_EQ(Evaluated(table, "x * y"), "error: row 1: integer overflow: -9223372036854775808 * -1");
  EXPECT_EQ(Evaluated(table, "x // y"), "error: row 1: integer overflow: -9223372036854775808 // -1");
  EXPECT_EQ(Evaluated(table, "x % y"), "0, 0");
  EXPECT_EQ(Evaluated(table, "-x"), "error: row 1: integer overflow: -(-9223372036854775808)");
  EXPECT_EQ(Evaluated(table, "1 + abs(x)"), "error: row 1: integer overflow: abs(-9223372036854775808) in 'abs(x)'");
  EXPECT_EQ(Evaluated(table, "0 - x"), "error: row 1: integer overflow: 0 - -9223372036854775808");
  EXPECT_EQ(Evaluated(table, "try(x * y)"), "1, null");
  EXPECT_EQ(Evaluated(table, "coalesce(try(x * y), 5)"), "1, 5");
  const BoundExpression bound = BindText(table, "x + y").value();
  const Status status =
      bound.Evaluate(*table.batch, {[](std::int64_t row) { return "a.csv line " + std::to_string(row + 2); }}).status();
  EXPECT_EQ(status.message(), "a.csv line 3: integer overflow: -9223372036854775808 + -1");
  EXPECT_EQ(status.reason(), Reason::kValueOutOfRange);
}

TEST(EvaluateTest, ComparisonsOfIntegersAndFloatsAreExact) {
  EXPECT_EQ(Value("9007199254740993 = 9007199254740992.0"), "false");
  EXPECT_EQ(Value("9007199254740993 > 9007199254740992.0"), "true");
  EXPECT_EQ(Value("9007199254740992.0 < 9007199254740993"), "true");
  EXPECT_EQ(Value("9223372036854775807 < 9223372036854775808.0"), "true");
  EXPECT_EQ(Value("9223372036854775807 = 9223372036854775808.0"), "false");
  EXPECT_EQ(Value("-9223372036854775808 = -9223372036854775808.0"), "true");
  EXPECT_EQ(Value("-9223372036854775808 > -1e300"), "true");
  EXPECT_EQ(Value("1 < 1.5 and -1 > -1.5 and 2 >= 2.0 and 2.0 <= 2"), "true");
  EXPECT_EQ(Value("1 <> 'nan'::float64 and not (1 = 'nan'::float64) and not (1 < 'nan'::float64)"), "true");
  EXPECT_EQ(Value("'nan'::float64 = 'nan'::float64"), "false");
  EXPECT_EQ(Value("0.0 = -0.0"), "true");
}

TEST(EvaluateTest, ConditionsAreThreeValued) {
  const TestTable table = MakeTable({{"a", "bool", "[true, true, true, false, false, false, null, null, null]"},
                                     {"b", "bool", "[true, false, null, true, false, null, true, false, null]"}});
  EXPECT_EQ(Evaluated(table, "a and b"), "true, false, null, false, false, false, null, false, null");
  EXPECT_EQ(Evaluated(table, "a or b"), "true, true, true, true, false, null, true, null, null");
  EXPECT_EQ(Evaluated(table, "not a"), "false, false, false, true, true, true, null, null, null");
  EXPECT_EQ(Evaluated(table, "a is null"), "false, false, false, false, false, false, true, true, true");
  EXPECT_EQ(Evaluated(table, "a is not true"), "false, false, false, true, true, true, true, true, true");
  EXPECT_EQ(Evaluated(table, "a is false"), "false, false, false, true, true, true, false, false, false");
  EXPECT_EQ(Evaluated(table, "if(a, 1, 2)"), "1, 1, 1, 2, 2, 2, 2, 2, 2");
  EXPECT_EQ(Evaluated(table, "case when a then 1 when b then 2 end"), "1, 1, 1, 2, null, null, 2, null, null");
}

TEST(EvaluateTest, InBetweenLikeAndCase) {
  const TestTable table =
      MakeTable({{"x", "int64", "[1, 2, 3, null]"}, {"s", "string", R"(["SFO", "S_O", "a%", ""])"}});
  EXPECT_EQ(Evaluated(table, "x in (1, 3)"), "true, false, true, null");
  EXPECT_EQ(Evaluated(table, "x in (1, null)"), "true, null, null, null");
  EXPECT_EQ(Evaluated(table, "x not in (1, 3)"), "false, true, false, null");
  EXPECT_EQ(Evaluated(table, "x + 0 in (1.0, 2.5)"), "true, false, false, null");
  EXPECT_EQ(Evaluated(table, "x between 2 and 3"), "false, true, true, null");
  EXPECT_EQ(Evaluated(table, "x * 2 not between 4 and null"), "true, null, null, null");
  EXPECT_EQ(Evaluated(table, "s like 'S_O'"), "true, true, false, false");
  EXPECT_EQ(Evaluated(table, R"(s like 'S\_O' or s like 'a\%')"), "false, true, true, false");
  EXPECT_EQ(Evaluated(table, "s like '%'"), "true, true, true, true");
  EXPECT_EQ(Evaluated(table, "s like '%O%' and s not like 'SF%'"), "false, true, false, false");
  EXPECT_EQ(Evaluated(table, "case x when 1 then 'one' when 2 then 'two' else 'many' end"), "one, two, many, many");
  EXPECT_EQ(Evaluated(table, "case x + 1 when 2 then s else s || '!' end"), "SFO, S_O!, a%!, !");
}

TEST(EvaluateTest, OnlyWhatIsNeededFails) {
  const TestTable table =
      MakeTable({{"s", "string", R"(["1", "x", null, "4"])"}, {"n", "int64", "[0, 1, 2, 9223372036854775807]"}});
  EXPECT_EQ(Evaluated(table, "s::int64"), "error: row 1: cannot convert: 'x'::int64");
  EXPECT_EQ(Evaluated(table, "try(s::int64)"), "1, null, null, 4");
  EXPECT_EQ(Evaluated(table, "if(s = 'x', -1, s::int64)"), "1, -1, null, 4");
  EXPECT_EQ(Evaluated(table, "case when s = 'x' then 0 when s::int64 > 2 then 2 else 1 end"), "1, 0, 1, 2");
  EXPECT_EQ(Evaluated(table, "s <> 'x' and s::int64 = 4"), "false, false, null, true");
  EXPECT_EQ(Evaluated(table, "s = 'x' or s::int64 = 4"), "false, true, null, true");
  EXPECT_EQ(Evaluated(table, "s::int64 = 4 or s = 'x'"), "error: row 1: cannot convert: 'x'::int64 in 's::int64'");
  EXPECT_EQ(Evaluated(table, "coalesce(s, (n + 1)::string)"), "1, x, 3, 4");
  EXPECT_EQ(Evaluated(table, "coalesce(try(s::int64), n + 1)"), "1, 2, 3, 4");
  EXPECT_EQ(Evaluated(table, "if((n + 1) > 0, 1, 2)"),
            "error: row 3: integer overflow: 9223372036854775807 + 1 in 'n + 1'");
  EXPECT_EQ(Evaluated(table, "(s::int64) is null"), "error: row 1: cannot convert: 'x'::int64 in 's::int64'");
  EXPECT_EQ(Evaluated(table, "list_length([1, s::int64])"), "error: row 1: cannot convert: 'x'::int64 in 's::int64'");
  EXPECT_EQ(Evaluated(table, "try(list_length([1, s::int64]))"), "2, null, 2, 2");
  EXPECT_EQ(HintOf(table, "s::int64"), "correct the value, or try(...) gives null");
}

TEST(EvaluateTest, CastsConvertWhollyOrFail) {
  EXPECT_EQ(Value("' 12 '::int64 + '+3'::int32"), "15");
  EXPECT_EQ(Value("'1e3'::float64"), "1000.0");
  EXPECT_EQ(Value("'1e-999'::float64"), "0.0");
  EXPECT_EQ(Value("'1e999'::float64"), "error: row 0: a number does not fit: '1e999'::float64");
  EXPECT_EQ(Value("'12x'::int64"), "error: row 0: cannot convert: '12x'::int64");
  EXPECT_EQ(Value("''::int64"), "error: row 0: cannot convert: ''::int64");
  EXPECT_EQ(Value("2.0::int64"), "2");
  EXPECT_EQ(Value("2.5::int64"), "error: row 0: a float is not whole: 2.5::int64");
  EXPECT_EQ(Value("9223372036854775808.0::int64"), "error: row 0: a number does not fit: 9.223372036854776e+18::int64");
  EXPECT_EQ(Value("-9223372036854775808.0::int64"), "-9223372036854775808");
  EXPECT_EQ(Value("'nan'::float64::int64"), "error: row 0: a number does not fit: nan::int64");
  EXPECT_EQ(Value("2147483648::int32"), "error: row 0: a number does not fit: 2147483648::int32");
  EXPECT_EQ(Value("0.1::float32::float64"), "0.10000000149011612");
  EXPECT_EQ(Value("0.1::float32::string"), "0.1");
  EXPECT_EQ(Value("1.0::string || 5::string || true::string"), "1.05true");
  EXPECT_EQ(Value("'TRUE'::bool and '1'::bool and not 'f'::bool"), "true");
  EXPECT_EQ(Value("'yes'::bool"), "error: row 0: cannot convert: 'yes'::bool");
  EXPECT_EQ(Value("true::int64 + 3::bool::int64"), "2");
  EXPECT_EQ(Value("'2015-01-02T03:04:05+01:00'::timestamp"), "2015-01-02T02:04:05Z");
  EXPECT_EQ(Value("timestamp '1969-12-31T23:59:59Z'::date"), "1969-12-31");
  EXPECT_EQ(Value("['1', null, '3']::list<int64>"), "[1, null, 3]");
  EXPECT_EQ(Value("['1', 'x']::list<int64>"), "error: row 0: cannot convert: ['1', 'x']::list<int64>");
  EXPECT_EQ(Value("'ab'::bytes::string"), "ab");
}

TEST(EvaluateTest, DurationsAreExactAndRoundHalfEven) {
  EXPECT_EQ(Value("total_microseconds(microseconds(0.5))"), "0");
  EXPECT_EQ(Value("total_microseconds(microseconds(1.5))"), "2");
  EXPECT_EQ(Value("total_microseconds(microseconds(-2.5))"), "-2");
  // 0.1 minutes are 6000000.000000000333 microseconds; 1e-7 minutes are just below 6.
  EXPECT_EQ(Value("total_microseconds(minutes(0.1))"), "6000000");
  EXPECT_EQ(Value("total_microseconds(minutes(0.0000001))"), "6");
  EXPECT_EQ(Value("total_microseconds(hours(-2.75))"), "-9900000000");
  // The float nearest to this lies at 4503599627370 + 509 / 1024.
  EXPECT_EQ(Value("total_microseconds(seconds(4503599627370.4975))"), "4503599627370497070");
  EXPECT_EQ(Value("total_microseconds(days(1e300))"), "error: row 0: integer overflow: days(1e+300) in 'days(1e300)'");
  EXPECT_EQ(Value("total_microseconds(days(106751992))"),
            "error: row 0: integer overflow: days(106751992) in 'days(106751992)'");
  EXPECT_EQ(Value("total_seconds(seconds('nan'::float64))"), "null");
  EXPECT_EQ(Value("timestamp '2015-01-01' + minutes(5) * 2 - days(1) / 2"), "2014-12-31T12:10:00Z");
  EXPECT_EQ(Value("(timestamp '2015-01-02' - timestamp '2015-01-01') // hours(5)"), "4");
  EXPECT_EQ(Value("total_hours((timestamp '2015-01-02' - timestamp '2015-01-01') % hours(5))"), "4.0");
  EXPECT_EQ(Value("timestamp '2015-01-02' - date '2015-01-01' > hours(23.5)"), "true");
  EXPECT_EQ(Value("0.5 * days(1) = hours(12) and -hours(1) < hours(0)"), "true");
}

TEST(EvaluateTest, TheExampleOfTheProductRuns) {
  const TestTable table = MakeTable({{"ds", "date", "[16436, 16436, null]"},
                                     {"SCHEDULED_DEPARTURE", "int64", "[5, 2359, 100]"},
                                     {"DEPARTURE_DELAY", "float64", "[-11.0, null, 3.0]"},
                                     {"CANCELLED", "int64", "[0, 1, null]"}});
  EXPECT_EQ(Evaluated(table,
                      "to_timestamp(ds) + minutes(SCHEDULED_DEPARTURE // 100 * 60 + SCHEDULED_DEPARTURE % 100 + "
                      "coalesce(DEPARTURE_DELAY, 0))"),
            "2014-12-31T23:54:00Z, 2015-01-01T23:59:00Z, null");
  EXPECT_EQ(Evaluated(table, "if(DEPARTURE_DELAY > 15, 1.0, 0.0)"), "0.0, 0.0, 0.0");
  EXPECT_EQ(Evaluated(table, "CANCELLED = 0"), "true, false, null");
  const auto mask = BindText(table, "CANCELLED = 0").value().EvaluateFilter(*table.batch).value();
  EXPECT_EQ(mask->null_count(), 0);
  EXPECT_EQ(mask->ToString(), "[\n  true,\n  false,\n  false\n]");
  EXPECT_EQ(BindText(table, "CANCELLED").value().EvaluateFilter(*table.batch).status().reason(), Reason::kTypeMismatch);
}

TEST(EvaluateTest, SlicesAndEmptyBatchesGiveTheSame) {
  const TestTable table =
      MakeTable({{"b", "bool", "[true, false, null, true, false, true, null, true, false, true]"},
                 {"i", "int32", "[1, null, 3, 4, 5, 6, 7, 8, 9, 10]"},
                 {"s", "string", R"(["a", "b", null, "dd", "", "f", "g", "h", "i", "j"])"},
                 {"l", "list<float32>", "[[1], [], null, [4, 5], [null], [6], [7], [8], [9], [10]]"}});
  for (const std::string_view text :
       {"if(b, i, -i)", "s || i::string", "list_concat(l, [i::float32])", "l", "i", "list_sum(l)",
        "coalesce(s, 'none')", "if(b, l, null)", "b and i > 4", "try(l[1])"}) {
    const BoundExpression bound = BindText(table, text).value();
    const auto whole = bound.Evaluate(*table.batch).value();
    for (std::int64_t offset = 0; offset <= 10; ++offset) {
      for (std::int64_t length = 0; length <= 10 - offset; ++length) {
        const auto part = bound.Evaluate(*table.batch->Slice(offset, length)).value();
        ASSERT_TRUE(part->ValidateFull().ok());
        ASSERT_TRUE(part->Equals(whole->Slice(offset, length))) << text << " " << offset << " " << length;
      }
    }
  }
}

TEST(EvaluateTest, LongBatchesRunInPartsWithTheRowNamed) {
  constexpr std::int64_t kRowCount = 10'000;
  arrow::Int64Builder builder;
  for (std::int64_t i = 0; i < kRowCount; ++i) ASSERT_TRUE(builder.Append(i == 7777 ? INT64_MAX : i).ok());
  const std::vector<std::shared_ptr<arrow::Array>> columns = {builder.Finish().ValueOrDie()};
  const NameScope scope({{"", "x", ValueType::Of(TypeKind::kInt64)}});
  const BoundExpression next = Bind(ParseExpression("x + 1").value(), scope).value();
  EXPECT_EQ(next.Evaluate(columns, kRowCount).status().message(),
            "row 7777: integer overflow: 9223372036854775807 + 1");
  const BoundExpression previous = Bind(ParseExpression("x - 1").value(), scope).value();
  const auto array = previous.Evaluate(columns, kRowCount).value();
  ASSERT_EQ(array->length(), kRowCount);
  for (std::int64_t i = 0; i < kRowCount; ++i) {
    ASSERT_EQ(static_cast<const arrow::Int64Array&>(*array).Value(i), (i == 7777 ? INT64_MAX : i) - 1);
  }
}

TEST(EvaluateTest, DeepAndWideExpressionsRun) {
  const TestTable table = MakeTable({{"x", "int64", "[1]"}});
  const auto nested = [](std::string_view open, std::string_view close, int depth) {
    std::string text = "x";
    for (int i = 0; i < depth; ++i) text = std::string(open) + text + std::string(close);
    return text;
  };
  std::string sum = "x";
  for (int i = 1; i < 300; ++i) sum += " + x";
  EXPECT_EQ(Evaluated(table, sum), "300");
  EXPECT_EQ(Evaluated(table, nested("if(x = 1, ", ", 0)", 98)), "1");
  EXPECT_EQ(Evaluated(table, nested("case ", " when 1 then 1 else 2 end", 98)), "1");
  EXPECT_EQ(Evaluated(table, nested("(abs(", ") in (1, 2))::int64", 48)), "1");
  EXPECT_EQ(Evaluated(table, nested("(", " between 1 and 2)::int64", 98)), "1");
  EXPECT_EQ(Evaluated(table, nested("", "::float64::int64", 149)), "1");
  std::string list = "1";
  for (int i = 0; i < 5000; ++i) list += ", " + std::to_string(i);
  EXPECT_EQ(Evaluated(table, "list_length([" + list + "])"), "5001");
  EXPECT_EQ(Evaluated(table, "x in (" + list + ")"), "true");
}

TEST(EvaluateTest, AColumnPassesThroughUntouched) {
  const TestTable table = Numbers();
  const BoundExpression bound = BindText(table, "f").value();
  EXPECT_EQ(bound.Evaluate(*table.batch).value().get(), table.batch->column(2).get());
}

TEST(EvaluateTest, AnotherTypeThanBoundIsRefused) {
  const TestTable table = Numbers();
  const TestTable other = MakeTable({{"i", "float64", "[1.0]"}});
  const BoundExpression bound = BindText(table, "i + 1").value();
  EXPECT_EQ(bound.Evaluate(*other.batch).status().reason(), Reason::kTypeMismatch);
}

TEST(EvaluateTest, ThreadsShareOneExpression) {
  const TestTable table =
      MakeTable({{"t", "timestamp", "[0, 1000000]"}, {"z", "string", R"(["Europe/Berlin", "Asia/Tokyo"])"}});
  const BoundExpression bound = BindText(table, "hour(t, z)").value();
  std::vector<std::string> results(8);
  std::vector<std::thread> threads;
  for (std::string& result : results) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) result = bound.Evaluate(*table.batch).value()->ToString();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) EXPECT_EQ(result, "[\n  1,\n  9\n]");
}

}  // namespace
}  // namespace larder
