// Routes of long work: /materialize, /materialize-incremental and /jobs.
#include <memory>
#include <utility>

#include "base/timestamp.h"
#include "http/message.h"
#include "retrieval/materialize.h"
#include "serving/api.h"
#include "serving/json_document.h"
#include "text/json_writer.h"

namespace larder {
namespace {

std::string DoneJson(const std::vector<MaterializedView>& done) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("views");
  json.BeginArray();
  for (const MaterializedView& view : done) {
    json.BeginObject();
    json.StringMember("view", view.view);
    json.IntegerMember("version", view.version);
    json.IntegerMember("generation", view.generation);
    json.Key("from");
    view.from_us == kBeginningOfTimeUs ? json.Null() : json.String(FormatInstant(view.from_us));
    json.StringMember("to", FormatInstant(view.to_us));
    json.IntegerMember("rows_read", view.rows_read);
    json.IntegerMember("rows_written", view.rows_written);
    json.IntegerMember("rows_older", view.rows_older);
    json.IntegerMember("rows_ignored", view.rows_ignored);
    json.Key("seconds");
    json.Float64(view.seconds);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text;
}

Status ReadInstant(const JsonObject& body, std::string_view name, std::optional<std::int64_t>& instant_us) {
  LARDER_ASSIGN_OR_RETURN(const std::string text, body.Text(name, ""));
  if (text.empty()) return {};
  const auto parsed = ParseInstant(text);
  if (!parsed.ok()) return parsed.status().WithContext(std::string(name));
  instant_us = *parsed;
  return {};
}

// "/jobs/{id}" or "/jobs/{id}/cancel" -> id.
std::string JobId(const std::string& path) {
  const std::size_t begin = std::string_view("/jobs/").size();
  return path.substr(begin, path.find('/', begin) - begin);
}

}  // namespace

Result<ApiAnswer> Api::RunMaterialization(const MaterializeRequest& request, const ApiRequest& from,
                                          const ApiCall& call) {
  // A request that cannot be done is refused at once, also when the work itself is done by a job.
  LARDER_ASSIGN_OR_RETURN(auto materialization, AcceptMaterialization(project_, tables_, request));
  const auto work = [this, accepted = std::shared_ptr<Materialization>(std::move(materialization))](
                        const Cancellation* cancellation, Progress* progress) -> Result<std::string> {
    MemoryBudget memory(project_.config().engine.memory_bytes);
    const ExecutionContext context{memory, project_.threads(), cancellation, progress, project_.config().engine.spill};
    LARDER_ASSIGN_OR_RETURN(const auto done, accepted->Run(context));
    for (const MaterializedView& view : done) {
      counters_.GetCounter({"larder_materialized_rows_total", "Rows materialized"}, {{"view", view.view}})
          .Add(static_cast<std::uint64_t>(view.rows_written));
      counters_.GetGauge({"larder_materialization_seconds", "Time of the last materialization"}, {{"view", view.view}})
          .Set(view.seconds);
    }
    return DoneJson(done);
  };
  if (http::QueryParameter(from.query, "async").value_or("") == "true") {
    LARDER_ASSIGN_OR_RETURN(const std::string id,
                            jobs_.Begin([work](const Cancellation& cancellation, Progress& progress) {
                              return work(&cancellation, &progress);
                            }));
    LARDER_ASSIGN_OR_RETURN(std::string described, jobs_.Describe(id));
    return ApiAnswer{202, "application/json", std::move(described), {{"Location", "/jobs/" + id}}};
  }
  LARDER_ASSIGN_OR_RETURN(std::string done, work(call.cancellation, call.progress));
  const bool details = http::QueryParameter(from.query, "details").value_or("") == "true";
  return ApiAnswer{200, "application/json", details ? std::move(done) : "null"};
}

Result<ApiAnswer> Api::MaterializeRange(const ApiRequest& request, const ApiCall& call) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(request.body));
  LARDER_ASSIGN_OR_RETURN(const JsonObject body, JsonObject::Of(document.root(), "body"));
  LARDER_RETURN_IF_ERROR(
      body.CheckKnown({"start_ts", "end_ts", "feature_views", "disable_event_timestamp", "full_feature_names"}));
  LARDER_ASSIGN_OR_RETURN(const bool without_times, body.Bool("disable_event_timestamp", false));
  MaterializeRequest materialize;
  LARDER_ASSIGN_OR_RETURN(materialize.views, body.Texts("feature_views"));
  if (!without_times) {
    LARDER_RETURN_IF_ERROR(ReadInstant(body, "start_ts", materialize.from_us));
    LARDER_RETURN_IF_ERROR(ReadInstant(body, "end_ts", materialize.to_us));
  }
  return RunMaterialization(materialize, request, call);
}

Result<ApiAnswer> Api::MaterializeIncremental(const ApiRequest& request, const ApiCall& call) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(request.body));
  LARDER_ASSIGN_OR_RETURN(const JsonObject body, JsonObject::Of(document.root(), "body"));
  LARDER_RETURN_IF_ERROR(body.CheckKnown({"end_ts", "feature_views", "full_feature_names"}));
  MaterializeRequest materialize;
  materialize.incremental = true;
  LARDER_ASSIGN_OR_RETURN(materialize.views, body.Texts("feature_views"));
  LARDER_RETURN_IF_ERROR(ReadInstant(body, "end_ts", materialize.to_us));
  return RunMaterialization(materialize, request, call);
}

Result<ApiAnswer> Api::GetJob(const ApiRequest& request, const ApiCall& /*call*/) {
  LARDER_ASSIGN_OR_RETURN(std::string described, jobs_.Describe(JobId(request.path)));
  return ApiAnswer{200, "application/json", std::move(described)};
}

Result<ApiAnswer> Api::CancelJob(const ApiRequest& request, const ApiCall& /*call*/) {
  LARDER_RETURN_IF_ERROR(jobs_.Cancel(JobId(request.path)));
  LARDER_ASSIGN_OR_RETURN(std::string described, jobs_.Describe(JobId(request.path)));
  return ApiAnswer{200, "application/json", std::move(described)};
}

}  // namespace larder
