// Fields of one map of a YAML file, read strictly: what is missing, wrong or unknown becomes a fault with its place.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "yaml/fault_list.h"
#include "yaml/yaml_tree.h"

namespace larder {

/// Names a value in a file: its node, and the path that leads to it.
struct YamlValue {
  const YamlNode* node = nullptr;  ///< never null
  Location location;
};

/// Reads the fields of one map. A key that is asked for is known; Finish makes a fault of every other key. A key with
/// nothing behind it counts as absent. Reading never fails: a wrong field gives its default, and a fault. Borrows the
/// node and the faults. Not thread-safe.
class FieldReader {
 public:
  /// Reads the map at `value`; a fault when it is no map (every field is then absent).
  FieldReader(const YamlValue& value, FaultList& faults);

  const Location& location() const { return location_; }
  FaultList& faults() { return faults_; }
  /// Tells whether the node is a map and so can be read.
  bool is_map() const { return is_map_; }

  /// Makes the key known and returns its value, nullopt when it is absent.
  std::optional<YamlValue> Find(std::string_view key);
  /// Returns the place of the key's value, or that of the map when it is absent.
  Location LocationOf(std::string_view key) const;
  /// Makes a fault that the key is missing.
  void Missing(std::string_view key, std::string hint);

  /// Returns a scalar as its text, empty when it is absent.
  std::string Text(std::string_view key);
  /// Returns a scalar, and a fault when it is absent or empty.
  std::string RequiredText(std::string_view key, std::string hint);
  /// Returns `true` or `false`.
  bool Bool(std::string_view key, bool default_value);
  /// Returns a duration in microseconds.
  std::int64_t Duration(std::string_view key, std::int64_t default_us);
  /// Returns a whole number within [least, greatest].
  std::int64_t Integer(std::string_view key, std::int64_t default_value, std::pair<std::int64_t, std::int64_t> range);
  /// Returns a list of scalars; a single scalar is a fault.
  std::vector<std::pair<std::string, Location>> TextList(std::string_view key);
  /// Returns a map of scalars.
  std::map<std::string, std::string> TextMap(std::string_view key);
  /// Returns the elements of a list.
  std::vector<YamlValue> List(std::string_view key);
  /// Returns the entries of a map, in the order of the file, with the place of each key.
  std::vector<std::pair<std::string, YamlValue>> Map(std::string_view key);
  /// Makes a fault of each key that was never asked for; the nearest known key is the hint.
  void Finish();

 private:
  const YamlNode& node_;
  Location location_;
  FaultList& faults_;
  bool is_map_;
  std::vector<std::string> known_;
};

/// Returns the element `index` of a list at `value`.
YamlValue ElementAt(const YamlValue& value, std::size_t index);
/// Returns the value of `entry` in the map at `value`.
YamlValue EntryAt(const YamlValue& value, const YamlNode::Entry& entry);

/// Returns the scalar at `value`; nullopt and a fault when it is none.
std::optional<std::string> ScalarText(const YamlValue& value, FaultList& faults);

/// Returns the text in quotes, cut when it is long, for messages.
std::string QuotedText(std::string_view text);

}  // namespace larder
