// Routes that write rows: /push, /write-to-online-store and /delete.
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <utility>

#include "columnar/arrow_status.h"
#include "columnar/table_file.h"
#include "http/message.h"
#include "retrieval/push.h"
#include "retrieval/view_tables.h"
#include "serving/api.h"
#include "serving/json_columns.h"
#include "serving/json_document.h"
#include "text/json_writer.h"

namespace larder {
namespace {

constexpr std::string_view kArrowStream = "application/vnd.apache.arrow.stream";
constexpr std::int64_t kMaxPushedRows = 10'000'000;

// The types of columns that a target's JSON rows have. Columns of other names are guessed.
Result<std::map<std::string, ValueType>> KnownTypes(Project& project, OnlineTables& tables,
                                                    const RegistrySnapshot& definitions, const std::string& target) {
  std::map<std::string, ValueType> types;
  const auto& views = definitions.current().feature_views();
  if (views.contains(target)) {
    LARDER_ASSIGN_OR_RETURN(const ResolvedView view, definitions.ResolveView(target, std::nullopt));
    for (const auto& entity : view.entities) types[entity->join_key] = entity->type;
    const std::shared_ptr<const FeatureView> rows = ToViewOfSource(view).view;
    for (const Feature& feature : rows->features) types[feature.name] = feature.type;
    for (const std::string& name :
         {view.source->timestamp, view.source->created, std::string("event_timestamp"), std::string("created")}) {
      if (!name.empty()) types.emplace(name, ValueType::Of(TypeKind::kTimestamp));
    }
    return types;
  }
  const auto source = definitions.current().sources().find(target);
  if (source == definitions.current().sources().end()) return types;  // the push tells what is wrong
  LARDER_ASSIGN_OR_RETURN(const auto schema, tables.PushSchema(project, definitions, source->second));
  for (const SourceColumn& column : schema->file_columns()) {
    if (column.type) types[column.name] = *column.type;
  }
  return types;
}

Result<std::shared_ptr<arrow::Table>> ReadArrowRows(const std::string& body) {
  LARDER_ASSIGN_OR_RETURN(const auto file,
                          OpenArrowBytes(arrow::Buffer::FromString(body), "the body of the request", {}));
  ReadRequest read;
  read.columns = file->schema()->field_names();
  LARDER_ASSIGN_OR_RETURN(const auto stream, file->Read(read));
  arrow::RecordBatchVector batches;
  std::int64_t row_count = 0;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(auto batch, stream->Next());
    if (!batch) break;
    row_count += batch->rows->num_rows();
    if (row_count > kMaxPushedRows) {
      return Status(Reason::kLimitExceeded, "too many rows: more than " + std::to_string(kMaxPushedRows),
                    "send several requests");
    }
    batches.push_back(std::move(batch->rows));
  }
  return FromArrow(arrow::Table::FromRecordBatches(file->schema(), batches));
}

Status SetStores(const std::string& to, PushRequest& push) {
  push.online = to == "online" || to == "online_and_offline" || to == "both";
  push.offline = to == "offline" || to == "online_and_offline" || to == "both";
  if (push.online || push.offline) return {};
  return Status(Reason::kMalformedRequest, "unknown store to push to: '" + to + "'",
                "to is online, offline or online_and_offline");
}

std::string OutcomeJson(const PushOutcome& outcome) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.IntegerMember("rows", outcome.row_count);
  json.BoolMember("offline", outcome.offline_sequence > 0);
  json.Key("views");
  json.BeginArray();
  for (const PushOutcome::View& view : outcome.views) {
    json.BeginObject();
    json.StringMember("view", view.name);
    json.IntegerMember("written", view.rows_written);
    json.IntegerMember("older", view.rows_older);
    json.IntegerMember("ignored", view.rows_ignored);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text;
}

}  // namespace

// Rows as an Arrow stream name their target in the query: /push?name=...&to=...&delete=true&details=true.
Result<ApiAnswer> Api::PushTable(const PushRequest& request, const ApiRequest& from) {
  LARDER_ASSIGN_OR_RETURN(const PushOutcome outcome, Push(project_, &tables_, request));
  for (const PushOutcome::View& view : outcome.views) {
    const auto count = [&](const char* result, std::int64_t rows) {
      if (rows == 0) return;
      counters_.GetCounter({"larder_writes_total", "Rows pushed online"}, {{"view", view.name}, {"result", result}})
          .Add(static_cast<std::uint64_t>(rows));
    };
    count("written", view.rows_written);
    count("older", view.rows_older);
    count("ignored", view.rows_ignored);
  }
  const bool details = http::QueryParameter(from.query, "details").value_or("") == "true";
  return ApiAnswer{200, "application/json", details ? OutcomeJson(outcome) : "null"};
}

