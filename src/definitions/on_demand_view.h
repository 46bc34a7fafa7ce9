// An on-demand view: features computed at the request from other features and from request values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columnar/value_type.h"
#include "definitions/object_header.h"
#include "definitions/source.h"

namespace larder {

/// Describes one feature of an on-demand view.
struct OnDemandFeature {
  std::string name;
  ValueType type;  ///< the expression's type fits it exactly or by widening (`ConvertsUnasked`)
  ExpressionText expression;
  std::string description;
  std::map<std::string, std::string> tags;
  Location location;
};

/// Names a view (plain or on-demand) whose features an on-demand view uses.
struct ViewInput {
  std::string view;
  std::optional<std::int64_t> version;  ///< nullopt: pinned at apply
  Location location;
};

/// Describes an on-demand view. Immutable after reading.
struct OnDemandView {
  ObjectHeader header;
  std::vector<ViewInput> inputs;
  std::vector<ColumnType> request;        ///< values that arrive with the request, in the order of the file
  std::vector<OnDemandFeature> features;  ///< in the order of the file, at least one

  const std::string& name() const { return header.name; }
  /// Returns the feature of this name, or nullptr.
  const OnDemandFeature* FindFeature(std::string_view feature_name) const;
};

class CanonicalWriter;
class FieldReader;

/// Reads one element of `on_demand_views:`; faults go to the reader's list.
OnDemandView ReadOnDemandView(FieldReader& fields);
/// Writes every field but the header, defaults resolved.
void WriteOnDemandView(const OnDemandView& view, CanonicalWriter& out);

}  // namespace larder
