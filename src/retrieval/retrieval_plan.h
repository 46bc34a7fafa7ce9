// What a request for features means: views to look up, values to compute, columns to give.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "expressions/bound_expression.h"
#include "registry/registry_snapshot.h"
#include "retrieval/entity_table.h"

namespace larder {

/// Names the features that a user asks for: a service, or references.
struct FeatureRequest {
  std::vector<std::string> features;  ///< `view:feature`, `view`, `view@2:feature`; each may hold several, by commas
  std::string service;                ///< empty: `features` counts; exactly one of both must be given
  bool full_names = false;            ///< `view__feature` instead of `feature`
};

/// Describes one look-up of one version of a plain view by certain columns of the entity rows.
struct ViewUse {
  ResolvedView view;
  std::vector<std::string> key_columns;  ///< of the entity rows, one for each entity of the view
  std::vector<std::size_t> key_places;   ///< the same as indexes into RetrievalPlan::key_columns
  std::vector<std::size_t> features;     ///< which features of the view, by index; no repeats
};

/// Says where the values of a slot come from.
enum class SlotOrigin : std::uint8_t { kView, kRequest, kComputed };

/// Describes one column of values that an answer is made of.
struct ValueSlot {
  SlotOrigin origin = SlotOrigin::kView;
  std::size_t view_use = 0;  ///< of kView
  std::size_t feature = 0;   ///< of kView: index into ViewUse::features; of kRequest: index into request_columns
  ValueType type;
};

/// Describes how a computed slot comes from others.
struct Computation {
  BoundExpression expression;
  std::vector<std::size_t> inputs;  ///< slots, as `expression.columns()` wants them
  std::size_t output = 0;           ///< slot
  std::string title;                ///< for messages, such as "trip:delay_per_km"
};

/// Names a column of the answer.
struct OutputColumn {
  std::string name;
  std::size_t slot = 0;
  std::string reference;  ///< for messages, such as "last_flight:distance"
};

/// Names a view whose match can be told beside its values: the alias, or the view's name.
struct MatchedView {
  std::string label;
  std::size_t view_use = 0;
};

/// Holds a request, resolved against one snapshot of the registry. Immutable; safe to share between threads. The same
/// plan serves training and serving.
struct RetrievalPlan {
  std::shared_ptr<const RegistrySnapshot> snapshot;  ///< what it was resolved against
  std::vector<ViewUse> views;
  std::vector<NeededColumn> key_columns;      ///< join key columns of the entity rows, each once, as first named
  std::vector<NeededColumn> request_columns;  ///< request values
  std::vector<ValueSlot> slots;
  std::vector<Computation> computations;  ///< each after those it needs
  std::vector<OutputColumn> outputs;      ///< in request order
  std::vector<MatchedView> matches;       ///< plain views asked for themselves, in request order
};

/// Resolves a request. Fails with kUsage when not exactly one of service and features is given, kInvalidReference,
/// kUnknownObject, kUnknownFeature, kUnknownVersion with the nearest name, kEqualNames when two columns of the answer
/// would have one name (naming both and the remedy), kTypeMismatch when one column would be a key or a request value of
/// two types. When nothing was applied yet, the hint of a failure says so.
Result<std::shared_ptr<const RetrievalPlan>> PlanRetrieval(std::shared_ptr<const RegistrySnapshot> snapshot,
                                                           const FeatureRequest& request);

/// Fails with kEqualNames when a column of the answer is named like one of `taken` (of the entity table).
Status CheckOutputNames(const RetrievalPlan& plan, const std::vector<std::string>& taken);

/// Fills the computed slots. `values` has one array per slot, those of views and requests set, all `row_count` long.
/// Fails as BoundExpression::Evaluate does, naming the feature; `row_name` names rows.
Status Compute(const RetrievalPlan& plan, std::int64_t row_count,
               const std::function<std::string(std::int64_t)>& row_name,
               std::span<std::shared_ptr<arrow::Array>> values);

}  // namespace larder
