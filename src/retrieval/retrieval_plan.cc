#include "retrieval/retrieval_plan.h"

#include <arrow/array.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "definitions/feature_reference.h"
#include "definitions/source_check.h"

namespace larder {
namespace {

using KeyMap = std::map<std::string, std::string>;  // join key of a view -> column of the entity rows

// What one reference or one entry of a service asks for.
struct Ask {
  std::string view;
  std::optional<std::int64_t> version;
  std::vector<std::string> features;  // empty: all
  std::string alias;
  KeyMap join_keys;
};

class Planner {
 public:
  Planner(const RegistrySnapshot& snapshot, bool full_names) : snapshot_(snapshot), full_names_(full_names) {}

  Status Add(const Ask& ask) {
    LARDER_ASSIGN_OR_RETURN(const ObjectKind kind, snapshot_.ViewKind(ask.view));
    return kind == ObjectKind::kFeatureView ? AddPlain(ask) : AddOnDemand(ask);
  }

  RetrievalPlan Take() && { return std::move(plan_); }

 private:
  Status AddPlain(const Ask& ask) {
    LARDER_ASSIGN_OR_RETURN(const ResolvedView resolved, snapshot_.ResolveView(ask.view, ask.version));
    LARDER_RETURN_IF_ERROR(CheckKeyMap(ask, resolved));
    LARDER_ASSIGN_OR_RETURN(const std::size_t use, UseOf(resolved, ask.join_keys));
    const std::string& label = ask.alias.empty() ? ask.view : ask.alias;
    plan_.matches.push_back({label, use});
    LARDER_ASSIGN_OR_RETURN(const auto names, FeaturesAsked(ask, DefinedObject(resolved.view)));
    for (const std::string& name : names) {
      Output(ask, name,
             FeatureSlot(use,
                         static_cast<std::size_t>(resolved.view->FindFeature(name) - resolved.view->features.data())));
    }
    return {};
  }

  Status AddOnDemand(const Ask& ask) {
    LARDER_ASSIGN_OR_RETURN(const ResolvedOnDemandView resolved, snapshot_.ResolveOnDemandView(ask.view, ask.version));
    LARDER_ASSIGN_OR_RETURN(const auto names, FeaturesAsked(ask, DefinedObject(resolved.view)));
    for (const std::string& name : names) {
      LARDER_ASSIGN_OR_RETURN(const std::size_t slot, ComputedSlot(resolved, name, ask.join_keys));
      Output(ask, name, slot);
    }
    return {};
  }

  static Status CheckKeyMap(const Ask& ask, const ResolvedView& resolved) {
    for (const auto& [join_key, column] : ask.join_keys) {
      const bool known = std::any_of(resolved.entities.begin(), resolved.entities.end(),
                                     [&key = join_key](const auto& entity) { return entity->join_key == key; });
      if (!known) {
        return Status(Reason::kInvalidReference, "feature view '" + ask.view + "' has no join key '" + join_key + "'",
                      "its join keys are those of its entities; mend join_keys of the service");
      }
    }
    return {};
  }

  static Result<std::vector<std::string>> FeaturesAsked(const Ask& ask, const DefinedObject& view) {
    const std::vector<std::string> known = FeatureNames(view);
    if (ask.features.empty()) return known;
    for (const std::string& name : ask.features) {
      if (std::find(known.begin(), known.end(), name) == known.end()) return UnknownFeature(name, ask.view, known);
    }
    return ask.features;
  }

  void Output(const Ask& ask, const std::string& feature, std::size_t slot) {
    const bool full = full_names_ || !ask.alias.empty();
    const std::string& label = ask.alias.empty() ? ask.view : ask.alias;
    plan_.outputs.push_back({full ? label + "__" + feature : feature, slot, ask.view + ":" + feature});
  }

