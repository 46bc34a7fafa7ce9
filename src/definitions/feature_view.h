// A plain feature view: the newest row of a source per key.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "columnar/value_type.h"
#include "definitions/object_header.h"

namespace larder {

/// Describes one feature of a plain view.
struct Feature {
  std::string name;
  ValueType type;
  std::string from;  ///< a column of the source, after derive; defaults to the name
  std::string description;
  std::map<std::string, std::string> tags;
  Location location;
};

inline constexpr std::int64_t kDefaultAllowedLatenessUs = kMicrosPerDay;

/// Describes a plain feature view. Immutable after reading.
struct FeatureView {
  ObjectHeader header;
  std::vector<std::string> entities;  ///< names of entities, at least one; their join keys differ
  std::string source;                 ///< name of a source
  std::int64_t ttl_us = 0;            ///< 0: unlimited
  bool online = true;
  std::int64_t allowed_lateness_us = kDefaultAllowedLatenessUs;  ///< of incremental materialization
  std::vector<Feature> features;                                 ///< in the order of the file, at least one
  std::vector<Location> entity_locations;                        ///< one for each of `entities`
  Location source_location;

  const std::string& name() const { return header.name; }
  /// Returns the feature of this name, or nullptr.
  const Feature* FindFeature(std::string_view feature_name) const;
};

class CanonicalWriter;
class FieldReader;

/// Reads one element of `feature_views:`; faults go to the reader's list.
FeatureView ReadFeatureView(FieldReader& fields);
/// Writes every field but the header, defaults resolved.
void WriteFeatureView(const FeatureView& view, CanonicalWriter& out);

}  // namespace larder