Result<ApiAnswer> Api::PushRows(const ApiRequest& request, const ApiCall& /*call*/) {
  PushRequest push;
  if (request.content_type.starts_with(kArrowStream)) {
    push.target = http::QueryParameter(request.query, "name").value_or("");
    push.deletion = http::QueryParameter(request.query, "delete").value_or("") == "true";
    LARDER_RETURN_IF_ERROR(SetStores(http::QueryParameter(request.query, "to").value_or("online"), push));
    LARDER_ASSIGN_OR_RETURN(push.rows, ReadArrowRows(request.body));
    return PushTable(push, request);
  }
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(request.body));
  LARDER_ASSIGN_OR_RETURN(const JsonObject body, JsonObject::Of(document.root(), "body"));
  LARDER_RETURN_IF_ERROR(
      body.CheckKnown({"push_source_name", "df", "to", "allow_registry_cache", "transform_on_write"}));
  LARDER_ASSIGN_OR_RETURN(push.target, body.Text("push_source_name", ""));
  LARDER_ASSIGN_OR_RETURN(const std::string to, body.Text("to", "online"));
  LARDER_RETURN_IF_ERROR(SetStores(to, push));
  const auto* df = body.Find("df");
  if (df == nullptr || push.target.empty()) {
    return Status(Reason::kMalformedRequest, "the body needs 'push_source_name' and 'df'",
                  "send {\"push_source_name\": NAME, \"df\": {COLUMN: [...]}, \"to\": \"online\"}");
  }
  LARDER_ASSIGN_OR_RETURN(const auto definitions, Definitions());
  LARDER_ASSIGN_OR_RETURN(const auto types, KnownTypes(project_, tables_, *definitions, push.target));
  LARDER_ASSIGN_OR_RETURN(push.rows, ReadJsonTable(*df, types, project_.config().server.max_rows));
  return PushTable(push, request);
}

Result<ApiAnswer> Api::WriteToOnlineStore(const ApiRequest& request, const ApiCall& /*call*/) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(request.body));
  LARDER_ASSIGN_OR_RETURN(const JsonObject body, JsonObject::Of(document.root(), "body"));
  LARDER_RETURN_IF_ERROR(body.CheckKnown({"feature_view_name", "df", "allow_registry_cache", "transform_on_write"}));
  PushRequest push;
  push.offline = false;
  LARDER_ASSIGN_OR_RETURN(push.target, body.Text("feature_view_name", ""));
  const auto* df = body.Find("df");
  if (df == nullptr || push.target.empty()) {
    return Status(Reason::kMalformedRequest, "the body needs 'feature_view_name' and 'df'",
                  "send {\"feature_view_name\": NAME, \"df\": {COLUMN: [...]}}");
  }
  LARDER_ASSIGN_OR_RETURN(const auto definitions, Definitions());
  LARDER_RETURN_IF_ERROR(definitions->current().FindFeatureView(push.target).status());
  LARDER_ASSIGN_OR_RETURN(const auto types, KnownTypes(project_, tables_, *definitions, push.target));
  LARDER_ASSIGN_OR_RETURN(push.rows, ReadJsonTable(*df, types, project_.config().server.max_rows));
  return PushTable(push, request);
}

Result<ApiAnswer> Api::DeleteKeys(const ApiRequest& request, const ApiCall& /*call*/) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(request.body));
  LARDER_ASSIGN_OR_RETURN(const JsonObject body, JsonObject::Of(document.root(), "body"));
  LARDER_RETURN_IF_ERROR(body.CheckKnown({"feature_view_name", "keys", "event_ids", "to"}));
  if (body.Find("event_ids") != nullptr) {
    return Status(
        Reason::kTypeMismatch, "event_ids beside keys are not available in this version",
        "of a window view, put the ids among the keys, under the name of the source's event_id column; a plain "
        "view has one row for each key");
  }
  PushRequest push;
  push.deletion = true;
  LARDER_ASSIGN_OR_RETURN(push.target, body.Text("feature_view_name", ""));
  LARDER_ASSIGN_OR_RETURN(const std::string to, body.Text("to", "online_and_offline"));
  LARDER_RETURN_IF_ERROR(SetStores(to, push));
  const auto* keys = body.Find("keys");
  if (keys == nullptr || push.target.empty()) {
    return Status(Reason::kMalformedRequest, "the body needs 'feature_view_name' and 'keys'",
                  "send {\"feature_view_name\": NAME, \"keys\": {JOIN_KEY: [...]}}");
  }
  LARDER_ASSIGN_OR_RETURN(const auto definitions, Definitions());
  LARDER_RETURN_IF_ERROR(definitions->current().FindFeatureView(push.target).status());
  LARDER_ASSIGN_OR_RETURN(const auto types, KnownTypes(project_, tables_, *definitions, push.target));
  LARDER_ASSIGN_OR_RETURN(push.rows, ReadJsonTable(*keys, types, project_.config().server.max_rows));
  return PushTable(push, request);
}

}  // namespace larder
