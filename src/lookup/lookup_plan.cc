#include "lookup/lookup_plan.h"

#include <algorithm>
#include <optional>
#include <set>

#include "text/json_writer.h"

namespace larder {
namespace {

// Says where the features of a look-up stand in rows of a schema.
StoredVersion PlacesIn(const StoredSchema& schema, const ViewUse& use) {
  StoredVersion stored;
  stored.layout = schema.layout;
  for (const std::size_t feature : use.features) {
    const std::optional<std::size_t> place = schema.PlaceOf(use.view.view->features[feature].name);
    stored.columns.push_back(place ? static_cast<std::int32_t>(*place) : -1);
  }
  return stored;
}

// The rows of a generation, by each version that may have written them: with its own features, and, of what is
// materialized, with those that only older versions in use have.
Result<std::vector<StoredVersion>> VersionsOf(const RegistrySnapshot& snapshot, const ViewUse& use,
                                              OnlineTables& tables) {
  std::vector<StoredVersion> versions;
  const ObjectId id{ObjectKind::kFeatureView, use.view.view->name()};
  const auto add = [&](std::int64_t version, const FeatureView& writer) -> Status {
    LARDER_ASSIGN_OR_RETURN(const auto schema, tables.SchemaFor(snapshot, {id, version}, writer));
    const bool is_known = std::any_of(versions.begin(), versions.end(),
                                      [&](const StoredVersion& known) { return known.layout == schema->layout; });
    if (!is_known) versions.push_back(PlacesIn(*schema, use));
    return {};
  };
  for (const ResolvedView& materialized : snapshot.MaterializedViews()) {
    if (materialized.view->name() != id.name || materialized.generation != use.view.generation) continue;
    LARDER_RETURN_IF_ERROR(add(materialized.version, *materialized.view));
  }
  const Generation* generation = snapshot.FindGeneration(id.name, use.view.generation);
  if (generation == nullptr) return versions;
  for (const std::int64_t version : generation->versions) {
    const auto record = snapshot.FindAny({id, version});
    if (record == nullptr) continue;
    LARDER_RETURN_IF_ERROR(add(version, *std::get<std::shared_ptr<const FeatureView>>(record->object)));
  }
  return versions;
}

Result<LookupView> MakeView(const RegistrySnapshot& snapshot, const ViewUse& use, OnlineTables& tables) {
  LookupView view;
  LARDER_ASSIGN_OR_RETURN(view.table, tables.Table(use.view.view->name(), use.view.generation));
  view.ttl_us = use.view.view->ttl_us;
  view.key_places = use.key_places;
  for (const std::size_t feature : use.features) view.types.push_back(use.view.view->features[feature].type);
  LARDER_ASSIGN_OR_RETURN(view.versions, VersionsOf(snapshot, use, tables));
  return view;
}

// Answers count the rows of the views that stand in them, once for each look-up.
void CountRows(const RetrievalPlan& plan, Counters& counters, std::vector<LookupView>& views) {
  std::set<std::size_t> counted;
  for (const OutputColumn& output : plan.outputs) {
    const ValueSlot& slot = plan.slots[output.slot];
    if (slot.origin == SlotOrigin::kView) counted.insert(slot.view_use);
  }
  for (const std::size_t use : counted) {
    // A null value is a row that is there: it has no counter of its own.
    for (const ValueStatus status : {ValueStatus::kPresent, ValueStatus::kNotFound, ValueStatus::kOutsideMaxAge}) {
      views[use].row_counters[static_cast<std::size_t>(status)] =
          &OnlineRowCounter(counters, plan.views[use].view.view->name(), status);
    }
  }
}

std::vector<LookupList> Lists(const std::vector<NeededColumn>& columns) {
  std::vector<LookupList> lists;
  for (const NeededColumn& column : columns) lists.push_back({column.name, column.type});
  return lists;
}

void AddColumns(const RetrievalPlan& plan, LookupPlan& lookup) {
  lookup.head = R"({"metadata":{"feature_names":[)";
  const auto add = [&](const std::string& name, const LookupColumn& column) {
    if (!lookup.columns.empty()) lookup.head.push_back(',');
    AppendJsonString(name, lookup.head);
    lookup.columns.push_back(column);
  };
  for (std::size_t i = 0; i < plan.key_columns.size(); ++i) {
    add(plan.key_columns[i].name, {LookupColumn::Origin::kKey, 0, i, plan.key_columns[i].type});
  }
  for (const OutputColumn& output : plan.outputs) {
    const ValueSlot& slot = plan.slots[output.slot];
    const bool is_stored = slot.origin == SlotOrigin::kView;
    add(output.name, {is_stored ? LookupColumn::Origin::kStored : LookupColumn::Origin::kComputed, slot.view_use,
                      is_stored ? slot.feature : output.slot, slot.type});
  }
  lookup.head += R"(]},"results":[{"values":[)";
}

bool HasWindows(const RetrievalPlan& plan) {
  return std::any_of(plan.views.begin(), plan.views.end(),
                     [](const ViewUse& use) { return use.view.view->is_windowed(); });
}

// An expression that reads or gives lists is computed the plain way.
bool UsesLists(const RetrievalPlan& plan) {
  return std::any_of(plan.computations.begin(), plan.computations.end(), [&](const Computation& computation) {
    return plan.slots[computation.output].type.is_list() ||
           std::any_of(computation.inputs.begin(), computation.inputs.end(),
                       [&](std::size_t slot) { return plan.slots[slot].type.is_list(); });
  });
}

}  // namespace

Result<std::shared_ptr<const LookupPlan>> LookupPlan::Make(const RetrievalPlan& plan, OnlineTables& tables,
                                                           std::uint64_t first_number) {
  if (UsesLists(plan) || HasWindows(plan)) return std::shared_ptr<const LookupPlan>();
  std::vector<std::string> key_names;
  for (const NeededColumn& key : plan.key_columns) key_names.push_back(key.name);
  LARDER_RETURN_IF_ERROR(CheckOutputNames(plan, key_names));
  auto lookup = std::make_shared<LookupPlan>();
  for (const ViewUse& use : plan.views) {
    LARDER_ASSIGN_OR_RETURN(LookupView view, MakeView(*plan.snapshot, use, tables));
    view.number = first_number + lookup->views.size();
    lookup->views.push_back(std::move(view));
  }
  CountRows(plan, tables.counters(), lookup->views);
  lookup->keys = Lists(plan.key_columns);
  lookup->request_values = Lists(plan.request_columns);
  lookup->slots = plan.slots;
  lookup->computations = plan.computations;
  lookup->is_input.assign(plan.slots.size(), 0);
  for (const Computation& computation : plan.computations) {
    for (const std::size_t slot : computation.inputs) lookup->is_input[slot] = 1;
  }
  AddColumns(plan, *lookup);
  return std::shared_ptr<const LookupPlan>(std::move(lookup));
}

}  // namespace larder
