#include "aggregates/aggregate_table.h"

#include <algorithm>

#include "aggregates/aggregate_families.h"
#include "aggregates/aggregate_options.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

std::vector<AggregateRow> MakeTable() {
  std::vector<AggregateRow> table;
  for (auto* family :
       {CountAggregates, MomentAggregates, ShapeAggregates, ExtremeAggregates, ArgumentAggregates, EdgeAggregates,
        PairAggregates, RatioAggregates, TallyAggregates, DistinctSketchAggregates, QuantileSketchAggregates,
        DecayAggregates, VectorAggregates, QuantileAggregates, DistinctAggregates, OrderAggregates}) {
    for (AggregateRow& row : family()) table.push_back(std::move(row));
  }
  return table;
}

Status Invalid(std::string_view name, std::string message, std::string hint) {
  return Status(Reason::kInvalidDefinition, std::string(name) + ": " + std::move(message), std::move(hint));
}

bool Accepts(InputTypes types, ValueType type) {
  switch (types) {
    case InputTypes::kAny:
      return true;
    case InputTypes::kNumber:
      return type.is_number();
    case InputTypes::kOrdered:
      return !type.is_list();
    case InputTypes::kBool:
      return type.kind == TypeKind::kBool;
    case InputTypes::kVector:
      return type.is_list() && (type.element == TypeKind::kFloat32 || type.element == TypeKind::kFloat64);
  }
  return false;
}

std::string_view TypesText(InputTypes types) {
  switch (types) {
    case InputTypes::kAny:
      return "any type";
    case InputTypes::kNumber:
      return "a number";
    case InputTypes::kOrdered:
      return "no list";
    case InputTypes::kBool:
      return "bool";
    case InputTypes::kVector:
      return "list<float32> or list<float64>";
  }
  return "";
}

Status CheckInputs(const AggregateRow& row, const std::vector<ValueType>& inputs) {
  for (std::size_t i = 0; i < row.inputs.size(); ++i) {
    const AggregateInput& input = row.inputs[i];
    const std::string key = "`" + std::string(input.name) + "`";
    if (i >= inputs.size()) {
      if (input.is_optional) continue;
      return Invalid(row.name, key + " is missing", "give a column or an expression");
    }
    if (!Accepts(input.types, inputs[i])) {
      return Invalid(row.name, key + " does not fit: " + TypeName(inputs[i]),
                     key + " takes " + std::string(TypesText(input.types)));
    }
  }
  if (inputs.size() > row.inputs.size()) {
    return Invalid(row.name, "too many inputs: " + std::to_string(inputs.size()),
                   "it takes " + std::to_string(row.inputs.size()));
  }
  return Status();
}

ValueType ResultType(const AggregateRow& row, const std::vector<ValueType>& inputs) {
  switch (row.result) {
    case ResultRule::kInt64:
      return ValueType::Of(TypeKind::kInt64);
    case ResultRule::kFloat64:
      return ValueType::Of(TypeKind::kFloat64);
    case ResultRule::kWidest:
      return ValueType::Of(inputs[0].is_integer() ? TypeKind::kInt64 : TypeKind::kFloat64);
    case ResultRule::kSame:
      return inputs[0];
    case ResultRule::kBool:
      return ValueType::Of(TypeKind::kBool);
    case ResultRule::kListOfSame:
      return ValueType::ListOf(inputs[0].kind);
    case ResultRule::kListOfInt64:
      return ValueType::ListOf(TypeKind::kInt64);
    case ResultRule::kListOfFloat64:
      return ValueType::ListOf(TypeKind::kFloat64);
  }
  return {};
}

Status CheckPerCategory(const BoundAggregate& inner, const PerCategory& per) {
  const std::string_view name = inner.row().name;
  if (!per.category.is_key() || per.category.kind == TypeKind::kBytes) {
    return Invalid(name, "`per` does not fit: " + TypeName(per.category),
                   "`per` takes bool, int32, int64, string, date or timestamp");
  }
  if (per.top == 0 && per.category.kind != TypeKind::kBool) {
    return Invalid(name, "`per` over any number of values: " + TypeName(per.category),
                   "add `top: n`, the most categories that a result holds");
  }
  if (per.top < 0 || per.top > per.max_categories) {
    return Invalid(name, "`top` does not fit: " + std::to_string(per.top),
                   "a whole number from 1 to " + std::to_string(per.max_categories));
  }
  if (per.top > 0 && inner.type().is_list()) {
    return Invalid(name, "`top` of lists: " + TypeName(inner.type()), "take an aggregate that gives one value");
  }
  return Status();
}

}  // namespace

std::span<const AggregateRow> AggregateTable() {
  static const std::vector<AggregateRow> kTable = MakeTable();
  return kTable;
}

const AggregateRow* FindAggregate(std::string_view name) {
  const auto table = AggregateTable();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const AggregateRow& row) { return row.name == name; });
  return found == table.end() ? nullptr : &*found;
}

BoundAggregate::BoundAggregate(std::shared_ptr<const BoundAggregate> inner, const PerCategory& per)
    : row_(&inner->row()),
      inputs_(inner->inputs()),
      options_(inner->options()),
      type_(ValueType::Of(TypeKind::kString)),
      per_(per),
      inner_(std::move(inner)) {
  inputs_.push_back(per.category);
}

Result<BoundAggregate> BindAggregate(const AggregateCall& call) {
  if (call.per) {
    AggregateCall inner = call;
    inner.per.reset();
    LARDER_ASSIGN_OR_RETURN(BoundAggregate bound, BindAggregate(inner));
    LARDER_RETURN_IF_ERROR(CheckPerCategory(bound, *call.per));
    return BoundAggregate(std::make_shared<const BoundAggregate>(std::move(bound)), *call.per);
  }
  const AggregateRow* row = FindAggregate(call.name);
  if (row == nullptr) {
    std::vector<std::string_view> names;
    for (const AggregateRow& known : AggregateTable()) names.push_back(known.name);
    std::string hint = DidYouMean(call.name, names);
    if (hint.empty()) hint = "docs/reference/aggregates.md lists them";
    return Status(Reason::kInvalidDefinition, "unknown aggregate: " + call.name, std::move(hint));
  }
  LARDER_RETURN_IF_ERROR(CheckInputs(*row, call.inputs));
  if (row->family == AggregateFamily::kRates && call.window_us.value_or(0) <= 0) {
    return Invalid(row->name, "the window has no length", "take a window of a duration, or sum and count alone");
  }
  LARDER_ASSIGN_OR_RETURN(AggregateOptions options, ReadAggregateOptions(*row, call));
  return BoundAggregate(*row, call.inputs, std::move(options), ResultType(*row, call.inputs));
}

}  // namespace larder
