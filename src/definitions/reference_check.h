// Objects of one set against one another: names, references, circles, types of expressions.
#pragma once

#include <set>
#include <vector>

#include "base/status.h"
#include "definitions/definition_set.h"
#include "yaml/fault_list.h"

namespace larder {

/// Makes a fault of each object whose name another one of its kind has; a plain and an on-demand view are one kind
/// here, because references do not tell them apart.
void CheckUniqueNames(const std::vector<DefinedObject>& objects, FaultList& faults);

/// Makes a fault of each reference to what does not exist, each circle of on-demand views, each clash of names, and
/// each on-demand expression whose type does not fit. Objects in `incomplete` have faults already: what depends on
/// their types is not judged.
void CheckReferences(const DefinitionSet& set, const std::set<ObjectId>& incomplete, FaultList& faults);

/// Returns the faults as kInvalidDefinition; the message counts them.
Status DefinitionFaults(FaultList& faults);

}  // namespace larder
