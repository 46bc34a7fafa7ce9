#include "aggregates/window_run.h"

#include <cmath>

#include "aggregates/random_functions_test.h"

namespace larder {
namespace {

// All functions together, over shared columns and several windows: what each gives alone, one range at a time.
TEST(WindowEvaluatorTest, ManyFunctionsAndRangesGiveWhatEachGivesAlone) {
  for (int round = 0; round < 60; ++round) {
    Random random(static_cast<std::uint64_t>(round));
    TestRun run;
    AddRandomTimes(random.Between(1, 60), run, random);
    const std::vector<EventRange> windows[] = {RandomRanges(run, random), RandomRanges(run, random)};
    std::vector<WindowFunction> functions;
    std::vector<ResultColumn> results;
    for (const AggregateRow& row : AggregateTable()) {
      WindowFunction function = RandomFunction(row, run, random);
      for (function.window = 0; function.window < 2; ++function.window) {
        functions.push_back(function);
        results.emplace_back(function.aggregate.type(), static_cast<std::int64_t>(windows[function.window].size()));
      }
    }
    WindowEvaluator evaluator(functions);
    const std::span<const EventRange> views[] = {windows[0], windows[1]};
    // Twice: nothing of the first call is seen by the second.
    ASSERT_TRUE(evaluator.Evaluate(run.View(), views, results).ok());
    const Status status = evaluator.Evaluate(run.View(), views, results);
    ASSERT_TRUE(status.ok()) << status.ToString();
    for (std::size_t i = 0; i < functions.size(); ++i) {
      WindowFunction alone = functions[i];
      const std::vector<EventRange>& ranges = windows[alone.window];
      alone.window = 0;
      for (EventRange range : ranges) {
        const std::int64_t row = std::exchange(range.row, 0);
        ResultColumn result = Evaluated(alone, run, {range});
        ASSERT_EQ(BitsText(results[i], row), BitsText(result, 0)) << round << " " << alone.aggregate.row().name;
      }
    }
  }
}

TEST(WindowEvaluatorTest, AnIntegerSumThatDoesNotFitIsAnError) {
  TestRun run;
  run.times_us = {1, 2, 3};
  run.Add<std::int64_t>(ExpressionType::Of(TypeKind::kInt64), {INT64_MAX, 1, -1});
  AggregateCall call;
  call.name = "sum";
  call.inputs = {ValueType::Of(TypeKind::kInt64)};
  const WindowFunction function{BindAggregate(call).value(), {0}};
  ResultColumn whole = Evaluated(function, run, {{0, 3, 3, 0}});
  EXPECT_EQ(ValueText(whole.Values(), 0), "9223372036854775807");
  std::vector<ResultColumn> results;
  results.emplace_back(function.aggregate.type(), 1);
  const std::vector<EventRange> ranges = {{0, 2, 2, 0}};
  const std::span<const EventRange> window(ranges);
  WindowEvaluator evaluator({function});
  EXPECT_EQ(evaluator.Evaluate(run.View(), {&window, 1}, results).reason(), Reason::kValueOutOfRange);
}

ResultColumn EvaluatedPer(const PerCategory& per, const TestRun& run) {
  AggregateCall call;
  call.name = "mean";
  call.inputs = {ValueType::Of(TypeKind::kFloat64)};
  call.per = per;
  return Evaluated({BindAggregate(call).value(), {0, 1}}, run, {{0, 6, 9, 0}, {6, 6, 9, 1}});
}

TEST(WindowEvaluatorTest, AMapHasAResultForEachCategory) {
  TestRun run;
  run.times_us = {1, 2, 3, 4, 5, 6};
  run.Add<double>(ExpressionType::Of(TypeKind::kFloat64), {1, 4, 2, 0, HUGE_VAL, 7}, {1, 1, 1, 0, 1, 1});
  run.Add<std::string_view>(ExpressionType::Of(TypeKind::kString), {"UA", "AA", "UA", "DL", "\"", "?"},
                            {1, 1, 1, 1, 1, 0});
  const ValueType text = ValueType::Of(TypeKind::kString);
  ResultColumn all = EvaluatedPer({text, 9}, run);
  EXPECT_EQ(all.Values().At<std::string_view>(0), R"({"\"":"Infinity","AA":4.0,"UA":1.5,"DL":null})");
  EXPECT_FALSE(all.Values().IsValid(1));
  ResultColumn two = EvaluatedPer({text, 2}, run);
  EXPECT_EQ(two.Values().At<std::string_view>(0), R"({"\"":"Infinity","AA":4.0})");
}

TEST(WindowEvaluatorTest, LimitsAreErrorsNeverTruncations) {
  TestRun run;
  run.times_us = {1, 2, 3};
  run.Add<double>(ExpressionType::Of(TypeKind::kFloat64), {1, 2, 3});
  run.Add<std::int64_t>(ExpressionType::Of(TypeKind::kInt64), {1, 2, 3});
  AggregateCall call;
  call.name = "median";
  call.inputs = {ValueType::Of(TypeKind::kFloat64)};
  const WindowFunction median{BindAggregate(call).value(), {0}};
  call.name = "sum";
  call.per = {ValueType::Of(TypeKind::kInt64), 1, 2};
  const WindowFunction map{BindAggregate(call).value(), {0, 1}};
  call = ParseAggregateCall("collect_list(2)").value();
  call.inputs = {ValueType::Of(TypeKind::kFloat64)};
  const WindowFunction list{BindAggregate(call).value(), {0}};
  const std::vector<EventRange> ranges = {{0, 3, 3, 0}};
  const std::span<const EventRange> window(ranges);
  for (const WindowFunction& function : {median, map, list}) {
    WindowLimits limits;
    limits.max_holistic_events = 2;
    WindowEvaluator evaluator({function}, limits);
    std::vector<ResultColumn> results;
    results.emplace_back(function.aggregate.type(), 1);
    EXPECT_EQ(evaluator.Evaluate(run.View(), {&window, 1}, results).reason(), Reason::kLimitExceeded);
  }
  const StatePlan plan({map});
  TileState state(plan);
  EXPECT_EQ(state.Add(run.View(), 0, 3).reason(), Reason::kLimitExceeded);
}

TEST(WindowEvaluatorTest, ConstantsStandForEveryEvent) {
  TestRun run;
  run.times_us = {1, 2, 3};
  run.Add<double>(ExpressionType::Of(TypeKind::kFloat64), {2.5});
  Vector constant = run.columns().back();
  constant.is_constant = true;
  run.RemoveLast();
  run.AddVector(constant);
  AggregateCall call;
  call.name = "sum";
  call.inputs = {ValueType::Of(TypeKind::kFloat64)};
  ResultColumn result = Evaluated({BindAggregate(call).value(), {0}}, run, {{0, 3, 3, 0}});
  EXPECT_EQ(ValueText(result.Values(), 0), "7.5");
}

}  // namespace
}  // namespace larder
