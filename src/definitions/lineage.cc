#include "definitions/lineage.h"

#include <algorithm>

namespace larder {
namespace {

std::vector<ObjectId> Sorted(std::vector<ObjectId> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

void AppendView(const DefinitionSet& set, const std::string& name, std::vector<ObjectId>& needs) {
  const Result<DefinedObject> view = set.FindView(name);
  if (view.ok()) needs.push_back(IdOf(*view));
}

}  // namespace

std::vector<ObjectId> DirectNeeds(const DefinitionSet& set, const DefinedObject& object) {
  std::vector<ObjectId> needs;
  if (const auto* view = std::get_if<std::shared_ptr<const FeatureView>>(&object)) {
    for (const std::string& entity : (*view)->entities) {
      if (set.entities().contains(entity)) needs.push_back({ObjectKind::kEntity, entity});
    }
    if (set.sources().contains((*view)->source)) needs.push_back({ObjectKind::kSource, (*view)->source});
  } else if (const auto* on_demand = std::get_if<std::shared_ptr<const OnDemandView>>(&object)) {
    for (const ViewInput& input : (*on_demand)->inputs) AppendView(set, input.view, needs);
  } else if (const auto* service = std::get_if<std::shared_ptr<const FeatureService>>(&object)) {
    for (const ServiceEntry& entry : (*service)->entries) AppendView(set, entry.view, needs);
  }
  return Sorted(std::move(needs));
}

Lineage::Lineage(const DefinitionSet& set) {
  for (const DefinedObject& object : set.Objects()) {
    const ObjectId id = IdOf(object);
    needs_[id] = DirectNeeds(set, object);
    // Objects come in order, so these lists are sorted.
    for (const ObjectId& needed : needs_[id]) needed_by_[needed].push_back(id);
  }
}

std::vector<ObjectId> Lineage::Reach(const Edges& edges, const ObjectId& from) {
  std::set<ObjectId> reached;
  std::vector<ObjectId> left = {from};
  while (!left.empty()) {
    const ObjectId id = left.back();
    left.pop_back();
    const auto found = edges.find(id);
    if (found == edges.end()) continue;
    for (const ObjectId& next : found->second) {
      if (reached.insert(next).second) left.push_back(next);
    }
  }
  reached.erase(from);
  return {reached.begin(), reached.end()};
}

std::vector<ObjectId> Lineage::Needs(const ObjectId& id) const { return Reach(needs_, id); }

std::vector<ObjectId> Lineage::NeededBy(const ObjectId& id) const { return Reach(needed_by_, id); }

std::vector<ObjectId> Lineage::DirectlyNeededBy(const ObjectId& id) const {
  const auto found = needed_by_.find(id);
  return found == needed_by_.end() ? std::vector<ObjectId>() : found->second;
}

}  // namespace larder
