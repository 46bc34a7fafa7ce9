#include "serving/api.h"

#include <algorithm>
#include <array>
#include <optional>

#include "lookup/lookup_session.h"
#include "lookup/online_answer_arrow.h"
#include "serving/error_body.h"
#include "serving/feast_failure.h"

namespace larder {
namespace {

constexpr std::size_t kMaxPlans = 1024;
constexpr std::array kRequestSecondsBounds = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                              0.025,   0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   5.0};

bool PathFits(std::string_view pattern, std::string_view path) {
  const std::size_t brace = pattern.find('{');
  if (brace == std::string_view::npos) return pattern == path;
  const std::size_t close = pattern.find('}', brace);
  const std::string_view tail = pattern.substr(close + 1);
  if (!path.starts_with(pattern.substr(0, brace)) || path.size() < brace + tail.size()) return false;
  const std::string_view middle = path.substr(brace, path.size() - brace - tail.size());
  return path.ends_with(tail) && !middle.empty() && middle.find('/') == std::string_view::npos;
}

std::string ShapeOf(const FeatureRequest& request) {
  std::string shape = request.full_names ? "f" : "s";
  shape += "\n" + request.service;
  for (const std::string& feature : request.features) shape += "\n" + feature;
  return shape;
}

}  // namespace

std::span<const Route> AllRoutes() {
  static constexpr std::array kRoutes = {
      Route{"POST", "/get-online-features", "Values of features for keys, now", true, &Api::GetOnlineFeatures},
      Route{"POST", "/push", "Push rows to a view or source", false, &Api::PushRows},
      Route{"POST", "/write-to-online-store", "Push rows to a view, online only", false, &Api::WriteToOnlineStore},
      Route{"POST", "/delete", "Delete keys of a view", false, &Api::DeleteKeys},
      Route{"POST", "/materialize", "Bring rows of a time range online", false, &Api::MaterializeRange},
      Route{"POST", "/materialize-incremental", "Bring new rows online", false, &Api::MaterializeIncremental},
      Route{"GET", "/jobs/{id}", "How far a job is", true, &Api::GetJob},
      Route{"POST", "/jobs/{id}/cancel", "Ask a job to stop", true, &Api::CancelJob},
      Route{"POST", "/explain", "Which rows and versions make a value", false, &Api::ExplainValue},
      Route{"GET", "/feature-views/{name}", "How a view stands online", false, &Api::GetView},
      Route{"POST", "/backup", "Copy what the project stores to a folder", false, &Api::BackUpProject},
      Route{"POST", "/reload", "Read the definitions again", false, &Api::ReloadNow},
      Route{"GET", "/health", "Whether the server can serve", true, &Api::GetHealth},
      Route{"GET", "/metrics", "Metrics in Prometheus' text format", false, &Api::GetMetrics},
      Route{"GET", "/openapi.json", "This API as an OpenAPI document", true, &Api::GetOpenApi},
      Route{"GET", "/docs", "This API as a page", true, &Api::GetDocs},
  };
  return kRoutes;
}

Api::Api(Project& project, OnlineTables& tables, Counters& counters)
    : project_(project), tables_(tables), counters_(counters) {}

Api::~Api() = default;

const Route* Api::FindRoute(std::string_view method, std::string_view path) {
  for (const Route& route : AllRoutes()) {
    const bool fits = route.method == method || (method == "HEAD" && route.method == "GET");
    if (fits && PathFits(route.path, path)) return &route;
  }
  return nullptr;
}

