// References with a version, `view@2:feature`, against what that version was.
#pragma once

#include <cstdint>
#include <map>

#include "definitions/definition_set.h"
#include "registry/registry_snapshot.h"
#include "yaml/fault_list.h"

namespace larder {

/// Holds what versions are checked against.
struct VersionCheck {
  const RegistrySnapshot& snapshot;
  const DefinitionSet& desired;
  const std::map<ObjectId, std::int64_t>& versions;  ///< that the desired objects will have
};

/// Makes a fault of each reference in the desired services and on-demand views to a version, or to a feature or join
/// key of a version, that does not exist, and of each on-demand expression whose type does not fit such an input.
void CheckVersionReferences(const VersionCheck& check, FaultList& faults);

}  // namespace larder
