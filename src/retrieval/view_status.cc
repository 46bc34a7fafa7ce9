#include "retrieval/view_status.h"

#include <algorithm>

namespace larder {

Result<std::vector<GenerationStatus>> GetViewStatus(Project& project, OnlineTables& tables, const std::string& view) {
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project.Snapshot());
  LARDER_RETURN_IF_ERROR(snapshot->current().FindFeatureView(view).status());
  const std::vector<TableStatistics> stored = tables.store().Tables();
  std::vector<GenerationStatus> result;
  for (const Generation& generation : snapshot->generations()) {
    if (generation.view != view || generation.state == GenerationState::kCleared) continue;
    GenerationStatus status{view, generation.number, generation.state, generation.versions, 0, std::nullopt, {}};
    const TableName name{view, generation.number};
    const auto found =
        std::find_if(stored.begin(), stored.end(), [&](const TableStatistics& table) { return table.name == name; });
    if (found != stored.end()) {
      status.rows_online = found->row_count;
      status.newest_event_us = found->newest_event_time_us;
    }
    LARDER_ASSIGN_OR_RETURN(
        status.mark, project.WithRegistry([&](Registry& registry) { return registry.Mark(view, generation.number); }));
    result.push_back(std::move(status));
  }
  return result;
}

}  // namespace larder
