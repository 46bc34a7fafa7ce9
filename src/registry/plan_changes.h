// From the registry and a desired set of definitions to a plan.
#pragma once

#include "base/status.h"
#include "registry/apply_plan.h"
#include "registry/registry_snapshot.h"

namespace larder {

/// Compares the registry with the desired set. Fails with kInvalidDefinition and every fault when a reference names a
/// version, or a feature or join key of a version, that does not exist, or an on-demand expression does not fit such a
/// version. Cost: one comparison of texts per object.
Result<ApplyPlan> PlanChanges(const RegistrySnapshot& snapshot, const DefinitionSet& desired);

}  // namespace larder
