// A feature service: the features that one model asks for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "definitions/object_header.h"

namespace larder {

/// Names features of one view. A view may stand in several entries.
struct ServiceEntry {
  std::string view;                              ///< a plain or on-demand view
  std::optional<std::int64_t> version;           ///< nullopt: pinned at apply
  std::vector<std::string> features;             ///< in request order; empty: all of the view
  std::string alias;                             ///< takes the view's place in output names; empty: none
  std::map<std::string, std::string> join_keys;  ///< join key of the view -> column of the entity table
  Location location;
};

/// Describes a feature service. Immutable after reading.
struct FeatureService {
  ObjectHeader header;
  std::vector<ServiceEntry> entries;  ///< at least one

  const std::string& name() const { return header.name; }
};

class CanonicalWriter;
class FieldReader;

/// Reads one element of `feature_services:`; faults go to the reader's list.
FeatureService ReadFeatureService(FieldReader& fields);
/// Writes every field but the header, defaults resolved.
void WriteFeatureService(const FeatureService& service, CanonicalWriter& out);

}  // namespace larder
