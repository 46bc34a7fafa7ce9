#include "registry/plan_changes.h"

#include <algorithm>
#include <map>
#include <set>

#include "definitions/canonical_text.h"
#include "definitions/lineage.h"
#include "registry/definition_difference.h"
#include "registry/generation_plan.h"
#include "registry/version_check.h"
#include "yaml/fault_list.h"

namespace larder {
namespace {

using OnDemandPointer = std::shared_ptr<const OnDemandView>;
using ServicePointer = std::shared_ptr<const FeatureService>;

/// Names what an object names, with and without a version.
struct Needs {
  std::vector<ObjectId> pinned;
  std::vector<VersionId> fixed;
};

template <class T>
void SortUnique(std::vector<T>& items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

void AddView(const DefinitionSet& set, const std::string& name, std::optional<std::int64_t> version, Needs& needs) {
  const Result<DefinedObject> view = set.FindView(name);
  if (!view.ok()) return;
  if (version) {
    needs.fixed.push_back({IdOf(*view), *version});
  } else {
    needs.pinned.push_back(IdOf(*view));
  }
}

Needs NeedsOf(const DefinitionSet& set, const DefinedObject& object) {
  Needs needs;
  if (const auto* on_demand = std::get_if<OnDemandPointer>(&object)) {
    for (const ViewInput& input : (*on_demand)->inputs) AddView(set, input.view, input.version, needs);
  } else if (const auto* service = std::get_if<ServicePointer>(&object)) {
    for (const ServiceEntry& entry : (*service)->entries) AddView(set, entry.view, entry.version, needs);
  } else {
    needs.pinned = DirectNeeds(set, object);
  }
  SortUnique(needs.pinned);
  SortUnique(needs.fixed);
  return needs;
}

std::vector<std::string> PinDetails(const std::vector<VersionId>& before, const std::vector<VersionId>& after) {
  std::map<ObjectId, std::int64_t> old_versions;
  for (const VersionId& pin : before) old_versions[pin.id] = pin.version;
  std::vector<std::string> details;
  for (const VersionId& pin : after) {
    const auto old = old_versions.find(pin.id);
    if (old == old_versions.end() || old->second == pin.version) continue;
    details.push_back(std::string(KindTitle(pin.id.kind)) + " " + pin.id.name + "@" + std::to_string(old->second) +
                      " -> " + pin.id.name + "@" + std::to_string(pin.version));
  }
  return details;
}

/// Makes the part of a plan that is about objects and versions.
class ChangePlanner {
 public:
  ChangePlanner(const RegistrySnapshot& snapshot, const DefinitionSet& desired)
      : snapshot_(snapshot), desired_(desired) {}

  Result<ApplyPlan> Run() {
    plan_.revision = snapshot_.revision();
    for (const DefinedObject& object : InOrderOfNeed()) PlanObject(object);
    const VersionCheck check{snapshot_, desired_, versions_};
    FaultList faults;
    CheckVersionReferences(check, faults);
    if (!faults.empty()) {
      const std::size_t count = faults.size();
      return Status::FromFaults(Reason::kInvalidDefinition,
                                "invalid definitions: " + std::to_string(count) + (count == 1 ? " fault" : " faults"),
                                faults.Take());
    }
    PlanDeletions();
    PlanGenerations(snapshot_, desired_, plan_);
    return std::move(plan_);
  }

 private:
  // Objects come by kind; only on-demand views need others of their kind, and they make no circles.
  std::vector<DefinedObject> InOrderOfNeed() const {
    std::vector<DefinedObject> ordered;
    std::set<ObjectId> placed;
    std::vector<DefinedObject> left = desired_.Objects();
    while (!left.empty()) {
      std::vector<DefinedObject> later;
      for (DefinedObject& object : left) {
        const std::vector<ObjectId> needs = DirectNeeds(desired_, object);
        const bool is_ready = std::all_of(needs.begin(), needs.end(), [&](const ObjectId& id) {
          return placed.contains(id) || id.kind != ObjectKind::kOnDemandView;
        });
        if (is_ready) {
          placed.insert(IdOf(object));
          ordered.push_back(object);
        } else {
          later.push_back(std::move(object));
        }
      }
      LARDER_CHECK(later.size() < left.size());
      left = std::move(later);
    }
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const DefinedObject& a, const DefinedObject& b) { return KindOf(a) < KindOf(b); });
    return ordered;
  }

  void PlanObject(const DefinedObject& object) {
    PlannedChange change;
    change.id = IdOf(object);
    Needs needs = NeedsOf(desired_, object);
    for (const ObjectId& id : needs.pinned) change.pins.push_back({id, versions_[id]});
    change.fixed = std::move(needs.fixed);
    change.canonical_text = CanonicalText(object);
    change.whole_fingerprint = WholeFingerprint(object);
    change.semantic_fingerprint = SemanticFingerprint(object);
    const auto current = snapshot_.Current(change.id);
    if (!current.ok()) {
      change.action = PlannedAction::kCreate;
      change.new_version = snapshot_.LastVersion(change.id) + 1;
    } else if (!Compare(**current, object, change)) {
      versions_[change.id] = (*current)->id.version;
      ++plan_.unchanged_count;
      return;
    }
    versions_[change.id] = change.new_version;
    plan_.changes.push_back(std::move(change));
  }

  // Returns false when nothing changed.
  bool Compare(const VersionRecord& current, const DefinedObject& object, PlannedChange& change) {
    ObjectDifference difference = CompareObjects(current.object, object);
    change.old_version = current.id.version;
    change.new_version = current.id.version + 1;
    change.details = std::move(difference.details);
    const bool same_pins = current.pins == change.pins;
    for (std::string& detail : PinDetails(current.pins, change.pins)) change.details.push_back(std::move(detail));
    if (difference.change == ChangeKind::kChanged) {
      change.action = PlannedAction::kChange;
    } else if (!same_pins) {
      change.action = PlannedAction::kPinAgain;
    } else if (difference.change == ChangeKind::kMetadataOnly) {
      change.action = PlannedAction::kMetadataOnly;
      change.new_version = current.id.version;
    } else {
      return false;
    }
    return true;
  }

  void PlanDeletions() {
    for (const auto& [id, version] : snapshot_.content().current) {
      if (desired_.Find(id).ok()) continue;
      PlannedChange change;
      change.action = PlannedAction::kDelete;
      change.id = id;
      change.old_version = version;
      plan_.changes.push_back(std::move(change));
    }
  }

  const RegistrySnapshot& snapshot_;
  const DefinitionSet& desired_;
  std::map<ObjectId, std::int64_t> versions_;
  ApplyPlan plan_;
};

}  // namespace

Result<ApplyPlan> PlanChanges(const RegistrySnapshot& snapshot, const DefinitionSet& desired) {
  return ChangePlanner(snapshot, desired).Run();
}

}  // namespace larder
