// A copy of a registry as it is at one moment.
#pragma once

#include <string>

#include "base/status.h"

namespace larder {

/// Writes the registry at `from` to the file `to`, which must not be there, as one transaction sees it; others read and
/// write it meanwhile. kFileNotFound when there is no registry, kDamaged, kNoSpace, kIoError. What it leaves after a
/// failure is no registry.
Status CopyRegistry(const std::string& from, const std::string& to);

}  // namespace larder
