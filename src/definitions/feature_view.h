// A feature view: plain, the newest row of a source per key, or windowed, aggregations over the events of a key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "columnar/value_type.h"
#include "definitions/aggregation.h"
#include "definitions/object_header.h"
#include "definitions/source.h"

namespace larder {

/// Describes one feature of a plain or window view.
struct Feature {
  std::string name;
  ValueType type;    ///< of a window view: once `is_typed`
  std::string from;  ///< a column of the source, after derive; defaults to the name; empty for a window view
  std::string description;
  std::map<std::string, std::string> tags;
  Location location;
};

inline constexpr std::int64_t kDefaultAllowedLatenessUs = kMicrosPerDay;
inline constexpr std::int64_t kRetentionBeyondWindowsUs = 7 * kMicrosPerDay;

/// Describes a feature view. A window view has aggregations, and a feature for each window of each of them, in that
/// order; it has no ttl. Immutable after reading, but for what window_check.h fills in.
struct FeatureView {
  ObjectHeader header;
  std::vector<std::string> entities;  ///< names of entities, at least one; their join keys differ
  std::string source;                 ///< name of a source
  std::int64_t ttl_us = 0;            ///< 0: unlimited
  bool online = true;
  std::int64_t allowed_lateness_us = kDefaultAllowedLatenessUs;  ///< of incremental materialization
  std::vector<Feature> features;                                 ///< in the order of the file, at least one
  std::vector<Aggregation> aggregations;                         ///< of a window view; else empty
  std::vector<ColumnType> columns;           ///< of a window view: what its events hold, once `is_typed`
  std::optional<std::int64_t> retention_us;  ///< of a window view, as written; nullopt: by its windows
  std::vector<Location> entity_locations;    ///< one for each of `entities`
  Location source_location;

  const std::string& name() const { return header.name; }
  bool is_windowed() const { return !aggregations.empty(); }
  /// Tells whether the types of all features are known: those of a window view come out of its source.
  bool is_typed() const;
  /// Returns how long events are kept online, measured from the newest; nullopt: for ever (a lifetime window, or one of
  /// rows, may need any of them).
  std::optional<std::int64_t> EffectiveRetentionUs() const;
  /// Returns the feature of this name, or nullptr.
  const Feature* FindFeature(std::string_view feature_name) const;
};

class CanonicalWriter;
class FieldReader;

/// Names the aggregation and the window that a feature of a window view is.
struct WindowFeature {
  std::size_t aggregation = 0;
  std::size_t window = 0;
};
/// Returns what each feature of a window view is, in the order of its features.
std::vector<WindowFeature> WindowFeatures(const FeatureView& view);

/// Reads one element of `feature_views:`; faults go to the reader's list.
FeatureView ReadFeatureView(FieldReader& fields);
/// Writes every field but the header, defaults resolved.
void WriteFeatureView(const FeatureView& view, CanonicalWriter& out);

}  // namespace larder
