// Failures as programs read them: the JSON body that the server and `--json` give.
#pragma once

#include <string_view>

#include "base/status.h"
#include "tests/cases/case_driver.h"

namespace larder::cases {

/// Puts the reason, message, hint and faults of {"error": {...}} into `outcome`. Fails with kMalformedJson when the
/// text is something else or the reason is none of ours.
Status ReadFailureJson(std::string_view text, CaseOutcome& outcome);

}  // namespace larder::cases
