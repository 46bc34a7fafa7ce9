#include "registry/registry_schema.h"

#include <string>

namespace larder {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL,
  push_sequence INTEGER NOT NULL,
  identity TEXT NOT NULL
) STRICT;
INSERT INTO meta VALUES (1, 0, 0, lower(hex(randomblob(16))));

CREATE TABLE objects (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  current_version INTEGER,
  last_version INTEGER NOT NULL CHECK (last_version >= 1),
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE versions (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  canonical_text TEXT NOT NULL,
  whole_fingerprint TEXT NOT NULL,
  semantic_fingerprint TEXT NOT NULL,
  time_us INTEGER NOT NULL,
  author TEXT NOT NULL,
  generation INTEGER,
  PRIMARY KEY (kind, name, version),
  FOREIGN KEY (kind, name) REFERENCES objects
) STRICT, WITHOUT ROWID;

CREATE TABLE pins (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  needed_kind TEXT NOT NULL,
  needed_name TEXT NOT NULL,
  needed_version INTEGER NOT NULL,
  is_fixed INTEGER NOT NULL CHECK (is_fixed IN (0, 1)),
  PRIMARY KEY (kind, name, version, needed_kind, needed_name, needed_version, is_fixed),
  FOREIGN KEY (kind, name, version) REFERENCES versions,
  FOREIGN KEY (needed_kind, needed_name, needed_version) REFERENCES versions (kind, name, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE generations (
  view TEXT NOT NULL,
  generation INTEGER NOT NULL CHECK (generation >= 1),
  state TEXT NOT NULL CHECK (state IN ('current', 'kept', 'dropped', 'cleared')),
  PRIMARY KEY (view, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
  sequence INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  action TEXT NOT NULL,
  time_us INTEGER NOT NULL,
  author TEXT NOT NULL,
  FOREIGN KEY (kind, name, version) REFERENCES versions
) STRICT;
CREATE INDEX history_of_object ON history (kind, name);

CREATE TABLE column_types (
  source TEXT NOT NULL,
  reading_fingerprint TEXT NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  PRIMARY KEY (source, reading_fingerprint, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE marks (
  view TEXT NOT NULL,
  generation INTEGER NOT NULL,
  version INTEGER NOT NULL,
  features TEXT NOT NULL,
  watermark_us INTEGER,
  from_us INTEGER NOT NULL,
  to_us INTEGER NOT NULL,
  finished_us INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  PRIMARY KEY (view, generation),
  FOREIGN KEY (view, generation) REFERENCES generations
) STRICT, WITHOUT ROWID;

CREATE TABLE mark_files (
  view TEXT NOT NULL,
  generation INTEGER NOT NULL,
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  PRIMARY KEY (view, generation, path),
  FOREIGN KEY (view, generation) REFERENCES marks ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
)sql";

Result<std::int64_t> Number(SqliteFile& file, std::string_view query) {
  LARDER_ASSIGN_OR_RETURN(SqliteStatement statement, SqliteStatement::Prepare(file, query));
  LARDER_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
  return has_row ? statement.Integer(0) : 0;
}

// What a file says of itself.
struct FileIdentity {
  std::int64_t application_id = 0;
  std::int64_t format_version = 0;
  std::int64_t table_count = 0;

  bool is_new() const { return application_id == 0 && format_version == 0 && table_count == 0; }
};

// Called inside a transaction: between two reads another process may make the file.
Result<FileIdentity> ReadIdentity(SqliteFile& file) {
  FileIdentity identity;
  LARDER_ASSIGN_OR_RETURN(identity.application_id, Number(file, "PRAGMA application_id"));
  LARDER_ASSIGN_OR_RETURN(identity.format_version, Number(file, "PRAGMA user_version"));
  LARDER_ASSIGN_OR_RETURN(identity.table_count, Number(file, "SELECT count(*) FROM sqlite_schema"));
  return identity;
}

Status CheckFile(const SqliteFile& file, const FileIdentity& identity) {
  const auto [application_id, format_version, table_count] = identity;
  if (application_id != kRegistryApplicationId) {
    return Status(Reason::kDamaged, "not a registry of Larder: " + file.path(),
                  "correct `registry: path` in larder.yaml, or move the file away");
  }
  if (format_version > kRegistryFormatVersion) {
    return Status(Reason::kNewerFormat,
                  "a registry of a newer Larder: " + file.path() + ": format " + std::to_string(format_version) +
                      ", this program reads up to " + std::to_string(kRegistryFormatVersion),
                  "install the Larder that wrote it, or a newer one");
  }
  if (format_version < 1) {
    return Status(Reason::kDamaged, "a registry without a format version: " + file.path(), "restore it from a backup");
  }
  return Status();
}

}  // namespace

Status PrepareRegistryFile(SqliteFile& file) {
  {
    LARDER_ASSIGN_OR_RETURN(SqliteTransaction reading, SqliteTransaction::Begin(file, SqliteTransaction::Kind::kRead));
    LARDER_ASSIGN_OR_RETURN(const FileIdentity identity, ReadIdentity(file));
    LARDER_RETURN_IF_ERROR(reading.Commit());
    if (!identity.is_new()) return CheckFile(file, identity);
  }
  // New, or being made by another process just now: whoever gets the right to write first makes it.
  LARDER_ASSIGN_OR_RETURN(SqliteTransaction transaction,
                          SqliteTransaction::Begin(file, SqliteTransaction::Kind::kWrite));
  LARDER_ASSIGN_OR_RETURN(const FileIdentity now, ReadIdentity(file));
  if (!now.is_new()) return CheckFile(file, now);
  LARDER_RETURN_IF_ERROR(file.Execute(kTables));
  const std::string identity = "PRAGMA application_id = " + std::to_string(kRegistryApplicationId) +
                               "; PRAGMA user_version = " + std::to_string(kRegistryFormatVersion);
  LARDER_RETURN_IF_ERROR(file.Execute(identity.c_str()));
  return transaction.Commit();
}

}  // namespace larder
