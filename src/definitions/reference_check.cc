#include "definitions/reference_check.h"

#include <algorithm>
#include <map>

#include "definitions/lineage.h"
#include "definitions/source_check.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

using ViewPointer = std::shared_ptr<const FeatureView>;
using OnDemandPointer = std::shared_ptr<const OnDemandView>;

void AddStatus(const Location& location, const Status& status, FaultList& faults) {
  faults.Add(location, std::string(status.message()), std::string(status.hint()));
}

// The registry's advice makes no sense while files are read.
void AddUnknown(const Location& location, const Status& status, FaultList& faults) {
  std::string hint(status.hint());
  if (!hint.starts_with("did you mean")) hint = "define it, or correct the name";
  faults.Add(location, std::string(status.message()), std::move(hint));
}

void CheckFeatureView(const DefinitionSet& set, const FeatureView& view, FaultList& faults) {
  std::map<std::string, std::string> entity_of_key;
  for (std::size_t i = 0; i < view.entities.size(); ++i) {
    const Location& location = i < view.entity_locations.size() ? view.entity_locations[i] : view.header.location;
    const auto entity = set.FindEntity(view.entities[i]);
    if (!entity.ok()) {
      AddUnknown(location, entity.status(), faults);
      continue;
    }
    const auto [first, is_new] = entity_of_key.emplace((*entity)->join_key, view.entities[i]);
    if (!is_new) {
      faults.Add(location,
                 "two entities of one join key: '" + first->second + "' and '" + view.entities[i] + "' ('" +
                     first->first + "')",
                 "give one of them another join_key");
    }
  }
  if (!view.source.empty() && !set.FindSource(view.source).ok()) {
    AddUnknown(view.source_location, set.FindSource(view.source).status(), faults);
  }
  for (const Feature& feature : view.features) {
    if (!entity_of_key.contains(feature.name)) continue;
    faults.Add(feature.location, "a feature named like a join key of its view: '" + feature.name + "'",
               view.is_windowed() ? "rename the aggregation, or give it a `name`"
                                  : "rename it and name the column under `from`");
  }
}

void CheckOnDemandView(const DefinitionSet& set, const OnDemandView& view, FaultList& faults) {
  for (const ViewInput& input : view.inputs) {
    const Result<DefinedObject> found = set.FindView(input.view);
    if (!found.ok()) {
      AddUnknown(input.location, found.status(), faults);
      continue;
    }
    if (input.version) continue;
    const std::vector<std::string> names = FeatureNames(*found);
    for (const ColumnType& value : view.request) {
      if (std::find(names.begin(), names.end(), value.name) == names.end()) continue;
      faults.Add(input.location,
                 "a request value named like a feature of view '" + input.view + "': '" + value.name + "'",
                 "rename the request value");
    }
  }
}

std::map<std::string, ValueType> JoinKeysOf(const DefinitionSet& set, const FeatureView& view) {
  std::map<std::string, ValueType> keys;
  for (const std::string& name : view.entities) {
    const auto entity = set.FindEntity(name);
    if (entity.ok()) keys.emplace((*entity)->join_key, (*entity)->type);
  }
  return keys;
}

void CheckJoinKeys(const DefinitionSet& set, const ServiceEntry& entry, const FeatureView& view, FaultList& faults) {
  const std::map<std::string, ValueType> keys = JoinKeysOf(set, view);
  std::vector<std::string> known;
  for (const auto& [key, type] : keys) known.push_back(key);
  for (const auto& [key, column] : entry.join_keys) {
    if (column.empty()) faults.Add(entry.location, "an empty column for the join key '" + key + "'", "name a column");
    if (keys.contains(key)) continue;
    std::string hint = DidYouMean(key, std::span<const std::string>(known));
    if (hint.empty()) hint = "write {join key of the view: column of the entity table}";
    faults.Add(entry.location, "no join key '" + key + "' in view '" + view.name() + "'", std::move(hint));
  }
}

