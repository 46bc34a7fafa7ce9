// What every object of a project has in common: its kind, name, description, owner, tags and place.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "yaml/fault_list.h"

namespace larder {

/// Names the kinds of objects, in the order in which they need one another.
enum class ObjectKind : std::uint8_t { kEntity, kSource, kFeatureView, kOnDemandView, kFeatureService };

inline constexpr std::array kAllObjectKinds = {ObjectKind::kEntity, ObjectKind::kSource, ObjectKind::kFeatureView,
                                               ObjectKind::kOnDemandView, ObjectKind::kFeatureService};

/// Returns the name of a kind as commands take it, such as "feature_view".
std::string_view KindName(ObjectKind kind);
/// Returns the key of a kind in definition files, such as "feature_views".
std::string_view KindNamePlural(ObjectKind kind);
/// Returns the name of a kind for messages, such as "feature view".
std::string_view KindTitle(ObjectKind kind);
/// Parses a kind, singular or plural. Fails with kUsage and the nearest kind as the hint.
Result<ObjectKind> ParseKind(std::string_view text);

/// Holds what every object has. A description, an owner and tags never make a new version.
struct ObjectHeader {
  std::string name;
  std::string description;
  std::string owner;
  std::map<std::string, std::string> tags;
  Location location;
};

/// Names one object of a project.
struct ObjectId {
  ObjectKind kind = ObjectKind::kEntity;
  std::string name;

  friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
  friend bool operator==(const ObjectId&, const ObjectId&) = default;
};

/// Returns "feature view 'x'".
std::string ObjectTitle(const ObjectId& id);

inline constexpr std::size_t kMaxNameLength = 128;

/// Tells whether `name` is a lower-case letter followed by lower-case letters, digits and `_`, at most 128 characters.
bool IsValidName(std::string_view name);
/// Returns the rule in words, for a hint.
std::string_view NameRule();

/// Holds the text of an expression and the places of its characters in the definition file.
struct ExpressionText {
  /// Says that from the character `offset` of `text` on, characters stand from `line`, `column` on.
  struct Segment {
    std::size_t offset = 0;
    int line = 0;
    int column = 0;
  };
  std::string text;
  Location location;  ///< where the text begins
  std::vector<Segment> segments;

  bool empty() const { return text.empty(); }
  /// Returns the place of the byte `offset` of `text` in the definition file (without one: `location`).
  Location At(std::size_t offset) const;
};

}  // namespace larder