  // Finds or makes the look-up of a view version by these columns.
  Result<std::size_t> UseOf(const ResolvedView& resolved, const KeyMap& join_keys) {
    ViewUse use;
    use.view = resolved;
    for (const auto& entity : resolved.entities) {
      const auto renamed = join_keys.find(entity->join_key);
      use.key_columns.push_back(renamed == join_keys.end() ? entity->join_key : renamed->second);
    }
    for (std::size_t i = 0; i < plan_.views.size(); ++i) {
      const ViewUse& other = plan_.views[i];
      if (other.view.view->name() == resolved.view->name() && other.view.version == resolved.version &&
          other.key_columns == use.key_columns) {
        return i;
      }
    }
    for (std::size_t k = 0; k < use.key_columns.size(); ++k) {
      const std::string purpose = "join key of feature view '" + resolved.view->name() + "'";
      LARDER_ASSIGN_OR_RETURN(const std::size_t place,
                              Need(plan_.key_columns, {use.key_columns[k], resolved.entities[k]->type, purpose}));
      use.key_places.push_back(place);
    }
    plan_.views.push_back(std::move(use));
    return plan_.views.size() - 1;
  }

  // Adds a column that is needed unless it is there; int32 and int64 keys of one column are one.
  static Result<std::size_t> Need(std::vector<NeededColumn>& columns, NeededColumn column) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name != column.name) continue;
      if (columns[i].type == column.type) return i;
      if (columns[i].type.is_integer() && column.type.is_integer()) {
        columns[i].type = ValueType::Of(TypeKind::kInt64);
        return i;
      }
      return Status(Reason::kTypeMismatch,
                    "column '" + column.name + "' would need two types: " + TypeName(columns[i].type) + " (" +
                        columns[i].purpose + ") and " + TypeName(column.type) + " (" + column.purpose + ")",
                    "give one of them another column, by join_keys of a service entry");
    }
    columns.push_back(std::move(column));
    return columns.size() - 1;
  }

  std::size_t FeatureSlot(std::size_t use_index, std::size_t feature) {
    ViewUse& use = plan_.views[use_index];
    auto place = std::find(use.features.begin(), use.features.end(), feature);
    const auto position = static_cast<std::size_t>(place - use.features.begin());
    if (place == use.features.end()) use.features.push_back(feature);
    for (std::size_t i = 0; i < plan_.slots.size(); ++i) {
      const ValueSlot& slot = plan_.slots[i];
      if (slot.origin == SlotOrigin::kView && slot.view_use == use_index && slot.feature == position) return i;
    }
    plan_.slots.push_back({SlotOrigin::kView, use_index, position, use.view.view->features[feature].type});
    return plan_.slots.size() - 1;
  }

  Result<std::size_t> RequestSlot(const std::string& view, const ColumnType& column) {
    LARDER_ASSIGN_OR_RETURN(
        const std::size_t index,
        Need(plan_.request_columns, {column.name, column.type, "request value of on-demand view '" + view + "'"}));
    for (std::size_t i = 0; i < plan_.slots.size(); ++i) {
      if (plan_.slots[i].origin == SlotOrigin::kRequest && plan_.slots[i].feature == index) return i;
    }
    plan_.slots.push_back({SlotOrigin::kRequest, 0, index, column.type});
    return plan_.slots.size() - 1;
  }

  using ComputedKey = std::tuple<std::string, std::int64_t, std::string, KeyMap>;

  // Where a column of an on-demand view's scope comes from.
  struct ScopeOrigin {
    const ColumnType* request = nullptr;
    VersionId view;
    std::string feature;
  };

  Result<std::size_t> ComputedSlot(const ResolvedOnDemandView& resolved, const std::string& feature,
                                   const KeyMap& join_keys) {
    const ComputedKey key{resolved.view->name(), resolved.version, feature, join_keys};
    if (const auto found = computed_.find(key); found != computed_.end()) return found->second;
    std::vector<ScopeOrigin> origins;
    LARDER_ASSIGN_OR_RETURN(const NameScope scope, ScopeOf(resolved, origins));
    const OnDemandFeature& definition = *resolved.view->FindFeature(feature);
    const std::string title = resolved.view->name() + ":" + feature;
    auto parsed = ParseExpression(definition.expression.text);
    if (!parsed.ok()) return parsed.status().WithContext(title);
    BindOptions options;
    options.result_type = definition.type;
    auto bound = Bind(*parsed, scope, options);
    if (!bound.ok()) return bound.status().WithContext(title);
    Computation computation{*bound, {}, 0, title};
    for (const std::size_t column : bound->columns()) {
      LARDER_ASSIGN_OR_RETURN(const std::size_t slot, OriginSlot(resolved, origins[column], join_keys));
      computation.inputs.push_back(slot);
    }
    plan_.slots.push_back({SlotOrigin::kComputed, 0, 0, definition.type});
    computation.output = plan_.slots.size() - 1;
    computed_[key] = computation.output;
    plan_.computations.push_back(std::move(computation));
    return plan_.computations.back().output;
  }

  // Says where the columns of OnDemandScope come from, in its order.
  Result<NameScope> ScopeOf(const ResolvedOnDemandView& resolved, std::vector<ScopeOrigin>& origins) {
    std::vector<DefinedObject> inputs;
    for (const VersionId& input : resolved.inputs) {
      if (input.id.kind == ObjectKind::kFeatureView) {
        LARDER_ASSIGN_OR_RETURN(const auto view, snapshot_.ResolveView(input.id.name, input.version));
        inputs.emplace_back(view.view);
      } else {
        LARDER_ASSIGN_OR_RETURN(const auto view, snapshot_.ResolveOnDemandView(input.id.name, input.version));
        inputs.emplace_back(view.view);
      }
      for (const std::string& feature : FeatureNames(inputs.back())) origins.push_back({nullptr, input, feature});
    }
    for (const ColumnType& column : resolved.view->request) origins.push_back({&column, {}, ""});
    return OnDemandScope(*resolved.view, inputs);
  }

  Result<std::size_t> OriginSlot(const ResolvedOnDemandView& of, const ScopeOrigin& origin, const KeyMap& join_keys) {
    if (origin.request != nullptr) return RequestSlot(of.view->name(), *origin.request);
    if (origin.view.id.kind == ObjectKind::kOnDemandView) {
      LARDER_ASSIGN_OR_RETURN(const auto view, snapshot_.ResolveOnDemandView(origin.view.id.name, origin.view.version));
      return ComputedSlot(view, origin.feature, join_keys);
    }
    LARDER_ASSIGN_OR_RETURN(const auto view, snapshot_.ResolveView(origin.view.id.name, origin.view.version));
    LARDER_ASSIGN_OR_RETURN(const std::size_t use, UseOf(view, join_keys));
    return FeatureSlot(use,
                       static_cast<std::size_t>(view.view->FindFeature(origin.feature) - view.view->features.data()));
  }

  const RegistrySnapshot& snapshot_;
  const bool full_names_;
  RetrievalPlan plan_;
  std::map<ComputedKey, std::size_t> computed_;
};

