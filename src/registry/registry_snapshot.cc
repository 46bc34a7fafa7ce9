#include "registry/registry_snapshot.h"

#include <algorithm>
#include <array>

#include "definitions/canonical_text.h"

namespace larder {
namespace {

using ViewPointer = std::shared_ptr<const FeatureView>;
using OnDemandPointer = std::shared_ptr<const OnDemandView>;
using ServicePointer = std::shared_ptr<const FeatureService>;

// A view is pinned under its kind, which the text that names it does not tell.
std::optional<VersionId> PinOfView(const VersionRecord& record, const std::string& name) {
  for (const ObjectKind kind : {ObjectKind::kFeatureView, ObjectKind::kOnDemandView}) {
    if (const auto version = record.PinOf({kind, name})) return VersionId{{kind, name}, *version};
  }
  return std::nullopt;
}

std::optional<VersionId> UsedView(const VersionRecord& record, const std::string& name,
                                  std::optional<std::int64_t> version) {
  if (!version) return PinOfView(record, name);
  for (const VersionId& pin : record.fixed) {
    if (pin.id.name == name && pin.version == *version) return pin;
  }
  return std::nullopt;
}

std::vector<DefinedObject> CurrentObjects(const RegistrySnapshot::Content& content) {
  std::vector<DefinedObject> objects;
  for (const auto& [id, version] : content.current) {
    const auto found = content.versions.find({id, version});
    if (found != content.versions.end()) objects.push_back(found->second->object);
  }
  return objects;
}

Status DamagedPin(const VersionRecord& record, const VersionId& pin) {
  return Status(Reason::kDamaged,
                "the registry lacks version " + std::to_string(pin.version) + " of " + ObjectTitle(pin.id) +
                    ", which " + ObjectTitle(record.id.id) + " uses",
                "restore the registry from a backup");
}

// Adds the features that only older versions of a generation have.
void AddFeaturesOf(const FeatureView& older, FeatureView& view) {
  for (const Feature& feature : older.features) {
    if (!view.is_windowed() && view.FindFeature(feature.name) == nullptr) view.features.push_back(feature);
  }
  // Of a window view the events are stored: they hold the columns that any version reads.
  for (const ColumnType& column : older.columns) {
    if (std::find(view.columns.begin(), view.columns.end(), column) == view.columns.end()) {
      view.columns.push_back(column);
    }
  }
}

}  // namespace

std::string_view GenerationStateName(GenerationState state) {
  constexpr std::array<std::string_view, 4> kNames = {"current", "kept", "dropped", "cleared"};
  return kNames[static_cast<std::size_t>(state)];
}

std::optional<std::int64_t> VersionRecord::PinOf(const ObjectId& needed) const {
  for (const VersionId& pin : pins) {
    if (pin.id == needed) return pin.version;
  }
  return std::nullopt;
}

std::vector<VersionId> UsedVersions(const VersionRecord& record) {
  std::vector<VersionId> used;
  const auto add = [&](const std::string& name, std::optional<std::int64_t> version) {
    if (const auto pin = UsedView(record, name, version)) used.push_back(*pin);
  };
  if (const auto* on_demand = std::get_if<OnDemandPointer>(&record.object)) {
    for (const ViewInput& input : (*on_demand)->inputs) add(input.view, input.version);
  } else if (const auto* service = std::get_if<ServicePointer>(&record.object)) {
    for (const ServiceEntry& entry : (*service)->entries) add(entry.view, entry.version);
  } else {
    used = record.pins;
  }
  return used;
}

RegistrySnapshot::RegistrySnapshot(Content content)
    : content_(std::move(content)), current_(DefinitionSet::MakeUnchecked(CurrentObjects(content_))) {}

std::shared_ptr<const VersionRecord> RegistrySnapshot::FindAny(const VersionId& id) const {
  const auto found = content_.versions.find(id);
  return found == content_.versions.end() ? nullptr : found->second;
}

std::int64_t RegistrySnapshot::LastVersion(const ObjectId& id) const {
  const auto found = content_.last_versions.find(id);
  return found == content_.last_versions.end() ? 0 : found->second;
}

Result<std::shared_ptr<const VersionRecord>> RegistrySnapshot::Current(const ObjectId& id) const {
  const auto found = content_.current.find(id);
  if (found == content_.current.end()) return current_.Find(id).status();
  return FindAny({id, found->second});
}

Result<std::shared_ptr<const VersionRecord>> RegistrySnapshot::Find(const ObjectId& id, std::int64_t version) const {
  if (!content_.current.contains(id)) return current_.Find(id).status();
  if (auto record = FindAny({id, version})) return record;
  const std::int64_t last = LastVersion(id);
  return Status(Reason::kUnknownVersion, "no version " + std::to_string(version) + " of " + ObjectTitle(id),
                last == 1 ? "its only version is 1" : "its versions are 1 to " + std::to_string(last));
}

Result<ObjectKind> RegistrySnapshot::ViewKind(std::string_view name) const {
  LARDER_ASSIGN_OR_RETURN(const DefinedObject view, current_.FindView(name));
  return KindOf(view);
}

Result<ResolvedView> RegistrySnapshot::ResolveRecord(const VersionRecord& record) const {
  ResolvedView resolved;
  resolved.view = std::get<ViewPointer>(record.object);
  resolved.version = record.id.version;
  resolved.generation = record.generation;
  const auto pinned = [&](const ObjectId& id) {
    const VersionId pin{id, record.PinOf(id).value_or(0)};
    return std::make_pair(pin, FindAny(pin));
  };
  const auto [source_pin, source] = pinned({ObjectKind::kSource, resolved.view->source});
  if (source == nullptr) return DamagedPin(record, source_pin);
  resolved.source = std::get<std::shared_ptr<const Source>>(source->object);
  for (const std::string& name : resolved.view->entities) {
    const auto [entity_pin, entity] = pinned({ObjectKind::kEntity, name});
    if (entity == nullptr) return DamagedPin(record, entity_pin);
    resolved.entities.push_back(std::get<std::shared_ptr<const Entity>>(entity->object));
  }
  return resolved;
}

Result<ResolvedView> RegistrySnapshot::ResolveView(std::string_view name, std::optional<std::int64_t> version) const {
  const ObjectId id{ObjectKind::kFeatureView, std::string(name)};
  LARDER_ASSIGN_OR_RETURN(const auto record, version ? Find(id, *version) : Current(id));
  return ResolveRecord(*record);
}

Result<ResolvedOnDemandView> RegistrySnapshot::ResolveOnDemandView(std::string_view name,
                                                                   std::optional<std::int64_t> version) const {
  const ObjectId id{ObjectKind::kOnDemandView, std::string(name)};
  LARDER_ASSIGN_OR_RETURN(const auto record, version ? Find(id, *version) : Current(id));
  ResolvedOnDemandView resolved{std::get<OnDemandPointer>(record->object), record->id.version, UsedVersions(*record)};
  if (resolved.inputs.size() != resolved.view->inputs.size()) return DamagedPin(*record, record->id);
  return resolved;
}

Result<ResolvedService> RegistrySnapshot::ResolveService(std::string_view name) const {
  LARDER_ASSIGN_OR_RETURN(const auto record, Current({ObjectKind::kFeatureService, std::string(name)}));
  ResolvedService resolved{std::get<ServicePointer>(record->object), record->id.version, UsedVersions(*record)};
  if (resolved.views.size() != resolved.service->entries.size()) return DamagedPin(*record, record->id);
  return resolved;
}

const Generation* RegistrySnapshot::FindGeneration(std::string_view view, std::int64_t number) const {
  for (const Generation& generation : content_.generations) {
    if (generation.view == view && generation.number == number) return &generation;
  }
  return nullptr;
}

std::map<VersionId, std::set<ObjectId>> RegistrySnapshot::VersionsInUse() const {
  std::map<VersionId, std::set<ObjectId>> in_use;
  for (const auto& [id, version] : content_.current) {
    std::set<VersionId> reached = {{id, version}};
    std::vector<VersionId> left = {{id, version}};
    while (!left.empty()) {
      const VersionId next = left.back();
      left.pop_back();
      std::set<ObjectId>& users = in_use[next];
      if (next.id != id) users.insert(id);
      const auto record = FindAny(next);
      if (record == nullptr) continue;
      for (const VersionId& used : UsedVersions(*record)) {
        if (reached.insert(used).second) left.push_back(used);
      }
    }
  }
  return in_use;
}

std::vector<ResolvedView> RegistrySnapshot::MaterializedViews() const {
  const auto in_use = VersionsInUse();
  std::vector<ResolvedView> views;
  for (const Generation& generation : content_.generations) {
    if (generation.state != GenerationState::kCurrent && generation.state != GenerationState::kKept) continue;
    const ObjectId id{ObjectKind::kFeatureView, generation.view};
    std::optional<ResolvedView> newest;
    FeatureView merged;
    for (auto version = generation.versions.rbegin(); version != generation.versions.rend(); ++version) {
      const auto record = FindAny({id, *version});
      if (record == nullptr || !in_use.contains(record->id)) continue;
      const FeatureView& view = *std::get<ViewPointer>(record->object);
      if (newest) {
        AddFeaturesOf(view, merged);
        continue;
      }
      const Result<ResolvedView> resolved = ResolveRecord(*record);
      if (!resolved.ok() || !view.online) break;
      newest = *resolved;
      merged = view;
    }
    if (!newest) continue;
    newest->view = std::make_shared<const FeatureView>(std::move(merged));
    views.push_back(*std::move(newest));
  }
  return views;
}

const std::vector<ColumnType>* RegistrySnapshot::RecordedTypes(const Source& source) const {
  const auto found = content_.column_types.find({source.name(), ReadingFingerprint(source)});
  return found == content_.column_types.end() ? nullptr : &found->second;
}

}  // namespace larder
