#include "registry/plan_writer.h"

namespace larder {
namespace {

/// Writes plans with statements that are prepared once.
class PlanWriter {
 public:
  PlanWriter(SqliteFile& file, const std::string& author, std::int64_t time_us)
      : file_(file), author_(author), time_us_(time_us) {}

  Status Write(const ApplyPlan& plan) {
    for (const PlannedChange& change : plan.changes) LARDER_RETURN_IF_ERROR(WriteChange(change));
    for (const PlannedRetention& retention : plan.retentions) {
      LARDER_RETURN_IF_ERROR(SetState(retention.view, retention.generation, retention.state));
    }
    for (const PlannedGeneration& planned : plan.generations) LARDER_RETURN_IF_ERROR(WriteGeneration(planned));
    return Status();
  }

 private:
  Status WriteChange(const PlannedChange& change) {
    const std::string kind(KindName(change.id.kind));
    switch (change.action) {
      case PlannedAction::kDelete: {
        LARDER_ASSIGN_OR_RETURN(
            SqliteStatement forget,
            SqliteStatement::Prepare(file_, "UPDATE objects SET current_version = NULL WHERE kind = ? AND name = ?"));
        LARDER_RETURN_IF_ERROR(forget.Bind(kind).Bind(change.id.name).Run());
        return WriteHistory(change, change.old_version);
      }
      case PlannedAction::kMetadataOnly: {
        LARDER_ASSIGN_OR_RETURN(SqliteStatement update,
                                SqliteStatement::Prepare(file_,
                                                         "UPDATE versions SET canonical_text = ?, whole_fingerprint "
                                                         "= ? WHERE kind = ? AND name = ? AND version = ?"));
        update.Bind(change.canonical_text).Bind(change.whole_fingerprint);
        LARDER_RETURN_IF_ERROR(update.Bind(kind).Bind(change.id.name).Bind(change.new_version).Run());
        return WriteHistory(change, change.new_version);
      }
      case PlannedAction::kCreate:
      case PlannedAction::kChange:
      case PlannedAction::kPinAgain:
        break;
    }
    LARDER_RETURN_IF_ERROR(WriteVersion(change, kind));
    return WriteHistory(change, change.new_version);
  }

  Status WriteVersion(const PlannedChange& change, const std::string& kind) {
    LARDER_ASSIGN_OR_RETURN(
        SqliteStatement object,
        SqliteStatement::Prepare(file_,
                                 "INSERT INTO objects (kind, name, current_version, last_version) VALUES (?1, ?2, ?3, "
                                 "?3) ON CONFLICT (kind, name) DO UPDATE SET current_version = ?3, last_version = ?3"));
    LARDER_RETURN_IF_ERROR(object.Bind(kind).Bind(change.id.name).Bind(change.new_version).Run());
    LARDER_ASSIGN_OR_RETURN(SqliteStatement version,
                            SqliteStatement::Prepare(file_,
                                                     "INSERT INTO versions (kind, name, version, canonical_text, "
                                                     "whole_fingerprint, semantic_fingerprint, time_us, author) "
                                                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    version.Bind(kind).Bind(change.id.name).Bind(change.new_version).Bind(change.canonical_text);
    version.Bind(change.whole_fingerprint).Bind(change.semantic_fingerprint);
    LARDER_RETURN_IF_ERROR(version.Bind(time_us_).Bind(author_).Run());
    LARDER_RETURN_IF_ERROR(WritePins(change, change.pins, 0));
    return WritePins(change, change.fixed, 1);
  }

  Status WritePins(const PlannedChange& change, const std::vector<VersionId>& pins, std::int64_t is_fixed) {
    LARDER_ASSIGN_OR_RETURN(SqliteStatement insert,
                            SqliteStatement::Prepare(file_, "INSERT INTO pins VALUES (?, ?, ?, ?, ?, ?, ?)"));
    for (const VersionId& pin : pins) {
      insert.Bind(KindName(change.id.kind)).Bind(change.id.name).Bind(change.new_version);
      insert.Bind(KindName(pin.id.kind)).Bind(pin.id.name).Bind(pin.version);
      LARDER_RETURN_IF_ERROR(insert.Bind(is_fixed).Run());
    }
    return Status();
  }

  Status WriteHistory(const PlannedChange& change, std::int64_t version) {
    LARDER_ASSIGN_OR_RETURN(SqliteStatement insert,
                            SqliteStatement::Prepare(file_,
                                                     "INSERT INTO history (kind, name, version, action, time_us, "
                                                     "author) VALUES (?, ?, ?, ?, ?, ?)"));
    insert.Bind(KindName(change.id.kind)).Bind(change.id.name).Bind(version);
    return insert.Bind(PlannedActionName(change.action)).Bind(time_us_).Bind(author_).Run();
  }

  Status SetState(const std::string& view, std::int64_t generation, GenerationState state) {
    LARDER_ASSIGN_OR_RETURN(
        SqliteStatement update,
        SqliteStatement::Prepare(file_, "UPDATE generations SET state = ? WHERE view = ? AND generation = ?"));
    return update.Bind(GenerationStateName(state)).Bind(view).Bind(generation).Run();
  }

  Status WriteGeneration(const PlannedGeneration& planned) {
    if (planned.is_new) {
      LARDER_ASSIGN_OR_RETURN(SqliteStatement insert,
                              SqliteStatement::Prepare(file_, "INSERT INTO generations VALUES (?, ?, ?)"));
      insert.Bind(planned.view).Bind(planned.generation);
      LARDER_RETURN_IF_ERROR(insert.Bind(GenerationStateName(planned.state)).Run());
    }
    LARDER_ASSIGN_OR_RETURN(
        SqliteStatement place,
        SqliteStatement::Prepare(
            file_, "UPDATE versions SET generation = ? WHERE kind = 'feature_view' AND name = ? AND version = ?"));
    return place.Bind(planned.generation).Bind(planned.view).Bind(planned.version).Run();
  }

  SqliteFile& file_;
  const std::string& author_;
  const std::int64_t time_us_;
};

}  // namespace

Status WritePlan(SqliteFile& file, const ApplyPlan& plan, const std::string& author, std::int64_t time_us) {
  return PlanWriter(file, author, time_us).Write(plan);
}

}  // namespace larder