void CheckServiceEntry(const DefinitionSet& set, const ServiceEntry& entry, const std::set<ObjectId>& incomplete,
                       FaultList& faults) {
  const Result<DefinedObject> found = set.FindView(entry.view);
  if (!found.ok()) return AddUnknown(entry.location, found.status(), faults);
  if (incomplete.contains(IdOf(*found))) return;
  // What a version holds, only the registry knows.
  if (!entry.version) {
    const std::vector<std::string> known = FeatureNames(*found);
    for (const std::string& feature : entry.features) {
      if (std::find(known.begin(), known.end(), feature) != known.end()) continue;
      AddStatus(entry.location, UnknownFeature(feature, entry.view, known), faults);
    }
  }
  if (const ViewPointer* view = std::get_if<ViewPointer>(&*found)) {
    if (!entry.version) CheckJoinKeys(set, entry, **view, faults);
  } else if (!entry.alias.empty() || !entry.join_keys.empty()) {
    faults.Add(entry.location, "alias or join_keys for the on-demand view '" + entry.view + "'",
               "they belong to plain feature views; leave them out here");
  }
}

/// Finds circles among on-demand views: each is told once, at the view whose name comes first.
class CircleFinder {
 public:
  CircleFinder(const DefinitionSet& set, FaultList& faults) : set_(set), faults_(faults) {}

  bool Find() {
    for (const auto& [name, view] : set_.on_demand_views()) Walk(name);
    return found_;
  }

 private:
  struct Step {
    const OnDemandView* view;
    std::size_t next_input = 0;
  };

  // Without recursion: a chain of views may be as long as the input likes.
  void Walk(const std::string& start) {
    std::vector<Step> way;
    Enter(start, way);
    while (!way.empty()) {
      Step& step = way.back();
      if (step.next_input == step.view->inputs.size()) {
        done_.insert(step.view->name());
        way.pop_back();
        continue;
      }
      const std::string& input = step.view->inputs[step.next_input++].view;
      const auto on_way = std::find_if(way.begin(), way.end(), [&](const Step& s) { return s.view->name() == input; });
      if (on_way != way.end()) {
        Report({on_way, way.end()});
      } else {
        Enter(input, way);
      }
    }
  }

  void Enter(const std::string& name, std::vector<Step>& way) {
    const auto found = set_.on_demand_views().find(name);
    if (found == set_.on_demand_views().end() || done_.contains(name)) return;
    way.push_back({found->second.get(), 0});
  }

  void Report(const std::vector<Step>& circle) {
    found_ = true;
    std::string text;
    for (const Step& step : circle) text += step.view->name() + " -> ";
    faults_.Add(circle.front().view->header.location,
                "on-demand views in a circle: " + text + circle.front().view->name(), "remove one of these inputs");
  }

  const DefinitionSet& set_;
  FaultList& faults_;
  std::set<std::string> done_;
  bool found_ = false;
};

}  // namespace

void CheckUniqueNames(const std::vector<DefinedObject>& objects, FaultList& faults) {
  std::map<ObjectId, const ObjectHeader*> first_of;
  for (const DefinedObject& object : objects) {
    const ObjectHeader& header = HeaderOf(object);
    if (header.name.empty()) continue;
    ObjectId id = IdOf(object);
    const std::string title = ObjectTitle(id);
    if (id.kind == ObjectKind::kOnDemandView) id.kind = ObjectKind::kFeatureView;
    const auto [first, is_new] = first_of.emplace(id, &header);
    if (is_new) continue;
    const Location& place = first->second->location;
    faults.Add(header.location, "a name that is taken: " + title,
               "the first is in " + place.file + " line " + std::to_string(place.line) + "; rename one of them");
  }
}

void CheckReferences(const DefinitionSet& set, const std::set<ObjectId>& incomplete, FaultList& faults) {
  for (const auto& [name, view] : set.feature_views()) CheckFeatureView(set, *view, faults);
  for (const auto& [name, view] : set.on_demand_views()) CheckOnDemandView(set, *view, faults);
  for (const auto& [name, service] : set.feature_services()) {
    for (const ServiceEntry& entry : service->entries) CheckServiceEntry(set, entry, incomplete, faults);
  }
  CircleFinder circles(set, faults);
  circles.Find();
  for (Fault& fault : CheckOnDemandViews(set, incomplete)) faults.Add(std::move(fault));
}

Status DefinitionFaults(FaultList& faults) {
  const std::size_t count = faults.size();
  return Status::FromFaults(Reason::kInvalidDefinition,
                            "invalid definitions: " + std::to_string(count) + (count == 1 ? " fault" : " faults"),
                            faults.Take());
}

}  // namespace larder
