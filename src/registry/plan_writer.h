// A plan into the tables of the registry.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "registry/apply_plan.h"
#include "registry/sqlite_file.h"

namespace larder {

/// Writes every effect of the plan inside the write transaction that is open. The caller has checked the revision.
Status WritePlan(SqliteFile& file, const ApplyPlan& plan, const std::string& author, std::int64_t time_us);

}  // namespace larder
