// A failure as the user reads it.
#pragma once

#include <string>

#include "base/status.h"

namespace larder {

/// Returns a failure as lines for stderr: "error: ...", its faults with their places, "hint: ..."; with `json` the body
/// of an HTTP error and a line feed.
std::string FailureText(const Status& status, bool json);

}  // namespace larder
