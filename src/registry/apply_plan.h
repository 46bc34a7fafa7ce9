// What an apply would change: a value that can be shown, and carried out later or never.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "registry/registry_snapshot.h"

namespace larder {

/// Names what a plan does to an object.
enum class PlannedAction : std::uint8_t {
  kCreate,
  kChange,
  kPinAgain,      ///< unchanged itself; a new version because something it needs has one
  kMetadataOnly,  ///< description, owner or tags: recorded without a new version
  kDelete,
};

/// Returns "create", "change", "pin_again", "metadata" or "delete".
std::string_view PlannedActionName(PlannedAction action);

/// Says what happens to one object.
struct PlannedChange {
  PlannedAction action = PlannedAction::kCreate;
  ObjectId id;
  std::int64_t old_version = 0;      ///< 0: there is none
  std::int64_t new_version = 0;      ///< equal to old_version for metadata; 0 for delete
  std::vector<std::string> details;  ///< "ttl: 1d -> 7d", "view last_flight@2 -> last_flight@3"

  // What is written to the registry; empty for delete.
  std::string canonical_text;
  std::string whole_fingerprint;
  std::string semantic_fingerprint;
  std::vector<VersionId> pins;
  std::vector<VersionId> fixed;
};

/// Says which generation a new version of a plain view belongs to.
struct PlannedGeneration {
  std::string view;
  std::int64_t version = 0;
  std::int64_t generation = 0;
  GenerationState state = GenerationState::kCurrent;  ///< kCurrent, or kKept for an older version
  bool is_new = false;                                ///< answers NOT_FOUND until it is materialized
  bool must_materialize = false;                      ///< new, and the view is online
  std::vector<std::string> added;  ///< features without stored values until materialized, when not new
  std::string reason;              ///< why it is new, in words
};

/// Says what becomes of an older generation.
struct PlannedRetention {
  std::string view;
  std::int64_t generation = 0;
  GenerationState state = GenerationState::kKept;  ///< kKept or kDropped; differs from what it is now
  std::vector<VersionId> pinned_by;                ///< why it is kept
};

/// Holds every effect of making the registry equal to a set of definitions. Immutable once made.
struct ApplyPlan {
  std::int64_t revision = 0;                   ///< of the snapshot it was made from
  std::vector<PlannedChange> changes;          ///< deletions last; else in the order objects need one another
  std::vector<PlannedGeneration> generations;  ///< by view
  std::vector<PlannedRetention> retentions;    ///< by view and generation
  std::int64_t unchanged_count = 0;

  /// Tells whether applying it would write nothing.
  bool empty() const;
  /// Tells whether applying it deletes objects or stored rows.
  bool LosesSomething() const;
  /// Returns the plan as text of several lines for a person.
  std::string Text() const;
  /// Returns the plan as one JSON object.
  std::string Json() const;
};

}  // namespace larder
