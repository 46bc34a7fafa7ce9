#include "definitions/definition_set.h"

#include "definitions/reference_check.h"
#include "text/nearest_name.h"

namespace larder {

struct DefinitionSet::Content {
  std::map<std::string, std::shared_ptr<const Entity>, std::less<>> entities;
  std::map<std::string, std::shared_ptr<const Source>, std::less<>> sources;
  std::map<std::string, std::shared_ptr<const FeatureView>, std::less<>> feature_views;
  std::map<std::string, std::shared_ptr<const OnDemandView>, std::less<>> on_demand_views;
  std::map<std::string, std::shared_ptr<const FeatureService>, std::less<>> feature_services;

  void Add(const std::shared_ptr<const Entity>& object) { entities.emplace(object->name(), object); }
  void Add(const std::shared_ptr<const Source>& object) { sources.emplace(object->name(), object); }
  void Add(const std::shared_ptr<const FeatureView>& object) { feature_views.emplace(object->name(), object); }
  void Add(const std::shared_ptr<const OnDemandView>& object) { on_demand_views.emplace(object->name(), object); }
  void Add(const std::shared_ptr<const FeatureService>& object) { feature_services.emplace(object->name(), object); }
};

namespace {

template <class Map>
void AppendNames(const Map& objects, std::vector<std::string>& names) {
  for (const auto& [name, object] : objects) names.push_back(name);
}

template <class Map>
void AppendObjects(const Map& objects, std::vector<DefinedObject>& out) {
  for (const auto& [name, object] : objects) out.emplace_back(object);
}

Status UnknownObject(std::string_view title, std::string_view name, const std::vector<std::string>& known) {
  std::string hint = DidYouMean(name, std::span<const std::string>(known));
  if (hint.empty()) hint = known.empty() ? "there is none; is the project applied?" : "see `larder list`";
  return Status(Reason::kUnknownObject, "no " + std::string(title) + " of this name: '" + std::string(name) + "'",
                std::move(hint));
}

template <class Map>
Result<typename Map::mapped_type> FindIn(const Map& objects, ObjectKind kind, std::string_view name) {
  const auto found = objects.find(name);
  if (found != objects.end()) return found->second;
  std::vector<std::string> known;
  AppendNames(objects, known);
  return UnknownObject(KindTitle(kind), name, known);
}

}  // namespace

ObjectKind KindOf(const DefinedObject& object) { return static_cast<ObjectKind>(object.index()); }

const ObjectHeader& HeaderOf(const DefinedObject& object) {
  return std::visit([](const auto& pointer) -> const ObjectHeader& { return pointer->header; }, object);
}

ObjectId IdOf(const DefinedObject& object) { return {KindOf(object), HeaderOf(object).name}; }

DefinitionSet::DefinitionSet() : content_(std::make_shared<const Content>()) {}

DefinitionSet DefinitionSet::MakeUnchecked(std::vector<DefinedObject> objects) {
  auto content = std::make_shared<Content>();
  for (const DefinedObject& object : objects) {
    std::visit([&](const auto& pointer) { content->Add(pointer); }, object);
  }
  DefinitionSet set;
  set.content_ = std::move(content);
  return set;
}

Result<DefinitionSet> DefinitionSet::Make(std::vector<DefinedObject> objects) {
  FaultList faults;
  CheckUniqueNames(objects, faults);
  DefinitionSet set = MakeUnchecked(std::move(objects));
  CheckReferences(set, {}, faults);
  if (faults.empty()) return set;
  return DefinitionFaults(faults);
}

const std::map<std::string, std::shared_ptr<const Entity>, std::less<>>& DefinitionSet::entities() const {
  return content_->entities;
}
const std::map<std::string, std::shared_ptr<const Source>, std::less<>>& DefinitionSet::sources() const {
  return content_->sources;
}
const std::map<std::string, std::shared_ptr<const FeatureView>, std::less<>>& DefinitionSet::feature_views() const {
  return content_->feature_views;
}
const std::map<std::string, std::shared_ptr<const OnDemandView>, std::less<>>& DefinitionSet::on_demand_views() const {
  return content_->on_demand_views;
}
const std::map<std::string, std::shared_ptr<const FeatureService>, std::less<>>& DefinitionSet::feature_services()
    const {
  return content_->feature_services;
}

Result<std::shared_ptr<const Entity>> DefinitionSet::FindEntity(std::string_view name) const {
  return FindIn(content_->entities, ObjectKind::kEntity, name);
}
Result<std::shared_ptr<const Source>> DefinitionSet::FindSource(std::string_view name) const {
  return FindIn(content_->sources, ObjectKind::kSource, name);
}
Result<std::shared_ptr<const FeatureView>> DefinitionSet::FindFeatureView(std::string_view name) const {
  return FindIn(content_->feature_views, ObjectKind::kFeatureView, name);
}
Result<std::shared_ptr<const OnDemandView>> DefinitionSet::FindOnDemandView(std::string_view name) const {
  return FindIn(content_->on_demand_views, ObjectKind::kOnDemandView, name);
}
Result<std::shared_ptr<const FeatureService>> DefinitionSet::FindFeatureService(std::string_view name) const {
  return FindIn(content_->feature_services, ObjectKind::kFeatureService, name);
}

Result<DefinedObject> DefinitionSet::Find(const ObjectId& id) const {
  const auto wrap = [](auto found) -> Result<DefinedObject> {
    if (!found.ok()) return found.status();
    return DefinedObject(*std::move(found));
  };
  switch (id.kind) {
    case ObjectKind::kEntity:
      return wrap(FindEntity(id.name));
    case ObjectKind::kSource:
      return wrap(FindSource(id.name));
    case ObjectKind::kFeatureView:
      return wrap(FindFeatureView(id.name));
    case ObjectKind::kOnDemandView:
      return wrap(FindOnDemandView(id.name));
    case ObjectKind::kFeatureService:
      return wrap(FindFeatureService(id.name));
  }
  return Status(Reason::kInternal, "no such kind of object");
}

Result<DefinedObject> DefinitionSet::FindView(std::string_view name) const {
  if (const auto found = content_->feature_views.find(name); found != content_->feature_views.end()) {
    return DefinedObject(found->second);
  }
  if (const auto found = content_->on_demand_views.find(name); found != content_->on_demand_views.end()) {
    return DefinedObject(found->second);
  }
  std::vector<std::string> known;
  AppendNames(content_->feature_views, known);
  AppendNames(content_->on_demand_views, known);
  return UnknownObject("view", name, known);
}

std::vector<DefinedObject> DefinitionSet::Objects() const {
  std::vector<DefinedObject> objects;
  AppendObjects(content_->entities, objects);
  AppendObjects(content_->sources, objects);
  AppendObjects(content_->feature_views, objects);
  AppendObjects(content_->on_demand_views, objects);
  AppendObjects(content_->feature_services, objects);
  return objects;
}

std::vector<std::string> DefinitionSet::Names(ObjectKind kind) const {
  std::vector<std::string> names;
  for (const DefinedObject& object : Objects()) {
    if (KindOf(object) == kind) names.push_back(HeaderOf(object).name);
  }
  return names;
}

bool DefinitionSet::empty() const { return Objects().empty(); }

Status UnknownFeature(std::string_view feature, std::string_view view, const std::vector<std::string>& known) {
  std::string hint = DidYouMean(feature, std::span<const std::string>(known));
  if (hint.empty() && !known.empty()) {
    hint = "its features are";
    for (const std::string& name : known) hint += (&name == &known.front() ? " " : ", ") + name;
  }
  return Status(Reason::kUnknownFeature,
                "no feature '" + std::string(feature) + "' in view '" + std::string(view) + "'", std::move(hint));
}

std::vector<std::string> FeatureNames(const DefinedObject& view) {
  std::vector<std::string> names;
  const auto append = [&](const auto& features) {
    for (const auto& feature : features) names.push_back(feature.name);
  };
  if (const auto* plain = std::get_if<std::shared_ptr<const FeatureView>>(&view)) append((*plain)->features);
  if (const auto* on_demand = std::get_if<std::shared_ptr<const OnDemandView>>(&view)) append((*on_demand)->features);
  return names;
}

}  // namespace larder
