#include "registry/generation_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "definitions/canonical_text.h"

namespace larder {
namespace {

using ViewPointer = std::shared_ptr<const FeatureView>;
using Content = RegistrySnapshot::Content;

bool IsGone(GenerationState state) { return state == GenerationState::kDropped || state == GenerationState::kCleared; }

StorageKey KeyOf(const ResolvedView& view) { return StorageKeyOf(*view.view, view.entities, *view.source); }

// Returns the content that the registry will have, but for generations.
Content ContentAfter(const RegistrySnapshot& snapshot, const DefinitionSet& desired, const ApplyPlan& plan) {
  Content content = snapshot.content();
  for (const PlannedChange& change : plan.changes) {
    if (change.action == PlannedAction::kDelete) {
      content.current.erase(change.id);
      continue;
    }
    const Result<DefinedObject> object = desired.Find(change.id);
    if (!object.ok()) continue;
    const VersionId version{change.id, change.new_version};
    VersionRecord record{version,
                         *object,
                         change.canonical_text,
                         change.whole_fingerprint,
                         change.semantic_fingerprint,
                         0,
                         "",
                         change.pins,
                         change.fixed,
                         0};
    if (change.action == PlannedAction::kMetadataOnly) record.generation = content.versions.at(version)->generation;
    content.versions[version] = std::make_shared<const VersionRecord>(std::move(record));
    content.current[change.id] = change.new_version;
    content.last_versions[change.id] = change.new_version;
  }
  return content;
}

/// Makes the part of a plan that is about stored rows.
class GenerationPlanner {
 public:
  GenerationPlanner(const RegistrySnapshot& before, RegistrySnapshot after, ApplyPlan& plan)
      : before_(before), after_(std::move(after)), plan_(plan) {
    for (const Generation& generation : before.generations()) {
      std::int64_t& last = last_numbers_[generation.view];
      last = std::max(last, generation.number);
    }
  }

  void Run() {
    for (const PlannedChange& change : plan_.changes) {
      if (change.id.kind == ObjectKind::kFeatureView && change.new_version > change.old_version) PlaceNew(change);
    }
    const auto in_use = after_.VersionsInUse();
    for (const auto& [version, users] : in_use) {
      if (version.id.kind == ObjectKind::kFeatureView) ReviveIfGone(version);
    }
    for (const auto& [version, users] : in_use) {
      if (version.id.kind == ObjectKind::kFeatureView) CountUse(version, users);
    }
    for (const Generation& generation : before_.generations()) PlanRetention(generation);
    std::stable_sort(plan_.generations.begin(), plan_.generations.end(), [](const auto& a, const auto& b) {
      return std::tie(a.view, a.version) < std::tie(b.view, b.version);
    });
  }

 private:
  using NumberedView = std::pair<std::string, std::int64_t>;

  void PlaceNew(const PlannedChange& change) {
    const Result<ResolvedView> view = after_.ResolveView(change.id.name, change.new_version);
    if (!view.ok()) return;
    PlannedGeneration planned;
    planned.view = change.id.name;
    planned.version = change.new_version;
    const Result<ResolvedView> current = before_.ResolveView(change.id.name, std::nullopt);
    const Generation* generation = current.ok() ? before_.FindGeneration(change.id.name, current->generation) : nullptr;
    planned.reason = generation == nullptr ? "the view is new" : ReasonForNew(*generation, *current, *view);
    planned.is_new = !planned.reason.empty();
    if (planned.is_new) {
      planned.generation = ++last_numbers_[planned.view];
      planned.must_materialize = view->view->online;
    } else {
      planned.generation = generation->number;
      // While it was not online, nothing was materialized for it.
      planned.must_materialize = view->view->online && !current->view->online;
      for (const Feature& feature : view->view->features) {
        const bool is_added = current->view->FindFeature(feature.name) == nullptr;
        if (is_added && view->view->online) planned.added.push_back(feature.name);
      }
    }
    placed_[{planned.view, planned.version}] = planned.generation;
    plan_.generations.push_back(std::move(planned));
  }

