// Time zones that came with the program, for machines that have none.
#pragma once

#include <optional>
#include <string>

namespace larder {

/// Returns the folder share/zoneinfo of the installation that the program at `program_path` (PREFIX/bin/NAME) belongs
/// to; nullopt when there is none, as in a build tree.
std::optional<std::string> BundledTimeZones(const std::string& program_path);

/// Makes the process read time zones from its own installation's folder if there is one: sets TZDIR unless the
/// environment already does. Must be called before other threads start.
void UseBundledTimeZones();

}  // namespace larder
