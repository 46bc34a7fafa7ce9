#include "definitions/feature_service.h"

#include <algorithm>

#include "definitions/canonical_text.h"
#include "definitions/definition_fields.h"
#include "definitions/feature_reference.h"

namespace larder {
namespace {

constexpr std::string_view kEntryHint =
    "write view, view:feature, view@2:feature or {view: ..., features: [...], alias: ..., join_keys: {...}}";

// Returns false after a fault.
bool TakeReference(const std::string& text, const Location& location, FaultList& faults, ServiceEntry& entry) {
  const Result<FeatureReference> reference = ParseFeatureReference(text);
  if (!reference.ok()) {
    faults.Add(location, std::string(reference.status().message()), std::string(kEntryHint));
    return false;
  }
  entry.view = reference->view;
  entry.version = reference->version;
  if (reference->feature) entry.features = {*reference->feature};
  return true;
}

void ReadFeatureList(FieldReader& fields, ServiceEntry& entry) {
  for (const auto& [name, location] : fields.TextList("features")) {
    if (std::find(entry.features.begin(), entry.features.end(), name) != entry.features.end()) {
      fields.faults().Add(location, "the same feature twice: '" + name + "'", "keep one");
      continue;
    }
    entry.features.push_back(name);
  }
  const std::optional<YamlValue> list = fields.Find("features");
  if (list && list->node->is_list() && list->node->items.empty()) {
    fields.faults().Add(list->location, "an empty list of features", "leave it out to take all features of the view");
  }
}

std::optional<ServiceEntry> ReadMapEntry(const YamlValue& value, FaultList& faults) {
  FieldReader fields(value, faults);
  ServiceEntry entry;
  entry.location = value.location;
  const std::string view = fields.RequiredText("view", std::string(kEntryHint));
  const bool is_view = !view.empty() && TakeReference(view, fields.LocationOf("view"), faults, entry);
  if (!entry.features.empty()) {
    faults.Add(fields.LocationOf("view"), "a feature behind the view's name: '" + view + "'",
               "name it under `features:`");
    entry.features.clear();
  }
  ReadFeatureList(fields, entry);
  entry.alias = fields.Text("alias");
  if (!entry.alias.empty()) CheckName(entry.alias, fields.LocationOf("alias"), faults);
  entry.join_keys = fields.TextMap("join_keys");
  fields.Finish();
  if (!is_view) return std::nullopt;
  return entry;
}

std::optional<ServiceEntry> ReadEntry(const YamlValue& value, FaultList& faults) {
  if (value.node->is_map()) return ReadMapEntry(value, faults);
  ServiceEntry entry;
  entry.location = value.location;
  const std::optional<std::string> text = ScalarText(value, faults);
  if (!text || !TakeReference(*text, value.location, faults, entry)) return std::nullopt;
  return entry;
}

}  // namespace

FeatureService ReadFeatureService(FieldReader& fields) {
  FeatureService service;
  service.header = ReadHeader(fields);
  const std::vector<YamlValue> elements = fields.List("features");
  for (const YamlValue& element : elements) {
    if (std::optional<ServiceEntry> entry = ReadEntry(element, fields.faults())) {
      service.entries.push_back(*std::move(entry));
    }
  }
  const std::optional<YamlValue> features = fields.Find("features");
  if (elements.empty() && (!features || features->node->is_list())) fields.Missing("features", std::string(kEntryHint));
  fields.Finish();
  return service;
}

void WriteFeatureService(const FeatureService& service, CanonicalWriter& out) {
  out.Key("features");
  out.BeginList();
  for (const ServiceEntry& entry : service.entries) {
    out.BeginMap();
    out.Field("view", FeatureReference{entry.view, entry.version, std::nullopt}.ToString());
    if (!entry.features.empty()) {
      out.Key("features");
      out.BeginList();
      for (const std::string& feature : entry.features) out.Text(feature);
      out.EndList();
    }
    out.OptionalField("alias", entry.alias);
    if (!entry.join_keys.empty()) {
      out.Key("join_keys");
      out.BeginMap();
      for (const auto& [key, column] : entry.join_keys) out.Field(key, column);
      out.EndMap();
    }
    out.EndMap();
  }
  out.EndList();
}

}  // namespace larder
