// Window views against the columns of their source: types of inputs, of conditions and of features.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregates/aggregate_table.h"
#include "base/status.h"
#include "definitions/feature_view.h"
#include "definitions/source_check.h"
#include "expressions/bound_expression.h"

namespace larder {

/// Holds an aggregation whose names and types are resolved: expressions over the columns of a scope, and the function
/// over the values of its inputs.
struct BoundAggregation {
  std::vector<BoundExpression> inputs;    ///< as Aggregation::inputs
  std::optional<BoundExpression> where;   ///< of type bool
  std::vector<BoundAggregate> functions;  ///< one for each window; their results have one type
};

/// Resolves an aggregation, which has windows, over the columns of `scope`; faults have their places in the definition
/// file. nullopt when there are any.
std::optional<BoundAggregation> BindAggregation(const Aggregation& aggregation, const NameScope& scope,
                                                std::vector<Fault>& faults);

/// Returns the window view with its types and columns filled in from the columns of its source (after derive), which
/// has an event time. Faults: what BindAggregation finds, a type written in the definition that differs, `per` over a
/// column that does not exist, or that has unbounded values, without `top`.
FeatureView TypeWindowView(const FeatureView& view, const Source& source, const std::vector<SourceColumn>& columns,
                           std::vector<Fault>& faults);

/// Returns the plain view whose rows are the events of a window view: its features are `columns`, which are typed.
std::shared_ptr<const FeatureView> EventView(const FeatureView& view);

}  // namespace larder
