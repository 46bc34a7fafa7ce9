// What the registry held at one moment: current objects, their versions, pins and generations.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "definitions/definition_set.h"
#include "definitions/source_check.h"

namespace larder {

/// Names the states of a generation, in the order in which it goes through them.
enum class GenerationState : std::uint8_t {
  kCurrent,  ///< of the view's current version
  kKept,     ///< of an older version that a current service or on-demand view pins; still materialized
  kDropped,  ///< its stored rows may go
  kCleared,  ///< its stored rows are gone
};

/// Returns "current", "kept", "dropped" or "cleared".
std::string_view GenerationStateName(GenerationState state);

/// Names the stored rows of a view. Numbers count from 1 per view and are never used again.
struct Generation {
  std::string view;
  std::int64_t number = 0;
  GenerationState state = GenerationState::kCurrent;
  std::vector<std::int64_t> versions;  ///< of the view, ascending, at least one
};

/// Names a version of an object.
struct VersionId {
  ObjectId id;
  std::int64_t version = 0;

  friend auto operator<=>(const VersionId&, const VersionId&) = default;
  friend bool operator==(const VersionId&, const VersionId&) = default;
};

/// Holds one version of an object as the registry keeps it. Immutable.
struct VersionRecord {
  VersionId id;
  DefinedObject object;
  std::string canonical_text;
  std::string whole_fingerprint;
  std::string semantic_fingerprint;
  std::int64_t time_us = 0;  ///< when it was applied
  std::string author;
  std::vector<VersionId> pins;   ///< the versions of what it names without one; sorted
  std::vector<VersionId> fixed;  ///< the versions that it names itself (`view@2`); sorted
  std::int64_t generation = 0;   ///< of a plain view; else 0

  /// Returns the pinned version of a needed object, if it is pinned.
  std::optional<std::int64_t> PinOf(const ObjectId& id) const;
};

/// Holds a plain view with the versions of its entities and source that belong to it.
struct ResolvedView {
  std::shared_ptr<const FeatureView> view;
  std::int64_t version = 0;
  std::int64_t generation = 0;
  std::shared_ptr<const Source> source;
  std::vector<std::shared_ptr<const Entity>> entities;  ///< in the order of the view
};

/// Holds an on-demand view; `inputs` says which version of each of its inputs it uses, in their order.
struct ResolvedOnDemandView {
  std::shared_ptr<const OnDemandView> view;
  std::int64_t version = 0;
  std::vector<VersionId> inputs;
};

/// Holds a service; `views` says which version of which view each of its entries uses, in their order.
struct ResolvedService {
  std::shared_ptr<const FeatureService> service;
  std::int64_t version = 0;
  std::vector<VersionId> views;
};

/// Returns the name and version of each view that a service or on-demand view uses, in the order of its entries or
/// inputs: the version that is written, else the pinned one (left out when there is none).
/// Returns the pins of a record of another kind.
std::vector<VersionId> UsedVersions(const VersionRecord& record);

/// Holds everything definitions say at one revision of the registry. Immutable; safe to share between threads.
class RegistrySnapshot {
 public:
  /// Holds what a snapshot is made of.
  struct Content {
    std::int64_t revision = 0;
    std::string identity = {};  ///< of the registry, by chance at its making; empty: there is no registry yet
    std::map<VersionId, std::shared_ptr<const VersionRecord>> versions;
    std::map<ObjectId, std::int64_t> current;        ///< version of each object that is not deleted
    std::map<ObjectId, std::int64_t> last_versions;  ///< greatest version ever given, of deleted objects too
    std::vector<Generation> generations;             ///< by view and number
    /// (source, reading fingerprint) -> recorded column types
    std::map<std::pair<std::string, std::string>, std::vector<ColumnType>> column_types;
  };
  explicit RegistrySnapshot(Content content);

  std::int64_t revision() const { return content_.revision; }
  /// Returns what tells this registry from every other one: generations of equal names are not of equal content.
  const std::string& identity() const { return content_.identity; }
  /// Returns the current objects as one set.
  const DefinitionSet& current() const { return current_; }

  /// Returns the current version of an object. Fails with kUnknownObject and the nearest name as the hint.
  Result<std::shared_ptr<const VersionRecord>> Current(const ObjectId& id) const;
  /// Returns this version of an object that exists now (not deleted). Fails with kUnknownObject, kUnknownVersion; the
  /// hint names the versions there are.
  Result<std::shared_ptr<const VersionRecord>> Find(const ObjectId& id, std::int64_t version) const;
  /// Returns a version whether or not its object was deleted since, or nullptr.
  std::shared_ptr<const VersionRecord> FindAny(const VersionId& id) const;
  /// Returns the greatest version number ever given to `id`, 0 when it never was.
  std::int64_t LastVersion(const ObjectId& id) const;

  /// Tells whether `name` is a plain or an on-demand view. Fails with kUnknownObject, the nearest of both as the hint.
  Result<ObjectKind> ViewKind(std::string_view name) const;
  /// Return a view or service with what belongs to its version; nullopt: the current version. Fail as Find does.
  Result<ResolvedView> ResolveView(std::string_view name, std::optional<std::int64_t> version) const;
  Result<ResolvedOnDemandView> ResolveOnDemandView(std::string_view name, std::optional<std::int64_t> version) const;
  Result<ResolvedService> ResolveService(std::string_view name) const;

  /// Returns all generations, by view and number.
  const std::vector<Generation>& generations() const { return content_.generations; }
  /// Returns the generation of a view, or nullptr.
  const Generation* FindGeneration(std::string_view view, std::int64_t number) const;
  /// Returns what is materialized: for every plain view that is online, its current and its kept generations, by view
  /// and generation. `view` is the newest version in use of the generation (`version` is its number), and has at its
  /// end the features that only older versions in use have; they fit, as a generation never has two types of a feature.
  std::vector<ResolvedView> MaterializedViews() const;

  /// Returns every version that a current object is or uses, directly or through others, with the current objects that
  /// use it (without itself).
  std::map<VersionId, std::set<ObjectId>> VersionsInUse() const;

  /// Returns the column types recorded for reading this source, or nullptr.
  const std::vector<ColumnType>* RecordedTypes(const Source& source) const;

  const Content& content() const { return content_; }

 private:
  Result<ResolvedView> ResolveRecord(const VersionRecord& record) const;

  Content content_;
  DefinitionSet current_;
};

}  // namespace larder
