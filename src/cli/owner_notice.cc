#include "cli/owner_notice.h"

#include <algorithm>

#include "base/counters.h"
#include "retrieval/online_tables.h"
#include "serving/api_session.h"

namespace larder {

Status TellOwnerOfApply(Project& project, const ApiCall& call) {
  LARDER_ASSIGN_OR_RETURN(const auto server, ApiSession::FindServer(project));
  if (server != nullptr) {
    return server->Call({"POST", "/reload", "", "{}"}, call).status();
  }
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project.Snapshot());
  const auto& generations = snapshot->generations();
  const bool drops = std::any_of(generations.begin(), generations.end(), [](const Generation& generation) {
    return generation.state == GenerationState::kDropped;
  });
  if (!drops) return {};
  Counters counters;
  LARDER_ASSIGN_OR_RETURN(const auto tables, OnlineTables::Open(project, counters));
  return tables->ClearDropped(project);
}

}  // namespace larder