  // Returns nothing when the rows of the generation are right for the view.
  std::string ReasonForNew(const Generation& generation, const ResolvedView& current, const ResolvedView& view) const {
    const StorageKey key = KeyOf(view);
    if (KeyOf(current).base != key.base) {
      std::vector<std::string> keys_before;
      std::vector<std::string> keys_after;
      for (const auto& entity : current.entities) keys_before.push_back(entity->join_key + TypeName(entity->type));
      for (const auto& entity : view.entities) keys_after.push_back(entity->join_key + TypeName(entity->type));
      if (keys_before != keys_after) return "its join keys changed";
      const bool same_columns = current.view->columns == view.view->columns;
      return same_columns ? "its source changed" : "its events have other columns";
    }
    // Rows of older versions may still hold a feature that was taken away in between.
    for (const std::int64_t version : generation.versions) {
      const Result<ResolvedView> older = before_.ResolveView(view.view->name(), version);
      if (!older.ok() || KeyOf(*older).IsCompatible(key)) continue;
      for (const auto& [name, text] : KeyOf(*older).features) {
        const auto found = key.features.find(name);
        if (found == key.features.end() || found->second == text) continue;
        return "feature " + name + (view.view->is_windowed() ? " changed its aggregation" : " changed type or from");
      }
      return "its source changed";
    }
    return "";
  }

  void ReviveIfGone(const VersionId& version) {
    const NumberedView place{version.id.name, version.version};
    if (placed_.contains(place)) return;
    const auto record = after_.FindAny(version);
    if (record == nullptr) return;
    const Generation* generation = before_.FindGeneration(version.id.name, record->generation);
    if (generation == nullptr || !IsGone(generation->state)) {
      placed_[place] = record->generation;
      return;
    }
    const NumberedView old{version.id.name, record->generation};
    const auto [found, is_first] = revived_.emplace(old, 0);
    if (is_first) found->second = ++last_numbers_[version.id.name];
    PlannedGeneration planned;
    planned.view = version.id.name;
    planned.version = version.version;
    planned.generation = found->second;
    planned.state = GenerationState::kKept;
    planned.is_new = is_first;
    planned.must_materialize = std::get<ViewPointer>(record->object)->online;
    planned.reason = "version " + std::to_string(version.version) + " is used again";
    placed_[place] = planned.generation;
    plan_.generations.push_back(std::move(planned));
  }

  void CountUse(const VersionId& version, const std::set<ObjectId>& users) {
    const auto placed = placed_.find({version.id.name, version.version});
    if (placed == placed_.end()) return;
    const NumberedView generation{version.id.name, placed->second};
    used_.insert(generation);
    const auto current = after_.content().current.find(version.id);
    if (current != after_.content().current.end() && current->second == version.version) current_.insert(generation);
    for (const ObjectId& user : users) {
      users_[generation].insert({user, after_.content().current.at(user)});
    }
  }

  void PlanRetention(const Generation& generation) {
    if (IsGone(generation.state)) return;
    const NumberedView key{generation.view, generation.number};
    if (current_.contains(key)) return;
    PlannedRetention retention{generation.view, generation.number, GenerationState::kDropped, {}};
    if (used_.contains(key)) {
      retention.state = GenerationState::kKept;
      retention.pinned_by = {users_[key].begin(), users_[key].end()};
    }
    // What stays as it is needs no line, and nothing to write.
    if (retention.state == generation.state) return;
    plan_.retentions.push_back(std::move(retention));
  }

  const RegistrySnapshot& before_;
  const RegistrySnapshot after_;
  ApplyPlan& plan_;
  std::map<std::string, std::int64_t> last_numbers_;
  std::map<NumberedView, std::int64_t> placed_;   // (view, version) -> generation
  std::map<NumberedView, std::int64_t> revived_;  // (view, gone generation) -> new one
  std::set<NumberedView> used_;                   // (view, generation)
  std::set<NumberedView> current_;
  std::map<NumberedView, std::set<VersionId>> users_;
};

}  // namespace

void PlanGenerations(const RegistrySnapshot& snapshot, const DefinitionSet& desired, ApplyPlan& plan) {
  GenerationPlanner(snapshot, RegistrySnapshot(ContentAfter(snapshot, desired, plan)), plan).Run();
}

}  // namespace larder
