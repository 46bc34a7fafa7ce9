#include "retrieval/apply.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "definitions/canonical_text.h"
#include "definitions/definition_files.h"
#include "definitions/source_check.h"
#include "sources/file_columns.h"

namespace larder {
namespace {

using ColumnTypes = std::map<std::string, ValueType>;

std::map<std::string, ColumnTypes> RecordedTypes(const RegistrySnapshot& snapshot, const DefinitionSet& desired) {
  std::map<std::string, ColumnTypes> recorded;
  for (const auto& [name, source] : desired.sources()) {
    const auto* columns = snapshot.RecordedTypes(*source);
    if (columns == nullptr) continue;
    for (const ColumnType& column : *columns) recorded[name][column.name] = column.type;
  }
  return recorded;
}

// What becomes the record of a source: what was recorded, and what had to be guessed now.
std::vector<ApplyContext::RecordedTypes> TypesToRecord(const DefinitionSet& desired,
                                                       const std::map<std::string, ColumnTypes>& recorded,
                                                       const std::map<std::string, ColumnTypes>& guessed) {
  std::vector<ApplyContext::RecordedTypes> result;
  for (const auto& [name, types] : guessed) {
    if (types.empty()) continue;
    ColumnTypes all = types;
    if (const auto known = recorded.find(name); known != recorded.end()) {
      all.insert(known->second.begin(), known->second.end());
    }
    ApplyContext::RecordedTypes record{name, ReadingFingerprint(*desired.sources().at(name)), {}};
    for (const auto& [column, type] : all) record.columns.push_back({column, type});
    result.push_back(std::move(record));
  }
  return result;
}

}  // namespace

Result<PlannedApply> PlanApply(Project& project, const std::string& author) {
  LARDER_ASSIGN_OR_RETURN(const DefinitionSet desired,
                          ReadDefinitions(project.files(), project.config().root, project.config().definitions));
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project.Snapshot());
  const auto recorded = RecordedTypes(*snapshot, desired);
  const auto columns = NewFileColumns({project.files(), project.config().root, recorded, project.environment()});
  SourceCheck check = CheckAgainstSources(desired, *columns);
  if (!check.faults.empty()) {
    const std::size_t faults = check.faults.size();
    const std::string count = faults == 1 ? "1 fault" : std::to_string(faults) + " faults";
    return Status::FromFaults(Reason::kInvalidDefinition, count + " in the definitions", std::move(check.faults));
  }
  PlannedApply planned;
  LARDER_ASSIGN_OR_RETURN(planned.plan, PlanChanges(*snapshot, check.typed));
  planned.context.author = author;
  planned.context.recorded_types = TypesToRecord(desired, recorded, columns->guessed_csv_types());
  return planned;
}

Result<std::int64_t> CarryOut(Project& project, const PlannedApply& planned) {
  return project.WithRegistry([&](Registry& registry) { return registry.Apply(planned.plan, planned.context); });
}

Status DeleteObject(Project& project, const ObjectId& id, const std::string& author) {
  LARDER_ASSIGN_OR_RETURN(const DefinitionSet desired,
                          ReadDefinitions(project.files(), project.config().root, project.config().definitions));
  if (const auto held = desired.Find(id); held.ok()) {
    const Location& location = HeaderOf(*held).location;
    return Status(
        Reason::kObjectInUse,
        "a definition file holds " + ObjectTitle(id) + ": " + location.file + ":" + std::to_string(location.line),
        "remove it there and run larder apply");
  }
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, project.Snapshot());
  if (snapshot->revision() == 0) return snapshot->Current(id).status();  // what was never applied has no registry
  return project.WithRegistry([&](Registry& registry) { return registry.DeleteObject(id, author); });
}

}  // namespace larder
