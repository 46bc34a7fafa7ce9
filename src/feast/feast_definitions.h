// Larder's definitions out of a Feast registry, and what could not be carried over.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "feast/feast_registry.h"

namespace larder {

/// Tells of one object what became of it otherwise than its owner may expect.
struct FeastNote {
  std::string object;  ///< "feature view 'x'"
  std::string text;
  bool is_left_out = false;  ///< the object is not among the definitions
};

/// Holds definitions as one file.
struct FeastDefinitions {
  std::string yaml;  ///< reads back without faults (`ParseDefinitions`); comments hold the notes
  std::vector<FeastNote> notes;
  int object_count = 0;
};

/// Carries one project of a registry over; `project` may be empty when there is only one. What Larder has no like of,
/// and what needs such a thing, is left out with a note. Fails with kUsage when the project must be named,
/// kUnknownObject when it is not in the registry.
Result<FeastDefinitions> ConvertFeastRegistry(const FeastRegistry& registry, const std::string& project);

}  // namespace larder
