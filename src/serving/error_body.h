// A failure as JSON, and back.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace larder {

/// Returns the body of an HTTP error: {"error": {"code", "reason", "message", "hint", "faults"}}; hint and faults only
/// when there are any.
std::string ErrorBody(const Status& status);

/// Returns the failure that such a body tells. A body that is none gives kUnavailable with the HTTP status.
Status ParseErrorBody(int http_status, std::string_view body);

}  // namespace larder
