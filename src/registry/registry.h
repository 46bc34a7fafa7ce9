// The registry: versioned definitions and materialization marks of a project in one SQLite file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "registry/apply_plan.h"
#include "registry/materialization_mark.h"
#include "registry/plan_changes.h"
#include "registry/registry_snapshot.h"

namespace larder {

/// Says who applies, and what is recorded together with it.
struct ApplyContext {
  std::string author;
  /// Column types that were inferred for sources of the plan and become the record.
  struct RecordedTypes {
    std::string source;
    std::string reading_fingerprint;  ///< ReadingFingerprint(source)
    std::vector<ColumnType> columns;
  };
  std::vector<RecordedTypes> recorded_types;
};

/// Tells one event in the life of an object.
struct HistoryEntry {
  ObjectId id;
  std::string action;        ///< "create", "change", "pin_again", "metadata" or "delete"
  std::int64_t version = 0;  ///< the version it made or, for metadata and delete, the current one
  std::int64_t time_us = 0;
  std::string author;
  bool is_current = false;  ///< this version is the current one of an object that exists
  std::string semantic_fingerprint;
};

/// Keeps definitions in a SQLite file (WAL, synchronous=FULL; docs/formats/registry.md). Every change is one
/// transaction: after a crash at any moment the file holds the old or the new state. Readers are never blocked by a
/// writer. Not thread-safe: one Registry per thread; any number of Registry objects and processes may have one file
/// open. Errors of every function: kLocked when another process holds the file for longer than the busy timeout,
/// kDamaged, kReadOnly, kPermissionDenied, kNoSpace, kIoError; each names the file and the remedy.
class Registry {
 public:
  struct Options {
    std::string path;    ///< absolute; its folder is made when it is not there
    bool create = true;  ///< false: a missing file is kFileNotFound
    int busy_timeout_ms = 5'000;
  };

  /// Opens the file, and makes it when it is not there. Fails with kNewerFormat for a file of a newer Larder, with
  /// kDamaged for one that is no registry.
  static Result<std::unique_ptr<Registry>> Open(const Options& options, const Clock& clock);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Returns a number that grows with every change of definitions, generations or recorded types (not of marks). Cheap:
  /// one row by key.
  Result<std::int64_t> Revision();

  /// Reads everything that definitions say, in one read transaction.
  Result<std::shared_ptr<const RegistrySnapshot>> Load();

  /// Carries a plan out, all or nothing; returns the new revision. An empty plan with nothing to record writes nothing.
  /// Fails with kConflict when the registry changed since the plan's snapshot.
  Result<std::int64_t> Apply(const ApplyPlan& plan, const ApplyContext& context);

  /// Deletes one object. Fails with kUnknownObject, and with kObjectInUse, naming those that need it, while another
  /// object needs it. That no definition file holds it is for the caller to check.
  Status DeleteObject(const ObjectId& id, const std::string& author);

  /// Returns the life of an object, oldest first, also of a deleted one. Fails with kUnknownObject.
  Result<std::vector<HistoryEntry>> Versions(const ObjectId& id);

  /// Records column types outside an apply.
  Status RecordColumnTypes(const ApplyContext::RecordedTypes& types);

  /// Returns the mark of a generation, nullopt when it was never materialized.
  Result<std::optional<MaterializationMark>> Mark(const std::string& view, std::int64_t generation);
  /// Writes or replaces the mark of a generation, with its files.
  Status SetMark(const MaterializationMark& mark);

  /// Says that the stored rows of a dropped generation are gone; removes its mark.
  Status ClearGeneration(const std::string& view, std::int64_t generation);

  /// Takes the next number of the push sequence, from 1; never the same twice, also across processes and crashes.
  Result<std::int64_t> NextPushSequence();

 private:
  class Connection;
  explicit Registry(std::unique_ptr<Connection> connection, const Clock& clock);

  std::unique_ptr<Connection> connection_;
  const Clock& clock_;
};

}  // namespace larder
