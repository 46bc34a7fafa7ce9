// Routes that read features: /get-online-features and /explain.
#include <arrow/array.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/timestamp.h"
#include "lookup/online_answer_arrow.h"
#include "retrieval/explain.h"
#include "retrieval/online_read.h"
#include "serving/api.h"
#include "serving/json_columns.h"
#include "serving/json_document.h"
#include "serving/online_answer_json.h"
#include "text/json_writer.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

// Reads one needed column out of `entities`; all lists must have one length.
class EntityColumns {
 public:
  EntityColumns(const JsonObject& entities, std::int64_t max_rows) : entities_(entities), max_rows_(max_rows) {}

  Status CheckLengths() {
    for (const auto& [name, list] : entities_.members()) {
      simdjson::dom::array values;
      if (list.get(values) != simdjson::SUCCESS) {
        return Status(Reason::kMalformedRequest, "entities." + std::string(name) + " is not a list",
                      "entities holds one list for each column");
      }
      const auto length = static_cast<std::int64_t>(values.size());
      if (length > max_rows_) {
        return Status(Reason::kLimitExceeded,
                      "too many rows: " + std::to_string(length) + ", at most " + std::to_string(max_rows_),
                      "send several requests, or raise server.max_rows");
      }
      if (!row_count_) {
        row_count_ = length;
        first_ = name;
      }
      if (length != *row_count_) {
        return Status(Reason::kUnequalLists,
                      "entities." + std::string(first_) + " has " + std::to_string(*row_count_) + " values, entities." +
                          std::string(name) + " has " + std::to_string(length),
                      "give every list one value for each row");
      }
    }
    return {};
  }

  std::int64_t row_count() const { return row_count_.value_or(0); }

  Result<std::vector<std::shared_ptr<arrow::Array>>> Read(const std::vector<NeededColumn>& columns, Reason missing) {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const NeededColumn& column : columns) {
      const auto* list = entities_.Find(column.name);
      if (list == nullptr) {
        std::vector<std::string> names;
        for (const auto& [name, values] : entities_.members()) names.emplace_back(name);
        std::string hint = "add a list of " + TypeName(column.type) + " values under that name";
        const bool is_request = missing == Reason::kMissingRequestValue;
        hint += "; on the command line " + std::string(is_request ? "--request " : "--key ") + column.name + "=...";
        if (const auto near = NearestName(column.name, names)) hint += "; it has '" + *near + "'";
        return Status(missing, "entities has no '" + column.name + "' (" + column.purpose + ")", std::move(hint));
      }
      LARDER_ASSIGN_OR_RETURN(auto array, ReadJsonColumn(*list, column.type, "entities." + column.name));
      arrays.push_back(std::move(array));
    }
    return arrays;
  }

 private:
  const JsonObject& entities_;
  const std::int64_t max_rows_;
  std::optional<std::int64_t> row_count_;
  std::string_view first_;
};

Result<FeatureRequest> ReadFeatureRequest(const JsonObject& body) {
  FeatureRequest request;
  LARDER_ASSIGN_OR_RETURN(request.features, body.Texts("features"));
  LARDER_ASSIGN_OR_RETURN(request.service, body.Text("feature_service", ""));
  LARDER_ASSIGN_OR_RETURN(request.full_names, body.Bool("full_feature_names", false));
  return request;
}

// As an answer of /get-online-features with ISO times writes it.
void WriteValue(JsonWriter& json, std::string_view name, const arrow::Array& value) {
  std::string text;
  AppendJsonValue(value, 0, {.iso_timestamps = true}, text);
  json.Key(name);
  json.Raw(text);
}

void WriteValues(JsonWriter& json, const std::vector<ExplainedValue>& values) {
  json.BeginObject();
  for (const ExplainedValue& value : values) WriteValue(json, value.feature, *value.value);
  json.EndObject();
}

std::string ExplanationJson(const Explanation& explanation) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.StringMember("reference", explanation.reference);
  json.StringMember("now", FormatInstant(explanation.now_us));
  if (!explanation.expression.empty()) json.StringMember("expression", explanation.expression);
  WriteValue(json, "offline_value", *explanation.offline_value);
  WriteValue(json, "online_value", *explanation.online_value);
  json.Key("views");
  json.BeginArray();
  for (const ExplainedView& view : explanation.views) {
    json.BeginObject();
    json.StringMember("view", view.view);
    json.IntegerMember("version", view.version);
    json.IntegerMember("generation", view.generation);
    json.StringMember("ttl", view.ttl_us == 0 ? "unlimited" : FormatDuration(view.ttl_us));
    json.Key("offline");
    json.BeginObject();
    json.StringMember("status", ValueStatusName(view.offline_status));
    json.StringMember("row", view.offline_row);
    WriteInstantMember(json, "event_time", view.offline_event_us);
    json.Key("values");
    WriteValues(json, view.offline_values);
    json.EndObject();
    json.Key("online");
    json.BeginObject();
    json.StringMember("status", ValueStatusName(view.online_status));
    WriteInstantMember(json, "event_time", view.online_event_us);
    json.Key("values");
    WriteValues(json, view.online_values);
    json.EndObject();
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text;
}

}  // namespace

