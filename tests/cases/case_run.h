// Runs a case: writes its files into a folder, hands its commands to a driver, checks what comes back.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "tests/cases/case_driver.h"
#include "tests/cases/case_file.h"

namespace larder::cases {

/// Runs every block in order in an empty folder that exists; a case without a configuration gets the shortest one.
/// Returns ok when everything was as the case says, else kInvalidData with the line of the block and the first
/// difference.
Status RunCase(const Case& to_run, const std::string& folder, CaseDriver& driver);

}  // namespace larder::cases
