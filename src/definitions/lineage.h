// Who needs whom in a set of definitions.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "definitions/definition_set.h"

namespace larder {

/// Returns the objects that `object` names itself: a view its entities and source, an on-demand view its inputs, a
/// service its views; sorted. `set` tells whether a name is a plain or an on-demand view; names it lacks are left out.
std::vector<ObjectId> DirectNeeds(const DefinitionSet& set, const DefinedObject& object);

/// Answers who needs whom. Immutable. Costs one pass over the set to make.
class Lineage {
 public:
  explicit Lineage(const DefinitionSet& set);

  /// Returns all that `id` needs, directly and through others; sorted, without `id`.
  std::vector<ObjectId> Needs(const ObjectId& id) const;
  /// Returns all that need `id`, directly and through others; sorted, without `id`.
  std::vector<ObjectId> NeededBy(const ObjectId& id) const;
  /// Returns those that name `id` themselves; sorted.
  std::vector<ObjectId> DirectlyNeededBy(const ObjectId& id) const;

 private:
  using Edges = std::map<ObjectId, std::vector<ObjectId>>;
  static std::vector<ObjectId> Reach(const Edges& edges, const ObjectId& from);

  Edges needs_;
  Edges needed_by_;
};

}  // namespace larder