Result<OnlineRequest> Api::ReadOnlineRequest(const JsonObject& body, const FeatureRequest& features, bool is_trusted) {
  OnlineRequest request;
  LARDER_ASSIGN_OR_RETURN(const std::string now, body.Text("now", ""));
  if (!now.empty()) {
    if (!is_trusted && !project_.config().server.allow_now) {
      return Status(Reason::kNowNotAllowed, "this server answers for its own clock only, not for 'now'",
                    "leave it out, or start the server with --allow-now");
    }
    LARDER_ASSIGN_OR_RETURN(request.now_us, ParseInstant(now));
  }
  const auto* entities = body.Find("entities");
  if (entities == nullptr) {
    return Status(Reason::kMalformedRequest, "the body has no 'entities'",
                  "send {\"entities\": {\"KEY\": [...]}, \"features\": [...]}");
  }
  LARDER_ASSIGN_OR_RETURN(const JsonObject columns, JsonObject::Of(*entities, "entities"));
  EntityColumns reader(columns, project_.config().server.max_rows);
  LARDER_RETURN_IF_ERROR(reader.CheckLengths());
  LARDER_ASSIGN_OR_RETURN(request.plan, PlanFor(features));
  request.row_count = reader.row_count();
  LARDER_ASSIGN_OR_RETURN(request.keys, reader.Read(request.plan->key_columns, Reason::kMissingColumn));
  LARDER_ASSIGN_OR_RETURN(request.request_values,
                          reader.Read(request.plan->request_columns, Reason::kMissingRequestValue));
  return request;
}

Result<ApiAnswer> Api::GetOnlineFeatures(const ApiRequest& request, const ApiCall& /*call*/) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(request.body));
  LARDER_ASSIGN_OR_RETURN(const JsonObject body, JsonObject::Of(document.root(), "body"));
  LARDER_RETURN_IF_ERROR(body.CheckKnown({"entities", "features", "feature_service", "full_feature_names", "now",
                                          "timestamps", "include_feature_view_version_metadata"}));
  LARDER_ASSIGN_OR_RETURN(const FeatureRequest features, ReadFeatureRequest(body));
  LARDER_ASSIGN_OR_RETURN(const std::string timestamps, body.Text("timestamps", "seconds"));
  if (timestamps != "seconds" && timestamps != "iso") {
    return Status(Reason::kMalformedRequest, "unknown form of timestamps: '" + timestamps + "'",
                  "it is \"seconds\" or \"iso\"");
  }
  LARDER_ASSIGN_OR_RETURN(const OnlineRequest read, ReadOnlineRequest(body, features, request.is_trusted));
  LARDER_ASSIGN_OR_RETURN(const OnlineAnswer answer, ReadOnline(project_, tables_, read));
  CountOnlineRows(*read.plan, answer, counters_);
  if (WantsArrow(request.accept)) {
    LARDER_ASSIGN_OR_RETURN(std::string stream, OnlineAnswerArrow(*read.plan, answer));
    return ApiAnswer{200, kArrowStreamType, std::move(stream)};
  }
  return ApiAnswer{200, "application/json", OnlineAnswerJson(answer, {timestamps == "iso"})};
}

Result<ApiAnswer> Api::ExplainValue(const ApiRequest& request, const ApiCall& call) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(request.body));
  LARDER_ASSIGN_OR_RETURN(const JsonObject body, JsonObject::Of(document.root(), "body"));
  LARDER_RETURN_IF_ERROR(body.CheckKnown({"entities", "feature", "now"}));
  ExplainRequest explain;
  LARDER_ASSIGN_OR_RETURN(explain.reference, body.Text("feature", ""));
  LARDER_ASSIGN_OR_RETURN(explain.read, ReadOnlineRequest(body, {{explain.reference}, "", false}, request.is_trusted));
  MemoryBudget memory(project_.config().engine.memory_bytes);
  const ExecutionContext context{memory, project_.threads(), call.cancellation, call.progress, ""};
  LARDER_ASSIGN_OR_RETURN(const Explanation explanation, Explain(project_, tables_, explain, context));
  return ApiAnswer{200, "application/json", ExplanationJson(explanation)};
}

}  // namespace larder
