// After an apply: the process that owns the online store hears of it.
#pragma once

#include "base/status.h"
#include "cli/command.h"
#include "retrieval/project.h"

namespace larder {

/// Makes a running server read the definitions again; without one, drops stored rows that nothing needs any more, if
/// there are any.
Status TellOwnerOfApply(const CommandContext& context, Project& project);

}  // namespace larder
