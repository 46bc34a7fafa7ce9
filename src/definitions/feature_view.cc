#include "definitions/feature_view.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "definitions/canonical_text.h"
#include "definitions/definition_fields.h"

namespace larder {
namespace {

std::int64_t SaturatingSum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

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

void ReadFeatures(FieldReader& fields, FeatureView& view) {
  for (const auto& [name, value] : fields.Map("features")) {
    view.features.push_back(ReadFeature(name, value, fields.faults()));
  }
  const std::optional<YamlValue> features = fields.Find("features");
  if (view.features.empty() && (!features || features->node->is_map())) {
    fields.Missing("features", std::string(kFeatureHint));
  }
}

void CheckRetention(FieldReader& fields, const FeatureView& view) {
  if (!view.retention_us) return;
  for (const Aggregation& aggregation : view.aggregations) {
    for (const Window& window : aggregation.windows) {
      const bool is_whole = window.kind == Window::Kind::kLifetime || window.kind == Window::Kind::kRows;
      if (!is_whole && SaturatingSum(window.length_us, window.ago_us) <= *view.retention_us) continue;
      fields.faults().Add(fields.LocationOf("retention"),
                          "a retention shorter than a window: '" + window.text + "' of '" + aggregation.name + "'",
                          is_whole ? "leave retention out: this window may need any event"
                                   : "keep events at least as long as the longest window");
      return;
    }
  }
}

// Adds a feature for each window of each aggregation; their names must differ.
void AddWindowFeatures(FeatureView& view, FaultList& faults) {
  std::map<std::string, std::string> aggregation_of;
  for (const Aggregation& aggregation : view.aggregations) {
    for (const Window& window : aggregation.windows) {
      const std::string name = aggregation.FeatureName(window);
      const auto [first, is_new] = aggregation_of.emplace(name, aggregation.name);
      if (!is_new && first->second != aggregation.name) {
        faults.Add(aggregation.location,
                   "two features of one name: '" + name + "' of '" + first->second + "' and '" + aggregation.name + "'",
                   "rename one of the aggregations, or give one a `name` of its own");
      }
      view.features.push_back({name, aggregation.type.value_or(ValueType()), "", aggregation.description,
                               aggregation.tags, aggregation.location});
    }
  }
  if (view.features.size() <= kMaxWindowFeatures) return;
  faults.Add(view.header.location, "more than " + std::to_string(kMaxWindowFeatures) + " features in one view",
             "make several views");
}

void ReadAggregations(FieldReader& fields, FeatureView& view) {
  for (const auto& [name, value] : fields.Map("aggregations")) {
    view.aggregations.push_back(ReadAggregation(name, value, fields.faults()));
  }
  if (view.aggregations.empty()) {
    fields.Missing("aggregations", "write `name: {function: mean, of: column, windows: [1h]}`");
  }
  for (const auto& [name, value] : fields.Map("columns")) {
    const std::optional<ValueType> type = ScalarType(value, fields.faults());
    if (type) view.columns.push_back({name, *type});
  }
  if (fields.Find("retention")) view.retention_us = fields.Duration("retention", 0);
  CheckRetention(fields, view);
  if (fields.Find("ttl")) {
    fields.faults().Add(fields.LocationOf("ttl"), "a ttl in a window view",
                        "leave it out: the windows say which events count, retention how long they are kept");
  }
  if (fields.Find("features")) {
    fields.faults().Add(fields.LocationOf("features"), "features and aggregations in one view",
                        "make two views: one for the newest row, one for the windows");
  }
  AddWindowFeatures(view, fields.faults());
}

void WriteFeatures(const FeatureView& view, CanonicalWriter& out) {
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

void WriteAggregations(const FeatureView& view, CanonicalWriter& out) {
  if (view.retention_us) out.Field("retention", FormatDuration(*view.retention_us));
  out.Key("aggregations");
  out.BeginMap();
  for (const Aggregation& aggregation : view.aggregations) {
    out.Key(aggregation.name);
    WriteAggregation(aggregation, out);
  }
  out.EndMap();
  if (view.columns.empty()) return;
  out.Key("columns");
  out.BeginMap();
  for (const ColumnType& column : view.columns) out.Field(column.name, TypeName(column.type));
  out.EndMap();
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

bool FeatureView::is_typed() const {
  return std::all_of(aggregations.begin(), aggregations.end(),
                     [](const Aggregation& aggregation) { return aggregation.type.has_value(); });
}

std::optional<std::int64_t> FeatureView::EffectiveRetentionUs() const {
  if (retention_us) return retention_us;
  std::int64_t longest_us = 0;
  for (const Aggregation& aggregation : aggregations) {
    for (const Window& window : aggregation.windows) {
      if (window.kind == Window::Kind::kLifetime || window.kind == Window::Kind::kRows) return std::nullopt;
      // Behind the last moment of the grid lies up to `every` more.
      const std::int64_t reach_us = SaturatingSum(SaturatingSum(window.length_us, window.every_us), window.ago_us);
      longest_us = std::max(longest_us, reach_us);
    }
  }
  return SaturatingSum(longest_us, kRetentionBeyondWindowsUs);
}

std::vector<WindowFeature> WindowFeatures(const FeatureView& view) {
  std::vector<WindowFeature> features;
  for (std::size_t i = 0; i < view.aggregations.size(); ++i) {
    for (std::size_t w = 0; w < view.aggregations[i].windows.size(); ++w) features.push_back({i, w});
  }
  return features;
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
  // Both keys are known to both kinds of views, so that a fault is about what does not go together.
  const bool is_windowed = fields.Find("aggregations").has_value();
  if (is_windowed) {
    ReadAggregations(fields, view);
  } else {
    ReadFeatures(fields, view);
    for (const char* key : {"retention", "columns"}) {
      if (!fields.Find(key)) continue;
      fields.faults().Add(fields.LocationOf(key), "`" + std::string(key) + "` in a plain view",
                          "it belongs to a view with `aggregations:`");
    }
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
  if (!view.is_windowed()) out.Field("ttl", FormatDuration(view.ttl_us));
  out.Key("online");
  out.Bool(view.online);
  out.Field("allowed_lateness", FormatDuration(view.allowed_lateness_us));
  if (view.is_windowed()) {
    WriteAggregations(view, out);
  } else {
    WriteFeatures(view, out);
  }
}

}  // namespace larder
