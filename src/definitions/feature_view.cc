#include "definitions/feature_view.h"

#include <algorithm>

#include "definitions/canonical_text.h"
#include "definitions/definition_fields.h"

namespace larder {
namespace {

constexpr std::string_view kFeatureHint = "write `name: type` or `name: {type: ..., from: ...}`";

Feature ReadFeature(const std::string& name, const YamlValue& value, FaultList& faults) {
  Feature feature;
  feature.name = name;
  feature.from = name;
  feature.location = value.location;
  CheckName(name, value.location, faults);
  if (!value.node->is_map()) {
    if (value.node->is_null()) {
      faults.Add(value.location, "a feature without a type", std::string(kFeatureHint));
    } else {
      feature.type = ScalarType(value, faults).value_or(feature.type);
    }
    return feature;
  }
  FieldReader fields(value, faults);
  const std::optional<YamlValue> type = fields.Find("type");
  if (!type) fields.Missing("type", std::string(kFeatureHint));
  if (type) feature.type = ScalarType(*type, faults).value_or(feature.type);
  if (const std::string from = fields.Text("from"); !from.empty()) {
    feature.from = from;
    feature.location = fields.LocationOf("from");
  }
  feature.description = fields.Text("description");
  feature.tags = fields.TextMap("tags");
  fields.Finish();
  return feature;
}

// The keys of windowed views stay known, so that the fault is about what is not there yet and not about spelling.
bool RefuseWindows(FieldReader& fields) {
  bool is_windowed = false;
  for (const std::string_view key : {"aggregations", "retention"}) {
    const std::optional<YamlValue> value = fields.Find(key);
    if (!value) continue;
    is_windowed = true;
    fields.faults().Add(value->location, "windowed views are not available in this version: '" + std::string(key) + "'",
                        "use `features:`, or keep this view in a file that `definitions:` does not name");
  }
  return is_windowed;
}

void ReadEntities(FieldReader& fields, FeatureView& view) {
  for (const auto& [name, location] : fields.TextList("entities")) {
    if (std::find(view.entities.begin(), view.entities.end(), name) != view.entities.end()) {
      fields.faults().Add(location, "the same entity twice: '" + name + "'", "keep one");
      continue;
    }
    view.entities.push_back(name);
    view.entity_locations.push_back(location);
  }
  if (view.entities.empty() && (!fields.Find("entities") || fields.Find("entities")->node->is_list())) {
    fields.Missing("entities", "a view needs at least one entity, such as entities: [customer]");
  }
}

}  // namespace

const Feature* FeatureView::FindFeature(std::string_view feature_name) const {
  for (const Feature& feature : features) {
    if (feature.name == feature_name) return &feature;
  }
  return nullptr;
}

FeatureView ReadFeatureView(FieldReader& fields) {
  FeatureView view;
  view.header = ReadHeader(fields);
  ReadEntities(fields, view);
  view.source = fields.RequiredText("source", "the name of a source");
  view.source_location = fields.LocationOf("source");
  view.ttl_us = fields.Duration("ttl", 0);
  view.online = fields.Bool("online", true);
  view.allowed_lateness_us = fields.Duration("allowed_lateness", kDefaultAllowedLatenessUs);
  const bool is_windowed = RefuseWindows(fields);
  for (const auto& [name, value] : fields.Map("features")) {
    view.features.push_back(ReadFeature(name, value, fields.faults()));
  }
  const std::optional<YamlValue> features = fields.Find("features");
  if (view.features.empty() && !is_windowed && (!features || features->node->is_map())) {
    fields.Missing("features", std::string(kFeatureHint));
  }
  fields.Finish();
  return view;
}

void WriteFeatureView(const FeatureView& view, CanonicalWriter& out) {
  out.Key("entities");
  out.BeginList();
  for (const std::string& entity : view.entities) out.Text(entity);
  out.EndList();
  out.Field("source", view.source);
  out.Field("ttl", FormatDuration(view.ttl_us));
  out.Key("online");
  out.Bool(view.online);
  out.Field("allowed_lateness", FormatDuration(view.allowed_lateness_us));
  out.Key("features");
  out.BeginMap();
  for (const Feature& feature : view.features) {
    out.Key(feature.name);
    out.BeginMap();
    out.Field("type", TypeName(feature.type));
    out.Field("from", feature.from);
    out.Metadata({feature.description, "", feature.tags});
    out.EndMap();
  }
  out.EndMap();
}

}  // namespace larder
