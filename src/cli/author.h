// Who runs the program.
#pragma once

#include <string>

namespace larder {

/// Returns the name of the user who runs the program, for the registry's records; "unknown" when the system has none.
std::string Author();

}  // namespace larder
