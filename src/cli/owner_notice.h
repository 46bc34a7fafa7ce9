// After an apply: the process that owns the online store hears of it.
#pragma once

#include "base/status.h"
#include "retrieval/project.h"
#include "serving/api.h"

namespace larder {

/// Makes a running server read the definitions again; without one, drops stored rows that nothing needs any more, if
/// there are any.
Status TellOwnerOfApply(Project& project, const ApiCall& call);

}  // namespace larder