Result<std::vector<Ask>> AsksOfService(const RegistrySnapshot& snapshot, const std::string& name) {
  LARDER_ASSIGN_OR_RETURN(const ResolvedService service, snapshot.ResolveService(name));
  std::vector<Ask> asks;
  for (std::size_t i = 0; i < service.service->entries.size(); ++i) {
    const ServiceEntry& entry = service.service->entries[i];
    asks.push_back({entry.view, service.views[i].version, entry.features, entry.alias, entry.join_keys});
  }
  return asks;
}

Result<std::vector<Ask>> AsksOfReferences(const std::vector<std::string>& texts) {
  LARDER_ASSIGN_OR_RETURN(const auto references, ParseFeatureReferences(texts));
  std::vector<Ask> asks;
  for (const FeatureReference& reference : references) {
    Ask ask{reference.view, reference.version, {}, {}, {}};
    if (reference.feature) ask.features.push_back(*reference.feature);
    asks.push_back(std::move(ask));
  }
  return asks;
}

Status EqualNames(const OutputColumn& column, const std::string& other) {
  if (column.reference == other) {
    return Status(Reason::kEqualNames, "asked for twice: " + other,
                  "ask for it once; a view's name alone is all of it");
  }
  return Status(
      Reason::kEqualNames,
      "two columns of the answer would be named '" + column.name + "': " + column.reference + " and " + other,
      "ask for full names (--full-names, full_feature_names), or give one of them an alias in a feature service");
}

