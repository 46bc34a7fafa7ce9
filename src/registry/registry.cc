#include "registry/registry.h"

#include <algorithm>

#include "definitions/lineage.h"
#include "registry/plan_writer.h"
#include "registry/registry_schema.h"
#include "registry/snapshot_loader.h"
#include "registry/sqlite_file.h"

namespace larder {
namespace {

using Kind = SqliteTransaction::Kind;

// Feature names hold no commas.
std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> names;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    names.push_back(text.substr(start, comma - start));
    start = comma + 1;
  }
  return names;
}

Status BumpRevision(SqliteFile& file) { return file.Execute("UPDATE meta SET revision = revision + 1 WHERE id = 1"); }

Status WriteColumnTypes(SqliteFile& file, const ApplyContext::RecordedTypes& types) {
  LARDER_ASSIGN_OR_RETURN(
      SqliteStatement forget,
      SqliteStatement::Prepare(file, "DELETE FROM column_types WHERE source = ? AND reading_fingerprint = ?"));
  LARDER_RETURN_IF_ERROR(forget.Bind(types.source).Bind(types.reading_fingerprint).Run());
  LARDER_ASSIGN_OR_RETURN(SqliteStatement insert,
                          SqliteStatement::Prepare(file, "INSERT INTO column_types VALUES (?, ?, ?, ?, ?)"));
  std::int64_t position = 0;
  for (const ColumnType& column : types.columns) {
    insert.Bind(types.source).Bind(types.reading_fingerprint).Bind(position++);
    LARDER_RETURN_IF_ERROR(insert.Bind(column.name).Bind(TypeName(column.type)).Run());
  }
  return Status();
}

Result<std::vector<FileStamp>> ReadMarkFiles(SqliteFile& file, const std::string& view, std::int64_t generation) {
  LARDER_ASSIGN_OR_RETURN(SqliteStatement rows,
                          SqliteStatement::Prepare(file,
                                                   "SELECT path, size_bytes, modified_ns FROM mark_files WHERE view = "
                                                   "? AND generation = ? ORDER BY path"));
  rows.Bind(view).Bind(generation);
  std::vector<FileStamp> stamps;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const bool has_row, rows.Step());
    if (!has_row) return stamps;
    stamps.push_back({rows.Text(0), rows.Integer(1), rows.Integer(2)});
  }
}

Status WriteMark(SqliteFile& file, const MaterializationMark& mark) {
  LARDER_ASSIGN_OR_RETURN(SqliteStatement insert,
                          SqliteStatement::Prepare(file, "INSERT INTO marks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.Bind(mark.view).Bind(mark.generation).Bind(mark.version).Bind(Joined(mark.features));
  insert.Bind(mark.watermark_us).Bind(mark.from_us).Bind(mark.to_us);
  LARDER_RETURN_IF_ERROR(insert.Bind(mark.finished_us).Bind(mark.row_count).Run());
  LARDER_ASSIGN_OR_RETURN(SqliteStatement files,
                          SqliteStatement::Prepare(file, "INSERT INTO mark_files VALUES (?, ?, ?, ?, ?)"));
  for (const FileStamp& stamp : mark.files) {
    files.Bind(mark.view).Bind(mark.generation).Bind(stamp.path);
    LARDER_RETURN_IF_ERROR(files.Bind(stamp.size_bytes).Bind(stamp.modified_ns).Run());
  }
  return Status();
}

Status DeleteMark(SqliteFile& file, const std::string& view, std::int64_t generation) {
  LARDER_ASSIGN_OR_RETURN(SqliteStatement forget,
                          SqliteStatement::Prepare(file, "DELETE FROM marks WHERE view = ? AND generation = ?"));
  return forget.Bind(view).Bind(generation).Run();
}

Result<std::string> ReadState(SqliteFile& file, const std::string& view, std::int64_t generation) {
  LARDER_ASSIGN_OR_RETURN(
      SqliteStatement row,
      SqliteStatement::Prepare(file, "SELECT state FROM generations WHERE view = ? AND generation = ?"));
  LARDER_ASSIGN_OR_RETURN(const bool has_row, row.Bind(view).Bind(generation).Step());
  return has_row ? row.Text(0) : std::string();
}

Status InUse(const ObjectId& id, const std::vector<ObjectId>& users) {
  std::string text;
  for (const ObjectId& user : users) text += (text.empty() ? "" : ", ") + ObjectTitle(user);
  return Status(Reason::kObjectInUse, "cannot delete " + ObjectTitle(id) + ": it is needed by " + text,
                "delete those first, or remove the references to it");
}

}  // namespace

class Registry::Connection {
 public:
  explicit Connection(std::unique_ptr<SqliteFile> opened) : file(std::move(opened)) {}
  const std::unique_ptr<SqliteFile> file;
};

Registry::Registry(std::unique_ptr<Connection> connection, const Clock& clock)
    : connection_(std::move(connection)), clock_(clock) {}

Registry::~Registry() = default;

Result<std::unique_ptr<Registry>> Registry::Open(const Options& options, const Clock& clock) {
  LARDER_ASSIGN_OR_RETURN(auto file, SqliteFile::Open({options.path, options.create, options.busy_timeout_ms}));
  LARDER_RETURN_IF_ERROR(PrepareRegistryFile(*file));
  return std::unique_ptr<Registry>(new Registry(std::make_unique<Connection>(std::move(file)), clock));
}

Result<std::int64_t> Registry::Revision() { return LoadRevision(*connection_->file); }

Result<std::shared_ptr<const RegistrySnapshot>> Registry::Load() {
  LARDER_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*connection_->file, Kind::kRead));
  LARDER_ASSIGN_OR_RETURN(auto snapshot, LoadSnapshot(*connection_->file));
  LARDER_RETURN_IF_ERROR(transaction.Commit());
  return snapshot;
}

