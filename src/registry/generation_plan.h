// Which stored rows a plan starts, keeps and drops.
#pragma once

#include "definitions/definition_set.h"
#include "registry/apply_plan.h"
#include "registry/registry_snapshot.h"

namespace larder {

/// Adds to a plan whose changes are complete the generations of new view versions, and what becomes of older ones: kept
/// while a current service or on-demand view uses a version of it, else dropped. A version that is used again after its
/// generation was dropped starts a new one.
void PlanGenerations(const RegistrySnapshot& snapshot, const DefinitionSet& desired, ApplyPlan& plan);

}  // namespace larder
