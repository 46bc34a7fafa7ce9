// The reference page of the functions, written from the table.
#pragma once

#include <string>

namespace larder {

/// Returns docs/reference/functions.md: rules of the language, then every function of the table by group.
std::string FunctionReference();

}  // namespace larder