Result<std::int64_t> Registry::Apply(const ApplyPlan& plan, const ApplyContext& context) {
  SqliteFile& file = *connection_->file;
  if (plan.empty() && context.recorded_types.empty()) return plan.revision;
  LARDER_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(file, Kind::kWrite));
  LARDER_ASSIGN_OR_RETURN(const std::int64_t revision, LoadRevision(file));
  if (revision != plan.revision) {
    return Status(Reason::kConflict,
                  "the registry was changed since the plan was made: revision " + std::to_string(plan.revision) +
                      " -> " + std::to_string(revision),
                  "plan again, then apply");
  }
  LARDER_RETURN_IF_ERROR(WritePlan(file, plan, context.author, clock_.NowUs()));
  for (const ApplyContext::RecordedTypes& types : context.recorded_types) {
    LARDER_RETURN_IF_ERROR(WriteColumnTypes(file, types));
  }
  LARDER_RETURN_IF_ERROR(BumpRevision(file));
  LARDER_RETURN_IF_ERROR(transaction.Commit());
  return revision + 1;
}

Status Registry::DeleteObject(const ObjectId& id, const std::string& author) {
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, Load());
  LARDER_RETURN_IF_ERROR(snapshot->Current(id).status());
  const std::vector<ObjectId> users = Lineage(snapshot->current()).DirectlyNeededBy(id);
  if (!users.empty()) return InUse(id, users);
  std::vector<DefinedObject> rest;
  for (DefinedObject& object : snapshot->current().Objects()) {
    if (IdOf(object) != id) rest.push_back(std::move(object));
  }
  LARDER_ASSIGN_OR_RETURN(const ApplyPlan plan, PlanChanges(*snapshot, DefinitionSet::MakeUnchecked(std::move(rest))));
  return Apply(plan, {author, {}}).status();
}

Result<std::vector<HistoryEntry>> Registry::Versions(const ObjectId& id) {
  LARDER_ASSIGN_OR_RETURN(
      SqliteStatement rows,
      SqliteStatement::Prepare(*connection_->file,
                               "SELECT h.action, h.version, h.time_us, h.author, v.semantic_fingerprint, "
                               "o.current_version FROM history h JOIN versions v USING (kind, name, version) "
                               "JOIN objects o USING (kind, name) WHERE kind = ? AND name = ? ORDER BY sequence"));
  rows.Bind(KindName(id.kind)).Bind(id.name);
  std::vector<HistoryEntry> history;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const bool has_row, rows.Step());
    if (!has_row) break;
    HistoryEntry entry{id, rows.Text(0), rows.Integer(1), rows.Integer(2), rows.Text(3), false, rows.Text(4)};
    entry.is_current = rows.OptionalInteger(5) == entry.version;
    history.push_back(std::move(entry));
  }
  if (!history.empty()) return history;
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, Load());
  return snapshot->current().Find(id).status();
}

