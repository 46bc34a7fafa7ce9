// A project's online store, opened: tables of stored rows, and how the rows of each view version are laid out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counters.h"
#include "base/status.h"
#include "columnar/row_codec.h"
#include "online/online_store.h"
#include "registry/registry_snapshot.h"
#include "retrieval/project.h"
#include "sources/source_snapshot.h"

namespace larder {

/// Says which features stored rows have, and where they stand. Immutable.
struct StoredSchema {
  std::vector<Feature> features;
  std::shared_ptr<const RowLayout> layout;  ///< of the features, in their order

  /// Returns the place of a feature; nullopt when the rows lack it.
  std::optional<std::size_t> PlaceOf(std::string_view feature) const;
};

/// Holds the online store of a project while this process owns it. Rows of one generation of a view stand in one table;
/// their schema id is the version of the view that wrote them, so features may come and go without rewriting.
/// Thread-safe.
class OnlineTables {
 public:
  /// Opens (and makes) the store that larder.yaml names. kLocked when another process owns it;
  /// kConflict when it belongs to another registry.
  static Result<std::unique_ptr<OnlineTables>> Open(Project& project, Counters& counters);
  ~OnlineTables();

  OnlineStore& store() { return *store_; }
  Counters& counters() { return counters_; }

  /// Returns the table of a view's generation. Cheap after the first call.
  Result<std::shared_ptr<OnlineTable>> Table(const std::string& view, std::int64_t generation);

  /// Returns how rows are laid out whose header has this version of a view as schema id, and this number of columns:
  /// either the version's own features, or these and behind them those that only older versions of its generation have,
  /// newest version first, which a materialization writes while an older version is in use. kDamaged when the version
  /// is not known or has no rows of so many columns.
  Result<std::shared_ptr<const StoredSchema>> Schema(const RegistrySnapshot& snapshot, const VersionId& version,
                                                     std::size_t column_count);
  /// Returns the one of the two in which the rows of a view are stored that has the features of this version, and
  /// maybe some of older ones (RegistrySnapshot::MaterializedViews).
  Result<std::shared_ptr<const StoredSchema>> SchemaFor(const RegistrySnapshot& snapshot, const VersionId& version,
                                                        const FeatureView& view);

  /// Returns a snapshot of a source for the columns of pushed rows; taken once for a text of the source.
  Result<std::shared_ptr<SourceSnapshot>> PushSchema(Project& project, const RegistrySnapshot& snapshot,
                                                     const std::shared_ptr<const Source>& source);

  /// Held shared while events are pushed to window views, alone while a materialization looks at what there is: a push
  /// is wholly before or after it, in the files and in the store.
  std::shared_mutex& event_gate() { return event_gate_; }

  /// Drops the tables of generations that nothing needs any more, and says so in the registry. Called after an apply.
  Status ClearDropped(Project& project);

  /// Takes the right to materialize a view; kAlreadyRunning while another holds it.
  class MaterializationClaim;
  Result<MaterializationClaim> Claim(const std::string& view);

 private:
  OnlineTables(std::unique_ptr<OnlineStore> store, Counters& counters);

  std::unique_ptr<OnlineStore> store_;
  Counters& counters_;
  std::shared_mutex event_gate_;
  std::mutex mutex_;
  std::map<TableName, std::shared_ptr<OnlineTable>> tables_;
  std::map<std::pair<VersionId, std::size_t>, std::shared_ptr<const StoredSchema>> schemas_;  // of so many columns
  std::map<std::string, std::shared_ptr<SourceSnapshot>> push_schemas_;                       // by canonical text
  std::set<std::string> claimed_;
};

/// Holds the right to materialize one view, until it goes. Move-only.
class OnlineTables::MaterializationClaim {
 public:
  MaterializationClaim(OnlineTables& tables, std::string view) : tables_(&tables), view_(std::move(view)) {}
  MaterializationClaim(MaterializationClaim&& other) noexcept
      : tables_(std::exchange(other.tables_, nullptr)), view_(std::move(other.view_)) {}
  MaterializationClaim& operator=(MaterializationClaim&&) = delete;
  ~MaterializationClaim();

 private:
  OnlineTables* tables_;
  std::string view_;
};

}  // namespace larder
