#include "registry/version_check.h"

#include <algorithm>

#include "definitions/source_check.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

using ViewPointer = std::shared_ptr<const FeatureView>;

/// Holds a reference to a version, and where it was written.
struct VersionedReference {
  const std::string& view;
  std::int64_t version;
  const Location& location;
};

// Returns the view as it was at this version, or as it will be when the version is the one to come.
std::optional<DefinedObject> FindVersion(const VersionCheck& check, const std::string& name, std::int64_t version) {
  const Result<DefinedObject> desired = check.desired.FindView(name);
  if (!desired.ok()) return std::nullopt;
  const ObjectId id = IdOf(*desired);
  const auto planned = check.versions.find(id);
  if (planned != check.versions.end() && planned->second == version) return *desired;
  const auto record = check.snapshot.FindAny({id, version});
  if (record == nullptr) return std::nullopt;
  return record->object;
}

// Makes the fault that a view never had this version. An unknown view is a fault of the set itself.
void AddUnknownVersion(const VersionCheck& check, const VersionedReference& reference, FaultList& faults) {
  const Result<DefinedObject> desired = check.desired.FindView(reference.view);
  if (!desired.ok()) return;
  const auto planned = check.versions.find(IdOf(*desired));
  const std::int64_t last = planned == check.versions.end() ? 1 : planned->second;
  faults.Add(reference.location,
             "no version " + std::to_string(reference.version) + " of view '" + reference.view + "'",
             last == 1 ? "its only version is 1" : "its versions are 1 to " + std::to_string(last));
}

std::vector<std::string> JoinKeysAt(const VersionCheck& check, const FeatureView& view, std::int64_t version) {
  std::vector<std::string> keys;
  const auto record = check.snapshot.FindAny({{ObjectKind::kFeatureView, view.name()}, version});
  for (const std::string& name : view.entities) {
    const ObjectId id{ObjectKind::kEntity, name};
    const std::optional<std::int64_t> pin = record == nullptr ? std::nullopt : record->PinOf(id);
    const auto old = pin ? check.snapshot.FindAny({id, *pin}) : nullptr;
    const auto current = check.desired.entities().find(name);
    if (old != nullptr) {
      keys.push_back(std::get<std::shared_ptr<const Entity>>(old->object)->join_key);
    } else if (current != check.desired.entities().end()) {
      keys.push_back(current->second->join_key);
    }
  }
  return keys;
}

void CheckEntry(const VersionCheck& check, const ServiceEntry& entry, FaultList& faults) {
  const std::optional<DefinedObject> view = FindVersion(check, entry.view, *entry.version);
  if (!view) return AddUnknownVersion(check, {entry.view, *entry.version, entry.location}, faults);
  const std::string shown = entry.view + "@" + std::to_string(*entry.version);
  const std::vector<std::string> known = FeatureNames(*view);
  for (const std::string& feature : entry.features) {
    if (std::find(known.begin(), known.end(), feature) != known.end()) continue;
    const Status status = UnknownFeature(feature, shown, known);
    faults.Add(entry.location, std::string(status.message()), std::string(status.hint()));
  }
  const auto* plain = std::get_if<ViewPointer>(&*view);
  if (plain == nullptr) return;
  const std::vector<std::string> keys = JoinKeysAt(check, **plain, *entry.version);
  for (const auto& [key, column] : entry.join_keys) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    faults.Add(entry.location, "no join key '" + key + "' in view '" + shown + "'",
               DidYouMean(key, std::span<const std::string>(keys)));
  }
}

void CheckOnDemand(const VersionCheck& check, const OnDemandView& view, FaultList& faults) {
  const bool is_versioned =
      std::any_of(view.inputs.begin(), view.inputs.end(), [](const ViewInput& input) { return input.version; });
  if (!is_versioned) return;
  const InputLookup lookup = [&](const ViewInput& input) -> std::optional<DefinedObject> {
    if (input.version) return FindVersion(check, input.view, *input.version);
    const Result<DefinedObject> found = check.desired.FindView(input.view);
    return found.ok() ? std::optional(*found) : std::nullopt;
  };
  for (const ViewInput& input : view.inputs) {
    if (input.version && !lookup(input)) {
      AddUnknownVersion(check, {input.view, *input.version, input.location}, faults);
    }
  }
  for (Fault& fault : CheckOnDemandTypes(view, lookup)) faults.Add(std::move(fault));
}

}  // namespace

void CheckVersionReferences(const VersionCheck& check, FaultList& faults) {
  for (const auto& [name, view] : check.desired.on_demand_views()) CheckOnDemand(check, *view, faults);
  for (const auto& [name, service] : check.desired.feature_services()) {
    for (const ServiceEntry& entry : service->entries) {
      if (entry.version) CheckEntry(check, entry, faults);
    }
  }
}

}  // namespace larder
