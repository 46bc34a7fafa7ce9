// How a view stands online: rows, watermark, age.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "registry/registry.h"
#include "retrieval/online_tables.h"
#include "retrieval/project.h"

namespace larder {

/// Tells about one generation of a view.
struct GenerationStatus {
  std::string view;
  std::int64_t generation = 0;
  GenerationState state = GenerationState::kCurrent;
  std::vector<std::int64_t> versions;
  std::int64_t rows_online = 0;
  std::optional<std::int64_t> newest_event_us;  ///< of the rows online
  std::optional<MaterializationMark> mark;      ///< nullopt: never materialized
};

/// Returns the generations of a view that have stored rows or may have, by number. Fails with kUnknownObject.
Result<std::vector<GenerationStatus>> GetViewStatus(Project& project, OnlineTables& tables, const std::string& view);

}  // namespace larder
