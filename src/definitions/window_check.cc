#include "definitions/window_check.h"

#include <algorithm>
#include <utility>

#include "definitions/definition_fields.h"
#include "expressions/expression.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

std::optional<BoundExpression> BindText(const ExpressionText& text, const NameScope& scope,
                                        std::vector<Fault>& faults) {
  const Result<Expression> parsed = ParseExpression(text.text);
  if (!parsed.ok()) {
    faults.push_back(ExpressionFault(text, parsed.status()));
    return std::nullopt;
  }
  Result<BoundExpression> bound = Bind(*parsed, scope);
  if (bound.ok()) return *std::move(bound);
  faults.push_back(ExpressionFault(text, bound.status()));
  return std::nullopt;
}

std::optional<BoundExpression> BindCondition(const ExpressionText& text, const NameScope& scope,
                                             std::vector<Fault>& faults) {
  std::optional<BoundExpression> bound = BindText(text, scope, faults);
  if (!bound || bound->type() == ValueType::Of(TypeKind::kBool)) return bound;
  faults.push_back(text.location.ToFault("a condition that is no bool: `where` has type " + TypeName(bound->type()),
                                         "write a comparison, such as x = 1"));
  return std::nullopt;
}

const SourceColumn* FindColumn(const std::vector<SourceColumn>& columns, const std::string& name) {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const auto& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

void CheckPer(const Aggregation& aggregation, const std::vector<SourceColumn>& columns, std::vector<Fault>& faults) {
  if (aggregation.per.empty()) return;
  const SourceColumn* column = FindColumn(columns, aggregation.per);
  if (column == nullptr || !column->type) {
    std::vector<std::string> known;
    for (const SourceColumn& other : columns) known.push_back(other.name);
    faults.push_back(aggregation.location.ToFault("no column '" + aggregation.per + "' for `per`",
                                                  DidYouMean(aggregation.per, std::span<const std::string>(known))));
    return;
  }
  if (!column->type->is_key()) {
    faults.push_back(aggregation.location.ToFault(
        "`per` over a column of type " + TypeName(*column->type) + ": '" + aggregation.per + "'",
        "take a column of integers, strings, bytes, dates, timestamps or bools"));
  } else if (aggregation.top == 0 && column->type->kind != TypeKind::kBool) {
    faults.push_back(
        aggregation.location.ToFault("`per` over a column of unbounded values without `top`: '" + aggregation.per + "'",
                                     "say how many of them are kept, such as top: 10"));
  } else {
    faults.push_back(aggregation.location.ToFault(
        "`per` is not available in this version: '" + aggregation.per + "'",
        "write one aggregation for each value, with where: " + aggregation.per + " = ..."));
  }
}

// Adds the columns that an expression names, each once.
void AddColumns(const ExpressionText& text, const NameScope& scope, std::vector<ColumnType>& columns) {
  const Result<Expression> parsed = ParseExpression(text.text);
  if (!parsed.ok()) return;
  for (const ColumnName& name : parsed->Columns()) {
    const auto column = std::find_if(scope.columns().begin(), scope.columns().end(),
                                     [&](const auto& known) { return known.name == name.name; });
    if (column == scope.columns().end()) continue;
    const ColumnType wanted{column->name, column->type};
    if (std::find(columns.begin(), columns.end(), wanted) == columns.end()) columns.push_back(wanted);
  }
}

void CheckDeclaredColumns(const FeatureView& declared, const std::vector<ColumnType>& columns,
                          std::vector<Fault>& faults) {
  if (declared.columns.empty() || declared.columns == columns) return;
  faults.push_back(declared.header.location.ToFault("`columns` that are not those of the events of this view",
                                                    "leave `columns` out: they follow from the aggregations"));
}

}  // namespace

std::optional<BoundAggregation> BindAggregation(const Aggregation& aggregation, const NameScope& scope,
                                                std::vector<Fault>& faults) {
  const std::size_t faults_before = faults.size();
  BoundAggregation bound;
  std::vector<ValueType> types;
  for (const AggregationInput& input : aggregation.inputs) {
    std::optional<BoundExpression> expression = BindText(input.expression, scope, faults);
    if (!expression) continue;
    types.push_back(expression->type());
    bound.inputs.push_back(*std::move(expression));
  }
  if (aggregation.where) bound.where = BindCondition(*aggregation.where, scope, faults);
  if (faults.size() > faults_before) return std::nullopt;
  for (const Window& window : aggregation.windows) {
    Result<AggregateCall> call = aggregation.Call();
    if (call.ok()) call->inputs = types;
    if (call.ok() && window.length_us > 0) call->window_us = window.length_us;
    Result<BoundAggregate> function = call.ok() ? BindAggregate(*call) : call.status();
    if (!function.ok()) {
      faults.push_back(aggregation.location.ToFault(std::string(function.status().message()),
                                                    std::string(function.status().hint())));
      return std::nullopt;
    }
    bound.functions.push_back(*std::move(function));
  }
  return bound;
}

FeatureView TypeWindowView(const FeatureView& view, const Source& source, const std::vector<SourceColumn>& columns,
                           std::vector<Fault>& faults) {
  NameScope scope;
  for (const SourceColumn& column : columns) {
    if (column.type) scope.Add({"", column.name, *column.type});
  }
  FeatureView typed = view;
  typed.columns.clear();
  for (Aggregation& aggregation : typed.aggregations) {
    const std::optional<BoundAggregation> bound = BindAggregation(aggregation, scope, faults);
    CheckPer(aggregation, columns, faults);
    for (const AggregationInput& input : aggregation.inputs) AddColumns(input.expression, scope, typed.columns);
    if (aggregation.where) AddColumns(*aggregation.where, scope, typed.columns);
    if (!bound) continue;
    const ValueType type = bound->functions.front().type();
    if (aggregation.type && !(*aggregation.type == type)) {
      faults.push_back(aggregation.location.ToFault("aggregation '" + aggregation.name + "' is declared " +
                                                        TypeName(*aggregation.type) + ", it has type " + TypeName(type),
                                                    "leave `type` out, or declare " + TypeName(type)));
    }
    aggregation.type = type;
  }
  if (!source.event_id.empty()) AddColumns({ColumnText({"", source.event_id}), {}, {}}, scope, typed.columns);
  CheckDeclaredColumns(view, typed.columns, faults);
  const std::vector<WindowFeature> features = WindowFeatures(typed);
  for (std::size_t i = 0; i < std::min(features.size(), typed.features.size()); ++i) {
    typed.features[i].type = typed.aggregations[features[i].aggregation].type.value_or(ValueType());
  }
  return typed;
}

std::shared_ptr<const FeatureView> EventView(const FeatureView& view) {
  auto events = std::make_shared<FeatureView>(view);
  events->aggregations.clear();
  events->columns.clear();
  events->features.clear();
  for (const ColumnType& column : view.columns) {
    events->features.push_back({column.name, column.type, column.name, "", {}, view.header.location});
  }
  return events;
}

}  // namespace larder
