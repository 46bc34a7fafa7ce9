#include "aggregates/aggregate_table.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>

#include <arrow/array.h>
#include <gtest/gtest.h>

#include "aggregates/aggregate_reference.h"
#include "aggregates/aggregate_test.h"
#include "expressions/evaluate_test.h"

namespace larder {
namespace {

// Holds an example of the table, taken apart: "covar of [1, 2] with [3, 4]". Event i happens at second i; the moment
// asked about is that of the last event, and the window 10 seconds long.
struct Example {
  TestRun run;
  AggregateCall call;
};

// Adds the values that a list literal writes as a column.
void AddScalars(std::string_view list, Example& example) {
  const TestTable table = MakeTable({});
  const BoundExpression bound = BindText(table, list).value();
  const auto array = bound.Evaluate(*table.batch).value();
  auto arena = std::make_shared<Arena>();
  const Vector lists = ReadArray(*array, bound.type(), {0, 1}, *arena);
  example.run.AddVector(*lists.elements);
  example.run.Keep(array);
  example.run.Keep(arena);
  example.call.inputs.push_back(ValueType::Of(bound.type().element));
  example.run.times_us.resize(static_cast<std::size_t>(lists.At<ListSpan>(0).length));
}

// Adds "[1.0, 2.0], [3.0, 4.0]": one list for each event.
void AddVectors(std::string_view lists, Example& example) {
  std::string flat = "[";
  std::vector<ListSpan> spans(1);
  for (const char c : lists) {
    if (c == ',') ++spans.back().length;
    if (c == ']') {
      // The comma after a list is counted with the next: it stands for its first element.
      spans.push_back({spans.back().offset + spans.back().length + (spans.size() == 1 ? 1 : 0), 0});
    }
    if (c != '[' && c != ']') flat += c;
  }
  spans.front().length += 1;
  spans.pop_back();
  AddScalars(flat + "]", example);
  auto elements = std::make_shared<Vector>(example.run.columns().back());
  example.run.RemoveLast();
  const auto event_count = spans.size();
  example.run.Add<ListSpan>(ExpressionType::ListOf(elements->type.value.kind), spans);
  example.run.SetElements(elements.get());
  example.run.Keep(elements);
  example.call.inputs.back() = ValueType::ListOf(elements->type.value.kind);
  example.run.times_us.resize(event_count);
}

Example ReadExample(const AggregateRow& row) {
  Example example;
  const std::string_view text = row.example;
  example.call = ParseAggregateCall(text.substr(0, text.find(" of "))).value();
  example.call.window_us = 10'000'000;
  std::vector<std::size_t> places;
  for (const AggregateInput& input : row.inputs) {
    const std::size_t place = text.find(" " + std::string(input.name) + " [");
    if (place != std::string_view::npos) places.push_back(place);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::size_t begin = text.find('[', places[i]);
    const std::size_t end = i + 1 < places.size() ? places[i + 1] : text.size();
    const std::string_view list = text.substr(begin, end - begin);
    list.find("], [") == std::string_view::npos ? AddScalars(list, example) : AddVectors(list, example);
  }
  for (std::size_t i = 0; i < example.run.times_us.size(); ++i) {
    example.run.times_us[i] = static_cast<std::int64_t>(i) * 1'000'000;
  }
  return example;
}

WindowFunction FunctionOf(const Example& example) {
  Result<BoundAggregate> bound = BindAggregate(example.call);
  EXPECT_TRUE(bound.ok()) << bound.status().ToString();
  WindowFunction function{std::move(bound).value(), {}};
  for (std::size_t i = 0; i < example.call.inputs.size(); ++i) function.inputs.push_back(i);
  return function;
}

TEST(AggregateTableTest, EveryExampleGivesWhatItSays) {
  for (const AggregateRow& row : AggregateTable()) {
    const Example example = ReadExample(row);
    const WindowFunction function = FunctionOf(example);
    const std::int64_t count = example.run.event_count();
    const std::int64_t time_us = example.run.times_us.back();
    ResultColumn results = Evaluated(function, example.run, {{0, count, time_us, 0}});
    EXPECT_EQ(ValueText(results.Values(), 0), row.expected) << row.name;
    if (!row.is_mergeable) continue;
    const StatePlan plan({function});
    TileState state(plan);
    ASSERT_TRUE(state.Add(example.run.View(), 0, count).ok());
    ASSERT_TRUE(state.Finish(0, time_us, results, 0).ok());
    EXPECT_EQ(ValueText(results.Values(), 0), row.expected) << row.name;
  }
}

TEST(AggregateTableTest, AnEmptyWindowGivesWhatTheTableSays) {
  for (const AggregateRow& row : AggregateTable()) {
    const Example example = ReadExample(row);
    const WindowFunction function = FunctionOf(example);
    ResultColumn results = Evaluated(function, example.run, {{0, 0, 0, 0}});
    EXPECT_EQ(ValueText(results.Values(), 0), row.empty) << row.name;
    if (!row.is_mergeable) continue;
    const StatePlan plan({function});
    TileState state(plan);
    ASSERT_TRUE(state.Finish(0, 0, results, 0).ok());
    EXPECT_EQ(ValueText(results.Values(), 0), row.empty) << row.name;
  }
}

// docs/reference/aggregates.md is written from the table: LARDER_WRITE_GOLDEN=1 in the environment writes it.
TEST(AggregateReferenceTest, ThePageIsTheTable) {
  const std::string path = "docs/reference/aggregates.md";
  const std::string expected = AggregateReference();
  if (std::getenv("LARDER_WRITE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << expected;
  std::ifstream file(path, std::ios::binary);
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(page, expected) << "run LARDER_WRITE_GOLDEN=1 aggregates_test from the root of the repository";
}

TEST(AggregateTableTest, RowsAreCompleteAndNamesAreUnique) {
  std::set<std::string_view> names;
  for (const AggregateRow& row : AggregateTable()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.documentation.empty() || row.documentation.ends_with('.')) << row.name;
    EXPECT_TRUE(row.example.starts_with(row.name)) << row.name;
    EXPECT_EQ(FindAggregate(row.name), &row);
    EXPECT_LE(row.inputs.size(), kMaxAggregateInputs - 1) << row.name;
  }
  EXPECT_EQ(FindAggregate("no_such_aggregate"), nullptr);
}

std::string BindFailure(const std::string& text, std::vector<ValueType> inputs) {
  AggregateCall call = ParseAggregateCall(text).value();
  call.inputs = std::move(inputs);
  const Status status = BindAggregate(call).status();
  return std::string(status.message()) + " | " + std::string(status.hint());
}

TEST(BindAggregateTest, SaysWhatDoesNotFit) {
  const ValueType text = ValueType::Of(TypeKind::kString);
  const ValueType number = ValueType::Of(TypeKind::kInt64);
  EXPECT_EQ(BindFailure("maen", {number}), "unknown aggregate: maen | did you mean 'mean'?");
  EXPECT_EQ(BindFailure("mean", {text}), "mean: `of` does not fit: string | `of` takes a number");
  EXPECT_EQ(BindFailure("mean", {}), "mean: `of` is missing | give a column or an expression");
  EXPECT_EQ(BindFailure("sum", {number, number}), "sum: too many inputs: 2 | it takes 1");
  EXPECT_EQ(BindFailure("sum(3)", {number}), "sum: too many parameters | it takes none");
}

std::string PerFailure(const std::string& name, PerCategory per) {
  AggregateCall call;
  call.name = name;
  call.inputs = {ValueType::Of(TypeKind::kInt64)};
  call.parameters.push_back({"", {"2"}});
  if (name != "top_n") call.parameters.clear();
  call.per = per;
  const Result<BoundAggregate> bound = BindAggregate(call);
  return bound.ok() ? TypeName(bound->type()) : std::string(bound.status().message());
}

TEST(BindAggregateTest, MapsNeedABoundedCategory) {
  const ValueType text = ValueType::Of(TypeKind::kString);
  const ValueType truth = ValueType::Of(TypeKind::kBool);
  EXPECT_EQ(PerFailure("sum", {text, 3}), "string");
  EXPECT_EQ(PerFailure("sum", {truth}), "string");
  EXPECT_EQ(PerFailure("sum", {text}), "sum: `per` over any number of values: string");
  EXPECT_EQ(PerFailure("sum", {text, -1}), "sum: `top` does not fit: -1");
  EXPECT_EQ(PerFailure("sum", {text, 10'001}), "sum: `top` does not fit: 10001");
  EXPECT_EQ(PerFailure("sum", {ValueType::Of(TypeKind::kFloat64), 3}), "sum: `per` does not fit: float64");
  EXPECT_EQ(PerFailure("top_n", {text, 3}), "top_n: `top` of lists: list<int64>");
  EXPECT_EQ(PerFailure("top_n", {truth}), "string");
}

TEST(BindAggregateTest, ParametersAreChecked) {
  const ValueType number = ValueType::Of(TypeKind::kFloat64);
  for (const std::string text :
       {"quantile(1.1)", "quantile(-0.1)", "quantile(x)", "quantile(.)", "quantile(0.1234567891)"}) {
    EXPECT_NE(BindFailure(text, {number}).find("p does not fit"), std::string::npos) << text;
  }
  EXPECT_EQ(BindFailure("quantile", {number}), "quantile: p is missing | write quantile(...) or the key p");
  EXPECT_NE(BindFailure("ewma(0s)", {number}).find("half_life does not fit: 0s"), std::string::npos);
  EXPECT_NE(BindFailure("nth(0)", {number}).find("n does not fit: 0"), std::string::npos);
  EXPECT_NE(BindFailure("top_n(0)", {number}).find("n does not fit: 0"), std::string::npos);
  EXPECT_NE(BindFailure("histogram(2, 1)", {number}).find("edges do not fit: 1"), std::string::npos);
  EXPECT_NE(BindFailure("histogram()", {number}).find("edges is missing"), std::string::npos);
  EXPECT_EQ(BindFailure("rate", {number}),
            "rate: the window has no length | take a window of a duration, or sum and count alone");
  AggregateCall call = ParseAggregateCall("quantile(0.05)").value();
  call.inputs = {number};
  const Fraction share = BindAggregate(call)->options().share;
  EXPECT_EQ(share.numerator, 5);
  EXPECT_EQ(share.denominator, 100);
}

TEST(BindAggregateTest, ParsesCalls) {
  EXPECT_EQ(ParseAggregateCall(" mean ")->name, "mean");
  const AggregateCall call = ParseAggregateCall("histogram( 0, 15,60 )").value();
  EXPECT_EQ(call.name, "histogram");
  ASSERT_EQ(call.parameters.size(), 1U);
  EXPECT_EQ(call.parameters[0].values, (std::vector<std::string>{"0", "15", "60"}));
  EXPECT_FALSE(ParseAggregateCall("").ok());
  EXPECT_FALSE(ParseAggregateCall("mean(").ok());
  EXPECT_FALSE(ParseAggregateCall("(1)").ok());
}

}  // namespace
}  // namespace larder
