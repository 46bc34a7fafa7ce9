// Failures as Feast's SDK understands them: it turns them into exceptions of its own.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace larder {

/// Returns whether a request's body was made by Feast's SDK (0.67): it holds a member that nobody else has a use for.
bool IsFromFeast(std::string_view body);

/// Returns a body that makes the SDK raise the exception of Feast that fits the reason, with our message and hint: a JSON
/// string that holds an object of `module`, `class` and `message`, and beside them our own `error`.
std::string FeastErrorBody(const Status& status);

}  // namespace larder