Status Registry::RecordColumnTypes(const ApplyContext::RecordedTypes& types) {
  SqliteFile& file = *connection_->file;
  LARDER_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(file, Kind::kWrite));
  LARDER_RETURN_IF_ERROR(WriteColumnTypes(file, types));
  LARDER_RETURN_IF_ERROR(BumpRevision(file));
  return transaction.Commit();
}

Result<std::optional<MaterializationMark>> Registry::Mark(const std::string& view, std::int64_t generation) {
  SqliteFile& file = *connection_->file;
  LARDER_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(file, Kind::kRead));
  MaterializationMark mark;
  mark.view = view;
  mark.generation = generation;
  {
    LARDER_ASSIGN_OR_RETURN(SqliteStatement row,
                            SqliteStatement::Prepare(file,
                                                     "SELECT version, features, watermark_us, from_us, to_us, "
                                                     "finished_us, row_count FROM marks WHERE view = ? AND "
                                                     "generation = ?"));
    LARDER_ASSIGN_OR_RETURN(const bool has_row, row.Bind(view).Bind(generation).Step());
    if (!has_row) return std::optional<MaterializationMark>();
    mark.version = row.Integer(0);
    mark.features = Split(row.Text(1));
    mark.watermark_us = row.OptionalInteger(2);
    mark.from_us = row.Integer(3);
    mark.to_us = row.Integer(4);
    mark.finished_us = row.Integer(5);
    mark.row_count = row.Integer(6);
  }
  LARDER_ASSIGN_OR_RETURN(mark.files, ReadMarkFiles(file, view, generation));
  LARDER_RETURN_IF_ERROR(transaction.Commit());
  return std::optional<MaterializationMark>(std::move(mark));
}

Status Registry::SetMark(const MaterializationMark& mark) {
  SqliteFile& file = *connection_->file;
  LARDER_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(file, Kind::kWrite));
  LARDER_ASSIGN_OR_RETURN(const std::string state, ReadState(file, mark.view, mark.generation));
  if (state != "current" && state != "kept") {
    return Status(Reason::kConflict,
                  "generation " + std::to_string(mark.generation) + " of view '" + mark.view +
                      "' was dropped while it was materialized",
                  "materialize the view again");
  }
  LARDER_RETURN_IF_ERROR(DeleteMark(file, mark.view, mark.generation));
  LARDER_RETURN_IF_ERROR(WriteMark(file, mark));
  return transaction.Commit();
}

Status Registry::ClearGeneration(const std::string& view, std::int64_t generation) {
  SqliteFile& file = *connection_->file;
  LARDER_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(file, Kind::kWrite));
  LARDER_ASSIGN_OR_RETURN(const std::string state, ReadState(file, view, generation));
  if (state == "cleared") return Status();
  if (state != "dropped") {
    return Status(Reason::kConflict,
                  "generation " + std::to_string(generation) + " of view '" + view + "' is not dropped");
  }
  LARDER_RETURN_IF_ERROR(DeleteMark(file, view, generation));
  LARDER_ASSIGN_OR_RETURN(
      SqliteStatement update,
      SqliteStatement::Prepare(file, "UPDATE generations SET state = 'cleared' WHERE view = ? AND generation = ?"));
  LARDER_RETURN_IF_ERROR(update.Bind(view).Bind(generation).Run());
  LARDER_RETURN_IF_ERROR(BumpRevision(file));
  return transaction.Commit();
}

Result<std::int64_t> Registry::NextPushSequence() {
  SqliteFile& file = *connection_->file;
  LARDER_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(file, Kind::kWrite));
  LARDER_RETURN_IF_ERROR(file.Execute("UPDATE meta SET push_sequence = push_sequence + 1 WHERE id = 1"));
  std::int64_t sequence = 0;
  {
    LARDER_ASSIGN_OR_RETURN(SqliteStatement row,
                            SqliteStatement::Prepare(file, "SELECT push_sequence FROM meta WHERE id = 1"));
    LARDER_ASSIGN_OR_RETURN(const bool has_row, row.Step());
    if (!has_row) return DamagedRegistry(file, "it has no push sequence");
    sequence = row.Integer(0);
  }
  LARDER_RETURN_IF_ERROR(transaction.Commit());
  return sequence;
}

}  // namespace larder
