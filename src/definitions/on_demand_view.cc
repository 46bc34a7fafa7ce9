#include "definitions/on_demand_view.h"

#include <algorithm>

#include "definitions/canonical_text.h"
#include "definitions/definition_fields.h"
#include "definitions/feature_reference.h"

namespace larder {
namespace {

void ReadInputs(FieldReader& fields, OnDemandView& view) {
  for (const auto& [text, location] : fields.TextList("inputs")) {
    const Result<FeatureReference> reference = ParseFeatureReference(text);
    if (!reference.ok() || reference->feature) {
      fields.faults().Add(location, "an input that is no view: '" + text + "'", "write view or view@2");
      continue;
    }
    const bool is_twice = std::any_of(view.inputs.begin(), view.inputs.end(),
                                      [&](const ViewInput& input) { return input.view == reference->view; });
    if (is_twice) {
      fields.faults().Add(location, "the same input twice: '" + reference->view + "'", "keep one");
      continue;
    }
    view.inputs.push_back({reference->view, reference->version, location});
  }
}

void ReadRequest(FieldReader& fields, OnDemandView& view) {
  for (const auto& [name, value] : fields.Map("request")) {
    CheckName(name, value.location, fields.faults());
    if (value.node->is_null()) {
      fields.faults().Add(value.location, "a request value without a type", "write `name: type`");
    } else if (const std::optional<ValueType> type = ScalarType(value, fields.faults())) {
      view.request.push_back({name, *type});
    }
  }
}

OnDemandFeature ReadFeature(const std::string& name, const YamlValue& value, FaultList& faults) {
  constexpr std::string_view kHint = "write `name: {type: ..., expression: ...}`";
  OnDemandFeature feature;
  feature.name = name;
  feature.location = value.location;
  CheckName(name, value.location, faults);
  FieldReader fields(value, faults);
  const std::optional<YamlValue> type = fields.Find("type");
  if (!type) fields.Missing("type", std::string(kHint));
  if (type) feature.type = ScalarType(*type, faults).value_or(feature.type);
  if (!fields.Find("expression")) fields.Missing("expression", std::string(kHint));
  feature.expression = ReadExpression(fields, "expression").value_or(ExpressionText{"null", value.location, {}});
  feature.description = fields.Text("description");
  feature.tags = fields.TextMap("tags");
  fields.Finish();
  return feature;
}

void CheckRequestNames(const OnDemandView& view, FaultList& faults) {
  for (const ColumnType& value : view.request) {
    const OnDemandFeature* feature = view.FindFeature(value.name);
    if (feature == nullptr) continue;
    faults.Add(feature->location, "a feature named like a request value: '" + value.name + "'", "rename one of them");
  }
}

}  // namespace

const OnDemandFeature* OnDemandView::FindFeature(std::string_view feature_name) const {
  for (const OnDemandFeature& feature : features) {
    if (feature.name == feature_name) return &feature;
  }
  return nullptr;
}

OnDemandView ReadOnDemandView(FieldReader& fields) {
  OnDemandView view;
  view.header = ReadHeader(fields);
  ReadInputs(fields, view);
  ReadRequest(fields, view);
  for (const auto& [name, value] : fields.Map("features")) {
    view.features.push_back(ReadFeature(name, value, fields.faults()));
  }
  if (!fields.Find("features") || view.features.empty()) {
    fields.Missing("features", "write `name: {type: ..., expression: ...}`");
  }
  CheckRequestNames(view, fields.faults());
  fields.Finish();
  return view;
}

void WriteOnDemandView(const OnDemandView& view, CanonicalWriter& out) {
  out.Key("inputs");
  out.BeginList();
  for (const ViewInput& input : view.inputs) {
    out.Text(FeatureReference{input.view, input.version, std::nullopt}.ToString());
  }
  out.EndList();
  out.Key("request");
  out.BeginMap();
  for (const ColumnType& value : view.request) out.Field(value.name, TypeName(value.type));
  out.EndMap();
  out.Key("features");
  out.BeginMap();
  for (const OnDemandFeature& feature : view.features) {
    out.Key(feature.name);
    out.BeginMap();
    out.Field("type", TypeName(feature.type));
    out.ExpressionField("expression", feature.expression.text);
    out.Metadata({feature.description, "", feature.tags});
    out.EndMap();
  }
  out.EndMap();
}

}  // namespace larder
