// Every aggregate of the table over every kind of input that fits it, for the tests that compare ways of the same.
#pragma once

#include <string>
#include <vector>

#include "aggregates/aggregate_table.h"
#include "aggregates/random_events_test.h"

namespace larder {

/// Returns a random text for a parameter.
inline std::vector<std::string> RandomParameter(const AggregateParameter& parameter, Random& random) {
  switch (parameter.kind) {
    case ParameterKind::kCount:
      return {std::to_string(random.Between(1, 4))};
    case ParameterKind::kPlace:
      return {std::to_string(random.OneIn(2) ? random.Between(1, 3) : random.Between(-3, -1))};
    case ParameterKind::kFraction:
      return {random.OneIn(2) ? "0.5" : std::to_string(random.Fraction())};
    case ParameterKind::kDuration:
      return {random.OneIn(2) ? "2us" : "1m"};
    case ParameterKind::kEdges:
      return {"-5", "0", "2.5", "7"};
  }
  return {};
}

/// Returns a random type that an input takes.
inline ValueType RandomType(InputTypes types, Random& random) {
  const TypeKind scalars[] = {TypeKind::kInt64,  TypeKind::kFloat32, TypeKind::kFloat64,   TypeKind::kInt32,
                              TypeKind::kString, TypeKind::kBool,    TypeKind::kTimestamp, TypeKind::kDate};
  if (types == InputTypes::kBool) return ValueType::Of(TypeKind::kBool);
  if (types == InputTypes::kVector) return ValueType::ListOf(TypeKind::kFloat64);
  if (types == InputTypes::kAny && random.OneIn(6)) return ValueType::ListOf(TypeKind::kFloat64);
  return ValueType::Of(scalars[random.Below(types == InputTypes::kNumber ? 4 : std::size(scalars))]);
}

/// Asks for the results of each category, and adds a column of categories.
inline void AddRandomCategory(AggregateCall& call, std::vector<std::size_t>& inputs, TestRun& run, Random& random) {
  const TypeKind kinds[] = {TypeKind::kBool, TypeKind::kString, TypeKind::kInt64, TypeKind::kDate};
  PerCategory per{ValueType::Of(kinds[random.Below(4)])};
  if (per.category.kind != TypeKind::kBool || random.OneIn(2)) per.top = random.Between(1, 3);
  inputs.push_back(run.columns().size());
  AddRandomColumn(per.category, NumberMix::kPlain, run, random);
  call.per = per;
}

/// Adds random columns for a function of this row, and perhaps one for `where`; binds it.
inline WindowFunction RandomFunction(const AggregateRow& row, TestRun& run, Random& random) {
  AggregateCall call;
  call.name = row.name;
  call.window_us = 3'600'000'000;
  std::vector<std::size_t> inputs;
  const auto mix = static_cast<NumberMix>(random.Below(kNumberMixes));
  for (const AggregateInput& input : row.inputs) {
    if (input.is_optional && random.OneIn(2)) break;
    call.inputs.push_back(RandomType(input.types, random));
    inputs.push_back(run.columns().size());
    AddRandomColumn(call.inputs.back(), mix, run, random);
  }
  for (const AggregateParameter& parameter : row.parameters) {
    const bool is_cap = row.function == AggregateFunction::kCollectList;
    call.parameters.push_back(
        {std::string(parameter.name), is_cap ? std::vector<std::string>{"1000"} : RandomParameter(parameter, random)});
  }
  if (random.OneIn(4)) AddRandomCategory(call, inputs, run, random);
  Result<BoundAggregate> bound = BindAggregate(call);
  if (!bound.ok() && call.per) {
    // Lists have no greatest: all categories, of which there are two.
    call.per = {ValueType::Of(TypeKind::kBool)};
    inputs.back() = run.columns().size();
    AddRandomColumn(call.per->category, NumberMix::kPlain, run, random);
    bound = BindAggregate(call);
  }
  EXPECT_TRUE(bound.ok()) << bound.status().ToString();
  WindowFunction function{std::move(bound).value(), std::move(inputs)};
  if (random.OneIn(3)) {
    function.where = run.columns().size();
    AddRandomColumn(ValueType::Of(TypeKind::kBool), NumberMix::kPlain, run, random);
  }
  return function;
}

}  // namespace larder
