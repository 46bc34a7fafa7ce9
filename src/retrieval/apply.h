// Makes the registry equal to the definition files of a project.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "registry/apply_plan.h"
#include "registry/registry.h"
#include "retrieval/project.h"

namespace larder {

/// Holds what an apply would change, and what is recorded with it.
struct PlannedApply {
  ApplyPlan plan;
  ApplyContext context;
};

/// Reads and checks all definition files, compares them with the registry. Nothing is written. Fails with
/// kInvalidDefinition and every fault of all files, those against the files of sources included.
Result<PlannedApply> PlanApply(Project& project, const std::string& author);

/// Carries a plan out, all or nothing; returns the registry's new revision. Fails with kConflict when another apply
/// came between.
Result<std::int64_t> CarryOut(Project& project, const PlannedApply& planned);

/// Deletes one object of the registry. Fails with kObjectInUse while a definition file holds it or another object needs
/// it, kUnknownObject.
Status DeleteObject(Project& project, const ObjectId& id, const std::string& author);

}  // namespace larder