ApiAnswer Api::FailureAnswer(const Status& status) {
  ApiAnswer answer;
  answer.status = Describe(status.reason()).http_status;
  answer.body = ErrorBody(status);
  if (answer.status == 429 || answer.status == 503) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

ApiAnswer Api::Answer(const ApiRequest& request, const ApiCall& call) {
  const std::int64_t began_ns = project_.clock().MonotonicNs();
  const Route* route = FindRoute(request.method, request.path);
  ApiAnswer answer;
  if (route == nullptr) {
    std::string allowed;
    for (const Route& other : AllRoutes()) {
      if (PathFits(other.path, request.path)) allowed += (allowed.empty() ? "" : ", ") + std::string(other.method);
    }
    if (allowed.empty()) {
      answer = FailureAnswer(Status(Reason::kUnknownRoute, "no such route: " + request.path, "see GET /docs"));
    } else {
      answer = FailureAnswer(
          Status(Reason::kMethodNotAllowed, request.path + " does not take " + request.method, "it takes " + allowed));
      answer.headers.emplace_back("Allow", allowed);
    }
  } else {
    auto answered = (this->*route->answer)(request, call);
    answer = answered.ok() ? std::move(answered).value() : FailureAnswer(answered.status());
    // Feast's SDK repeats a request that fails by 5xx and never looks at such a body.
    const bool is_mistake = !answered.ok() && answer.status >= 400 && answer.status < 500;
    if (is_mistake && IsFromFeast(request.body)) answer.body = FeastErrorBody(answered.status());
  }
  CountAnswer(route == nullptr ? "unknown" : route->path, answer.status,
              static_cast<double>(project_.clock().MonotonicNs() - began_ns) / 1e9);
  return answer;
}

Counter& Api::AnswerCounter(Counters& counters, std::string_view route, int status) {
  return counters.GetCounter({"larder_requests_total", "Requests answered"},
                             {{"route", std::string(route)}, {"code", std::to_string(status)}});
}

Histogram& Api::AnswerSeconds(Counters& counters, std::string_view route) {
  return counters.GetHistogram({"larder_request_seconds", "Time to answer a request"}, kRequestSecondsBounds,
                               {{"route", std::string(route)}});
}

void Api::CountAnswer(std::string_view route, int status, double seconds) {
  AnswerCounter(counters_, route, status).Add();
  AnswerSeconds(counters_, route).Observe(seconds);
}

bool Api::WantsArrow(std::string_view accept) { return accept.find(kArrowStreamType) != std::string_view::npos; }

std::unique_ptr<LookupSession> Api::NewLookupSession(std::int64_t text_bytes) {
  return std::make_unique<LookupSession>(
      LookupSession::Options{project_, tables_, definitions_, static_cast<std::size_t>(text_bytes)});
}

Result<std::shared_ptr<const RegistrySnapshot>> Api::Definitions() {
  LARDER_ASSIGN_OR_RETURN(CurrentDefinitions::Numbered definitions, NumberedDefinitions());
  return std::move(definitions.snapshot);
}

Result<CurrentDefinitions::Numbered> Api::NumberedDefinitions() {
  CurrentDefinitions::Numbered definitions = definitions_.Get();
  if (definitions.snapshot != nullptr) return definitions;
  LARDER_RETURN_IF_ERROR(Reload());
  return definitions_.Get();
}

Status Api::Reload() {
  const std::lock_guard reload_lock(reload_mutex_);
  LARDER_ASSIGN_OR_RETURN(auto snapshot, project_.Snapshot());
  if (const std::optional<std::int64_t> known = definitions_.revision(); !known || *known != snapshot->revision()) {
    definitions_.Set(std::move(snapshot));
    drops_wait_ = true;
    const std::unique_lock lock(mutex_);
    plans_.clear();
  }
  if (!drops_wait_ || !definitions_.IsAlone()) return {};
  drops_wait_ = false;
  return tables_.ClearDropped(project_);
}

Result<std::shared_ptr<const RetrievalPlan>> Api::PlanFor(const FeatureRequest& request) {
  LARDER_ASSIGN_OR_RETURN(const CurrentDefinitions::Numbered definitions, NumberedDefinitions());
  const std::string shape = ShapeOf(request);
  {
    const std::shared_lock lock(mutex_);
    const auto found = plans_.find(shape);
    if (found != plans_.end() && plans_number_ == definitions.number) return found->second;
  }
  LARDER_ASSIGN_OR_RETURN(auto plan, PlanRetrieval(definitions.snapshot, request));
  const std::unique_lock lock(mutex_);
  // Changed meanwhile: this request keeps what it began with.
  if (definitions_.number() != definitions.number) return plan;
  if (plans_.size() >= kMaxPlans || plans_number_ != definitions.number) plans_.clear();
  plans_number_ = definitions.number;
  return plans_[shape] = std::move(plan);
}

Result<ApiAnswer> Api::ReloadNow(const ApiRequest& /*request*/, const ApiCall& /*call*/) {
  LARDER_RETURN_IF_ERROR(Reload());
  return ApiAnswer{200, "application/json", "null"};
}

}  // namespace larder
