// A Feast registry file (0.67 and before): what it says of a project, as plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace larder {

/// The largest registry file that is read.
inline constexpr std::int64_t kMaxFeastRegistryBytes = std::int64_t{64} << 20;

/// Numbers Feast's types of values and of sources, as feast/types/Value.proto and feast/core/DataSource.proto do.
using FeastNumber = std::uint64_t;

/// Holds name, project, description, owner and tags.
struct FeastHeader {
  std::string name;
  std::string project;
  std::string description;
  std::string owner;
  std::map<std::string, std::string> tags;
};

/// Holds a feature, an entity's column or a request value.
struct FeastField {
  std::string name;
  FeastNumber type = 0;
  std::string description;
  std::map<std::string, std::string> tags;
};

/// Holds what features are about. `type` 0 is open.
struct FeastEntity {
  FeastHeader header;
  FeastNumber type = 0;
  std::string join_key;
};

/// Holds a source. A push or stream source has a batch source in its `batch` (at most one).
struct FeastSource {
  FeastHeader header;
  FeastNumber type = 0;
  std::map<std::string, std::string> field_mapping;  ///< column -> name in Feast
  std::string timestamp_field;
  std::string created_column;
  std::string file_uri;
  bool is_delta = false;
  std::vector<FeastField> request_fields;
  std::vector<FeastSource> batch;
};

/// Holds a feature view; a ttl of 0 is none.
struct FeastView {
  FeastHeader header;
  std::vector<std::string> entities;
  std::vector<FeastField> features;
  std::vector<FeastField> entity_columns;
  std::int64_t ttl_us = 0;
  bool online = false;
  bool has_transformation = false;
  bool is_streamed = false;         ///< one of the registry's stream feature views
  std::vector<FeastSource> batch;   ///< at most one
  std::vector<FeastSource> stream;  ///< at most one
};

/// Holds which features of a view are used, and under which names.
struct FeastProjection {
  std::string view;
  std::string alias;
  std::vector<FeastField> features;
  std::map<std::string, std::string> join_keys;
};

/// Holds an on-demand view and its function.
struct FeastOnDemandView {
  FeastHeader header;
  std::vector<FeastField> features;
  std::vector<FeastProjection> inputs;
  std::vector<FeastField> request_fields;
  std::string mode;  ///< "pandas" or "python"; "" is pandas
  std::string body;  ///< Python text of the function
  bool is_singleton = false;
  bool has_aggregations = false;
};

/// Holds a feature service.
struct FeastService {
  FeastHeader header;
  std::vector<FeastProjection> entries;
};

/// Holds a registry. Objects stand in the order of the file; more than one project may be among them.
struct FeastRegistry {
  std::vector<FeastEntity> entities;
  std::vector<FeastView> views;  ///< stream feature views behind the others
  std::vector<FeastOnDemandView> on_demand_views;
  std::vector<FeastService> services;
  std::vector<std::string> others;  ///< what was not read: "saved dataset", one for each
};

/// Reads a registry file. Fails with kInvalidFile: no protocol buffer, texts that are not UTF-8, no registry at all (no
/// version of its schema and no object). Costs time and memory in proportion to the bytes.
Result<FeastRegistry> ParseFeastRegistry(std::string_view bytes);

}  // namespace larder
