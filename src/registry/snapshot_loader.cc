#include "registry/snapshot_loader.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "definitions/canonical_text.h"

namespace larder {
namespace {

using Content = RegistrySnapshot::Content;

/// Gathers the rows of all tables.
class Loader {
 public:
  explicit Loader(SqliteFile& file) : file_(file) {}

  Result<Content> Load() {
    LARDER_ASSIGN_OR_RETURN(content_.revision, LoadRevision(file_));
    LARDER_RETURN_IF_ERROR(LoadIdentity());
    LARDER_RETURN_IF_ERROR(LoadObjects());
    LARDER_RETURN_IF_ERROR(LoadPins());
    LARDER_RETURN_IF_ERROR(LoadVersions());
    LARDER_RETURN_IF_ERROR(LoadGenerations());
    LARDER_RETURN_IF_ERROR(LoadColumnTypes());
    LARDER_RETURN_IF_ERROR(CheckCurrent());
    return std::move(content_);
  }

 private:
  Status LoadIdentity() {
    LARDER_ASSIGN_OR_RETURN(SqliteStatement row,
                            SqliteStatement::Prepare(file_, "SELECT identity FROM meta WHERE id = 1"));
    LARDER_ASSIGN_OR_RETURN(const bool has_row, row.Step());
    if (!has_row) return DamagedRegistry(file_, "it has no identity");
    content_.identity = row.Text(0);
    return Status();
  }

  Status LoadObjects() {
    LARDER_ASSIGN_OR_RETURN(
        SqliteStatement rows,
        SqliteStatement::Prepare(file_, "SELECT kind, name, current_version, last_version FROM objects"));
    while (true) {
      LARDER_ASSIGN_OR_RETURN(const bool has_row, rows.Step());
      if (!has_row) return Status();
      LARDER_ASSIGN_OR_RETURN(const ObjectId id, IdFrom(rows.Text(0), rows.Text(1)));
      if (const auto current = rows.OptionalInteger(2)) content_.current[id] = *current;
      content_.last_versions[id] = rows.Integer(3);
    }
  }

  Status LoadPins() {
    LARDER_ASSIGN_OR_RETURN(
        SqliteStatement rows,
        SqliteStatement::Prepare(file_,
                                 "SELECT kind, name, version, needed_kind, needed_name, needed_version, is_fixed "
                                 "FROM pins"));
    while (true) {
      LARDER_ASSIGN_OR_RETURN(const bool has_row, rows.Step());
      if (!has_row) break;
      LARDER_ASSIGN_OR_RETURN(const ObjectId id, IdFrom(rows.Text(0), rows.Text(1)));
      LARDER_ASSIGN_OR_RETURN(const ObjectId needed, IdFrom(rows.Text(3), rows.Text(4)));
      auto& pins = rows.Integer(6) != 0 ? fixed_ : pins_;
      pins[{id, rows.Integer(2)}].push_back({needed, rows.Integer(5)});
    }
    for (auto* pins : {&pins_, &fixed_}) {
      for (auto& [version, needed] : *pins) std::sort(needed.begin(), needed.end());
    }
    return Status();
  }

  Status LoadVersions() {
    LARDER_ASSIGN_OR_RETURN(
        SqliteStatement rows,
        SqliteStatement::Prepare(file_,
                                 "SELECT kind, name, version, canonical_text, whole_fingerprint, "
                                 "semantic_fingerprint, time_us, author, generation FROM versions"));
    while (true) {
      LARDER_ASSIGN_OR_RETURN(const bool has_row, rows.Step());
      if (!has_row) return Status();
      LARDER_RETURN_IF_ERROR(LoadVersion(rows));
    }
  }

  Status LoadVersion(const SqliteStatement& row) {
    LARDER_ASSIGN_OR_RETURN(const ObjectId id, IdFrom(row.Text(0), row.Text(1)));
    const VersionId version{id, row.Integer(2)};
    std::string text = row.Text(3);
    std::string fingerprint = row.Text(4);
    const std::string title = "version " + std::to_string(version.version) + " of " + ObjectTitle(id);
    if (FingerprintOfText(text) != fingerprint) {
      return DamagedRegistry(file_, "the text of " + title + " does not have its fingerprint");
    }
    const Result<DefinedObject> object = ParseCanonicalText(id.kind, text);
    if (!object.ok()) {
      return DamagedRegistry(file_, title + " cannot be read: " + std::string(object.status().message()));
    }
    content_.versions[version] = std::make_shared<const VersionRecord>(
        VersionRecord{version, *object, std::move(text), std::move(fingerprint), row.Text(5), row.Integer(6),
                      row.Text(7), pins_[version], fixed_[version], row.OptionalInteger(8).value_or(0)});
    return Status();
  }

