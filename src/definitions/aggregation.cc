#include "definitions/aggregation.h"

#include <algorithm>
#include <utility>

#include "aggregates/aggregate_table.h"
#include "base/timestamp.h"
#include "definitions/canonical_text.h"
#include "definitions/definition_fields.h"

namespace larder {
namespace {

constexpr std::string_view kWindowsHint =
    "write durations such as 1h or 7d, lifetime, {rows: 10}, or {every: 1h, offset: 15m}";
constexpr std::string_view kDefaultTemplate = "{name}_{window}";

// Returns the duration under `key`; a fault unless it is above `least_us - 1`.
std::int64_t LengthOf(FieldReader& fields, std::string_view key, std::int64_t least_us) {
  const std::optional<YamlValue> value = fields.Find(key);
  if (!value) return 0;
  const std::size_t faults_before = fields.faults().size();
  const std::int64_t length_us = fields.Duration(key, 0);
  if (length_us < least_us && fields.faults().size() == faults_before) {
    fields.faults().Add(value->location, "a window of no length: " + QuotedText(value->node->text),
                        "write a duration above 0, such as 1h");
  }
  return length_us;
}

void ReadRows(FieldReader& fields, Window& window) {
  window.kind = Window::Kind::kRows;
  window.row_count = fields.Integer("rows", 1, {1, kMaxWindowRows});
  window.text = std::to_string(window.row_count) + "rows";
}

void ReadEvery(FieldReader& fields, Window& window) {
  window.kind = Window::Kind::kEvery;
  window.every_us = LengthOf(fields, "every", 1);
  window.length_us = fields.Find("window") ? LengthOf(fields, "window", 1) : window.every_us;
  window.offset_us = LengthOf(fields, "offset", 0);
  window.ago_us = LengthOf(fields, "ago", 0);
  if (window.offset_us >= window.every_us && window.every_us > 0) {
    fields.faults().Add(fields.LocationOf("offset"), "an offset that is not below `every`",
                        "write the rest of the division by `every`; `ago` takes a window of earlier");
  }
  for (const char* key : {"window", "every", "offset", "ago"}) {
    const std::string text = fields.Text(key);
    if (text.empty()) continue;
    window.written[key] = text;
    if (!window.text.empty()) window.text += "_";
    window.text += std::string(key) == "window" ? text : std::string(key) + "_" + text;
  }
}

std::optional<Window> ReadWindow(const YamlValue& value, FaultList& faults) {
  Window window;
  const std::size_t faults_before = faults.size();
  if (value.node->is_map()) {
    FieldReader fields(value, faults);
    if (fields.Find("rows")) {
      ReadRows(fields, window);
    } else if (fields.Find("every")) {
      ReadEvery(fields, window);
    } else {
      for (const char* key : {"window", "offset", "ago"}) fields.Find(key);
      fields.Missing("every", std::string(kWindowsHint));
    }
    fields.Finish();
  } else if (const std::optional<std::string> text = ScalarText(value, faults)) {
    window.text = *text;
    if (*text == "lifetime") return window;
    window.kind = Window::Kind::kLength;
    const Result<std::int64_t> length = ParseDuration(*text);
    if (!length.ok()) {
      faults.Add(value.location, "no window: " + QuotedText(*text), std::string(kWindowsHint));
    } else if (*length == 0) {
      faults.Add(value.location, "a window of no length: " + QuotedText(*text), "write a duration above 0, such as 1h");
    }
    window.length_us = length.ok() ? *length : 0;
  }
  if (faults.size() > faults_before) return std::nullopt;
  return window;
}

void ReadWindows(FieldReader& fields, Aggregation& aggregation) {
  const std::size_t faults_before = fields.faults().size();
  for (const YamlValue& element : fields.List("windows")) {
    const std::optional<Window> window = ReadWindow(element, fields.faults());
    if (!window) continue;
    const bool is_twice = std::any_of(aggregation.windows.begin(), aggregation.windows.end(),
                                      [&](const Window& other) { return other.text == window->text; });
    if (is_twice) {
      fields.faults().Add(element.location, "the same window twice: '" + window->text + "'", "keep one");
    } else {
      aggregation.windows.push_back(*window);
    }
  }
  if (aggregation.windows.empty() && fields.faults().size() == faults_before) {
    fields.Missing("windows", std::string(kWindowsHint));
  }
}

void ReadInputs(FieldReader& fields, const AggregateRow& row, Aggregation& aggregation) {
  for (const AggregateInput& input : row.inputs) {
    std::optional<ExpressionText> expression = ReadExpression(fields, input.name);
    if (expression) aggregation.inputs.push_back({std::string(input.name), *std::move(expression)});
  }
}

void ReadParameters(FieldReader& fields, const AggregateRow& row, Aggregation& aggregation) {
  for (const AggregateParameter& parameter : row.parameters) {
    const std::optional<YamlValue> value = fields.Find(parameter.name);
    if (!value) continue;
    AggregationParameter text{std::string(parameter.name), {}};
    if (value->node->is_list()) {
      for (auto& [item, location] : fields.TextList(parameter.name)) text.values.push_back(std::move(item));
    } else {
      text.values.push_back(fields.Text(parameter.name));
    }
    aggregation.parameters.push_back(std::move(text));
  }
}

// Reads the function, and what it is taken of and told under keys of its own.
void ReadFunction(FieldReader& fields, Aggregation& aggregation) {
  aggregation.function = fields.RequiredText("function", "such as count, sum, mean, min or max");
  fields.Find("of");
  if (aggregation.function.empty()) return;
  const Result<AggregateCall> call = ParseAggregateCall(aggregation.function);
  const AggregateRow* row = call.ok() ? FindAggregate(call->name) : nullptr;
  if (row != nullptr) {
    ReadInputs(fields, *row, aggregation);
    ReadParameters(fields, *row, aggregation);
    return;
  }
  const Status status = call.ok() ? BindAggregate(*call).status() : call.status();
  fields.faults().Add(fields.LocationOf("function"), std::string(status.message()), std::string(status.hint()));
}

void ReadPer(FieldReader& fields, Aggregation& aggregation) {
  aggregation.per = fields.Text("per");
  const std::optional<YamlValue> top = fields.Find("top");
  if (!top) return;
  aggregation.top = fields.Integer("top", 0, {1, 10'000});
  if (aggregation.per.empty()) {
    fields.faults().Add(top->location, "`top` without `per`", "name the column whose values are counted under `per`");
  }
}

void ReadEnd(FieldReader& fields, Aggregation& aggregation) {
  const std::optional<YamlValue> end = fields.Find("end");
  if (!end) return;
  const std::string text = fields.Text("end");
  aggregation.end_exclusive = text == "exclusive";
  if (text == "exclusive" || text == "inclusive" || !end->node->is_scalar()) return;
  fields.faults().Add(end->location, "an end that is unknown: " + QuotedText(text), "write exclusive or inclusive");
}

std::string Replaced(std::string text, const std::string& place, const std::string& value) {
  for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + value.size())) {
    text.replace(at, place.size(), value);
  }
  return text;
}

void CheckFeatureNames(FieldReader& fields, const Aggregation& aggregation) {
  const bool has_template = fields.Find("name").has_value();
  for (const Window& window : aggregation.windows) {
    const std::string name = aggregation.FeatureName(window);
    if (IsValidName(name)) continue;
    fields.faults().Add(has_template ? fields.LocationOf("name") : aggregation.location,
                        "a feature's name against the rule: " + QuotedText(name), std::string(NameRule()));
    return;
  }
  if (aggregation.windows.size() < 2 || aggregation.name_template.find("{window}") != std::string::npos) return;
  fields.faults().Add(fields.LocationOf("name"),
                      "one name for several windows: " + QuotedText(aggregation.name_template), "put {window} into it");
}

void WriteWindow(const Window& window, CanonicalWriter& out) {
  if (window.kind == Window::Kind::kLength || window.kind == Window::Kind::kLifetime) return out.Text(window.text);
  out.BeginMap();
  if (window.kind == Window::Kind::kRows) out.Field("rows", std::to_string(window.row_count));
  for (const auto& [key, text] : window.written) out.Field(key, text);
  out.EndMap();
}

// Writes what is the same for all windows and decides the values.
void WriteFunction(const Aggregation& aggregation, CanonicalWriter& out) {
  out.Field("function", aggregation.function);
  for (const AggregationInput& input : aggregation.inputs) out.ExpressionField(input.key, input.expression.text);
  for (const AggregationParameter& parameter : aggregation.parameters) {
    out.Key(parameter.key);
    out.BeginList();
    for (const std::string& value : parameter.values) out.Text(value);
    out.EndList();
  }
  if (aggregation.where) out.ExpressionField("where", aggregation.where->text);
  out.OptionalField("per", aggregation.per);
  if (aggregation.top > 0) out.Field("top", std::to_string(aggregation.top));
  if (aggregation.end_exclusive) out.Field("end", "exclusive");
}

}  // namespace

std::string Aggregation::FeatureName(const Window& window) const {
  const std::string function_name = function.substr(0, function.find('('));
  return Replaced(Replaced(Replaced(name_template, "{name}", name), "{window}", window.text), "{function}",
                  function_name);
}

Result<AggregateCall> Aggregation::Call() const {
  LARDER_ASSIGN_OR_RETURN(AggregateCall call, ParseAggregateCall(function));
  for (const AggregationParameter& parameter : parameters) call.parameters.push_back({parameter.key, parameter.values});
  return call;
}

Aggregation ReadAggregation(const std::string& name, const YamlValue& value, FaultList& faults) {
  Aggregation aggregation;
  aggregation.name = name;
  aggregation.location = value.location;
  CheckName(name, value.location, faults);
  FieldReader fields(value, faults);
  if (!fields.is_map()) return aggregation;
  ReadFunction(fields, aggregation);
  ReadWindows(fields, aggregation);
  aggregation.where = ReadExpression(fields, "where");
  ReadPer(fields, aggregation);
  ReadEnd(fields, aggregation);
  aggregation.name_template = fields.Text("name");
  if (aggregation.name_template.empty()) aggregation.name_template = std::string(kDefaultTemplate);
  if (const std::optional<YamlValue> type = fields.Find("type")) aggregation.type = ScalarType(*type, faults);
  aggregation.description = fields.Text("description");
  aggregation.tags = fields.TextMap("tags");
  if (IsValidName(name)) CheckFeatureNames(fields, aggregation);
  fields.Finish();
  return aggregation;
}

void WriteAggregation(const Aggregation& aggregation, CanonicalWriter& out) {
  out.BeginMap();
  WriteFunction(aggregation, out);
  out.Key("windows");
  out.BeginList();
  for (const Window& window : aggregation.windows) WriteWindow(window, out);
  out.EndList();
  if (aggregation.name_template != kDefaultTemplate) out.Field("name", aggregation.name_template);
  if (aggregation.type) out.Field("type", TypeName(*aggregation.type));
  out.Metadata({aggregation.description, "", aggregation.tags});
  out.EndMap();
}

std::string AggregationMeaning(const Aggregation& aggregation, const Window& window) {
  CanonicalWriter out(CanonicalWriter::Content::kSemantic);
  out.BeginMap();
  WriteFunction(aggregation, out);
  out.Key("window");
  WriteWindow(window, out);
  out.EndMap();
  return out.text();
}

}  // namespace larder