// Two references to one view make one matched view; the labels of two different look-ups must differ.
void MergeMatches(std::vector<MatchedView>& matches) {
  std::vector<MatchedView> merged;
  for (const MatchedView& match : matches) {
    const bool known = std::any_of(merged.begin(), merged.end(), [&](const MatchedView& other) {
      return other.label == match.label && other.view_use == match.view_use;
    });
    if (!known) merged.push_back(match);
  }
  matches = std::move(merged);
}

Result<RetrievalPlan> MakePlan(const RegistrySnapshot& snapshot, const FeatureRequest& request) {
  if (request.service.empty() == request.features.empty()) {
    return Status(Reason::kUsage, "ask for a feature service or for features: exactly one of them",
                  "give --service NAME or --features view:feature; over HTTP feature_service or features");
  }
  std::vector<Ask> asks;
  if (request.service.empty()) {
    LARDER_ASSIGN_OR_RETURN(asks, AsksOfReferences(request.features));
  } else {
    LARDER_ASSIGN_OR_RETURN(asks, AsksOfService(snapshot, request.service));
  }
  Planner planner(snapshot, request.full_names);
  for (const Ask& ask : asks) LARDER_RETURN_IF_ERROR(planner.Add(ask));
  RetrievalPlan plan = std::move(planner).Take();
  MergeMatches(plan.matches);
  std::map<std::string, const OutputColumn*> names;
  for (const OutputColumn& column : plan.outputs) {
    const auto [place, is_new] = names.emplace(column.name, &column);
    if (!is_new) return EqualNames(column, place->second->reference);
  }
  return plan;
}

}  // namespace

Result<std::shared_ptr<const RetrievalPlan>> PlanRetrieval(std::shared_ptr<const RegistrySnapshot> snapshot,
                                                           const FeatureRequest& request) {
  auto made = MakePlan(*snapshot, request);
  if (!made.ok()) {
    const Status& status = made.status();
    if (snapshot->revision() > 0 || status.code() != Code::kNotFound) return status;
    return status.WithHint("nothing is applied in this project yet: run larder apply");
  }
  auto plan = std::make_shared<RetrievalPlan>(std::move(made).value());
  plan->snapshot = std::move(snapshot);
  return std::shared_ptr<const RetrievalPlan>(std::move(plan));
}

Status CheckOutputNames(const RetrievalPlan& plan, const std::vector<std::string>& taken) {
  for (const OutputColumn& column : plan.outputs) {
    if (std::find(taken.begin(), taken.end(), column.name) != taken.end()) {
      return EqualNames(column, "column '" + column.name + "' of the entity rows");
    }
  }
  return {};
}

Status Compute(const RetrievalPlan& plan, std::int64_t row_count,
               const std::function<std::string(std::int64_t)>& row_name,
               std::span<std::shared_ptr<arrow::Array>> values) {
  std::vector<std::shared_ptr<arrow::Array>> inputs;
  for (const Computation& computation : plan.computations) {
    inputs.clear();
    for (const std::size_t slot : computation.inputs) inputs.push_back(values[slot]);
    auto computed = computation.expression.Evaluate(inputs, row_count, {row_name});
    if (!computed.ok()) return computed.status().WithContext(computation.title);
    values[computation.output] = std::move(computed).value();
  }
  return {};
}

}  // namespace larder