  Status LoadGenerations() {
    LARDER_ASSIGN_OR_RETURN(
        SqliteStatement rows,
        SqliteStatement::Prepare(file_, "SELECT view, generation, state FROM generations ORDER BY view, generation"));
    while (true) {
      LARDER_ASSIGN_OR_RETURN(const bool has_row, rows.Step());
      if (!has_row) break;
      Generation generation{rows.Text(0), rows.Integer(1), GenerationState::kCurrent, {}};
      LARDER_ASSIGN_OR_RETURN(generation.state, StateFrom(rows.Text(2)));
      content_.generations.push_back(std::move(generation));
    }
    std::map<std::pair<std::string, std::int64_t>, Generation*> places;
    for (Generation& generation : content_.generations) places[{generation.view, generation.number}] = &generation;
    // Versions come in ascending order.
    for (const auto& [id, record] : content_.versions) {
      const auto place = places.find({id.id.name, record->generation});
      if (record->generation != 0 && place != places.end()) place->second->versions.push_back(id.version);
    }
    return Status();
  }

  Status LoadColumnTypes() {
    LARDER_ASSIGN_OR_RETURN(SqliteStatement rows,
                            SqliteStatement::Prepare(file_,
                                                     "SELECT source, reading_fingerprint, name, type FROM column_types "
                                                     "ORDER BY source, reading_fingerprint, position"));
    while (true) {
      LARDER_ASSIGN_OR_RETURN(const bool has_row, rows.Step());
      if (!has_row) return Status();
      const Result<ValueType> type = ParseTypeName(rows.Text(3));
      if (!type.ok()) return DamagedRegistry(file_, "an unknown column type: " + rows.Text(3));
      content_.column_types[{rows.Text(0), rows.Text(1)}].push_back({rows.Text(2), *type});
    }
  }

  Status CheckCurrent() const {
    for (const auto& [id, version] : content_.current) {
      if (!content_.versions.contains({id, version})) {
        return DamagedRegistry(file_, "the current version of " + ObjectTitle(id) + " is missing");
      }
    }
    return Status();
  }

  Result<ObjectId> IdFrom(const std::string& kind, std::string name) const {
    for (const ObjectKind known : kAllObjectKinds) {
      if (KindName(known) == kind) return ObjectId{known, std::move(name)};
    }
    return DamagedRegistry(file_, "an unknown kind of object: '" + kind + "'");
  }

  Result<GenerationState> StateFrom(const std::string& name) const {
    constexpr std::array kStates = {GenerationState::kCurrent, GenerationState::kKept, GenerationState::kDropped,
                                    GenerationState::kCleared};
    for (const GenerationState state : kStates) {
      if (GenerationStateName(state) == name) return state;
    }
    return DamagedRegistry(file_, "an unknown state of a generation: '" + name + "'");
  }

  SqliteFile& file_;
  Content content_;
  std::map<VersionId, std::vector<VersionId>> pins_;
  std::map<VersionId, std::vector<VersionId>> fixed_;
};

}  // namespace

Status DamagedRegistry(const SqliteFile& file, const std::string& problem) {
  return Status(Reason::kDamaged, "a damaged registry: " + file.path() + ": " + problem,
                "restore it from a backup; or move it away and `larder apply` again (versions start anew)");
}

Result<std::int64_t> LoadRevision(SqliteFile& file) {
  LARDER_ASSIGN_OR_RETURN(SqliteStatement row,
                          SqliteStatement::Prepare(file, "SELECT revision FROM meta WHERE id = 1"));
  LARDER_ASSIGN_OR_RETURN(const bool has_row, row.Step());
  if (!has_row) return DamagedRegistry(file, "it has no revision");
  return row.Integer(0);
}

Result<std::shared_ptr<const RegistrySnapshot>> LoadSnapshot(SqliteFile& file) {
  LARDER_ASSIGN_OR_RETURN(Content content, Loader(file).Load());
  return std::make_shared<const RegistrySnapshot>(std::move(content));
}

}  // namespace larder
