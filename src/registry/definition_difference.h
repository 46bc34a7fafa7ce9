// What differs between two sets of definitions, in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "definitions/definition_set.h"

namespace larder {

/// Names what may happen to an object between two sets.
enum class ChangeKind : std::uint8_t { kUnchanged, kCreated, kChanged, kMetadataOnly, kDeleted };

/// Says what happened to one object. `details` has lines such as "ttl: 1d -> 7d" or "features.distance: added".
struct ObjectDifference {
  ObjectId id;
  ChangeKind change = ChangeKind::kUnchanged;
  std::vector<std::string> details;
};

/// Compares two versions of one object of a kind; `details` is empty when they are equal.
ObjectDifference CompareObjects(const DefinedObject& before, const DefinedObject& after);

/// Compares two sets: one element per object of either, by kind and then by name, unchanged ones too.
std::vector<ObjectDifference> CompareSets(const DefinitionSet& before, const DefinitionSet& after);

}  // namespace larder
