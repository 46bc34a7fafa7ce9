#include "serving/api_session.h"

#include <chrono>
#include <thread>
#include <utility>

#include "http/client.h"
#include "serving/error_body.h"
#include "serving/json_document.h"
#include "serving/server.h"

namespace larder {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(100);
constexpr std::int64_t kOwnerWaitNs = 5'000'000'000;    // how long a command waits for another one to give the store up
constexpr std::int64_t kConnectTimeoutUs = 60'000'000;  // a busy owner is not an absent one, which refuses at once
constexpr std::int64_t kAnswerTimeoutUs = 600'000'000;

Result<std::string> BodyOf(int status, std::string body) {
  if (status >= 200 && status < 300) return body;
  return ParseErrorBody(status, body);
}

class LocalSession final : public ApiSession {
 public:
  LocalSession(Project& project, std::unique_ptr<Counters> counters, std::unique_ptr<OnlineTables> tables)
      : counters_(std::move(counters)), tables_(std::move(tables)), api_(project, *tables_, *counters_) {}

  bool is_remote() const override { return false; }

  Result<std::string> Call(const ApiRequest& request, const ApiCall& call) override {
    ApiRequest trusted = request;
    trusted.is_trusted = true;
    ApiAnswer answer = api_.Answer(trusted, call);
    return BodyOf(answer.status, std::move(answer.body));
  }

  Result<std::string> RunJob(const ApiRequest& request, const ApiCall& call) override {
    ApiRequest detailed = request;
    detailed.query = "details=true";
    return Call(detailed, call);
  }

 private:
  std::unique_ptr<Counters> counters_;
  std::unique_ptr<OnlineTables> tables_;
  Api api_;
};

class RemoteSession final : public ApiSession {
 public:
  explicit RemoteSession(http::Client client) : client_(std::move(client)) {}

  bool is_remote() const override { return true; }

  Result<std::string> Call(const ApiRequest& request, const ApiCall& /*call*/) override {
    const std::string target = request.query.empty() ? request.path : request.path + "?" + request.query;
    http::ClientRequest asked;
    asked.method = request.method;
    asked.target = target;
    asked.body = request.body;
    if (!request.content_type.empty()) asked.content_type = request.content_type;
    if (!request.accept.empty()) asked.headers.emplace_back("Accept", request.accept);
    LARDER_ASSIGN_OR_RETURN(http::ClientResponse response, client_.Send(asked));
    return BodyOf(response.status, std::move(response.body));
  }

  Result<std::string> RunJob(const ApiRequest& request, const ApiCall& call) override {
    ApiRequest asynchronous = request;
    asynchronous.query = "async=true";
    LARDER_ASSIGN_OR_RETURN(std::string job, Call(asynchronous, call));
    bool is_cancelled = false;
    std::string stage;
    while (true) {
      LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(job));
      LARDER_ASSIGN_OR_RETURN(const JsonObject state, JsonObject::Of(document.root(), "job"));
      LARDER_ASSIGN_OR_RETURN(const std::string id, state.Text("id", ""));
      LARDER_ASSIGN_OR_RETURN(const std::string name, state.Text("state", ""));
      if (name != "running" && !stage.empty()) call.progress->End();
      if (name == "done") return std::string(simdjson::minify(*state.Find("result")));
      if (name != "running") {
        return ParseErrorBody(500, "{\"error\":" + std::string(simdjson::minify(*state.Find("error"))) + "}");
      }
      LARDER_RETURN_IF_ERROR(Show(state, call, stage));
      if (call.cancellation != nullptr && call.cancellation->cancelled() && !is_cancelled) {
        is_cancelled = true;
        LARDER_RETURN_IF_ERROR(Call({"POST", "/jobs/" + id + "/cancel", "", "{}"}, call).status());
      }
      std::this_thread::sleep_for(kPollInterval);
      Result<std::string> now = Call({"GET", "/jobs/" + id}, call);
      if (now.status().reason() == Reason::kUnavailable) return WentAway(now.status());
      LARDER_ASSIGN_OR_RETURN(job, std::move(now));
    }
  }

 private:
  // A server that ends stops its jobs: what each has brought to its end stays, the rest is as it was.
  static Status WentAway(const Status& failure) {
    return Status(Reason::kUnavailable, "the server ended while it worked on this: " + std::string(failure.message()),
                  "run the command again: what was not finished left nothing behind");
  }

  static Status Show(const JsonObject& state, const ApiCall& call, std::string& stage) {
    if (call.progress == nullptr) return {};
    LARDER_ASSIGN_OR_RETURN(const std::string now, state.Text("stage", ""));
    LARDER_ASSIGN_OR_RETURN(const std::string unit, state.Text("unit", ""));
    if (now.empty()) return {};
    if (now != stage) {
      if (!stage.empty()) call.progress->End();
      call.progress->Begin(now, unit);
      stage = now;
    }
    std::int64_t done = 0;
    std::int64_t total = Progress::kUnknownTotal;
    if (const auto* shown = state.Find("done"); shown == nullptr || shown->get(done) != simdjson::SUCCESS) return {};
    if (const auto* known = state.Find("total"); known != nullptr && known->get(total) != simdjson::SUCCESS) return {};
    call.progress->Update(done, total);
    return {};
  }

  http::Client client_;
};

}  // namespace

Result<std::unique_ptr<ApiSession>> ApiSession::FindServer(Project& project) {
  http::Address address;
  address.kind = http::ListenerKind::kUnixSocket;
  address.path = SocketPath(project.config());
  const Status there = project.files().Stat(address.path).status();
  if (there.reason() == Reason::kFileNotFound) return std::unique_ptr<ApiSession>();
  LARDER_RETURN_IF_ERROR(there);
  http::ClientOptions options;
  options.connect_timeout_us = kConnectTimeoutUs;
  options.response_timeout_us = kAnswerTimeoutUs;
  http::Client client(address, project.clock(), options);
  // Whoever left the socket file may be gone: then nobody answers, and the store is free.
  if (const auto health = client.Send({"GET", "/health", "", "", {}}); !health.ok()) {
    if (health.status().reason() == Reason::kPermissionDenied) return health.status();
    return std::unique_ptr<ApiSession>();
  }
  return std::unique_ptr<ApiSession>(std::make_unique<RemoteSession>(std::move(client)));
}

Result<std::unique_ptr<ApiSession>> ApiSession::Open(Project& project) {
  const std::int64_t give_up_ns = project.clock().MonotonicNs() + kOwnerWaitNs;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(auto remote, FindServer(project));
    if (remote != nullptr) return remote;
    auto counters = std::make_unique<Counters>();
    auto tables = OnlineTables::Open(project, *counters);
    if (tables.ok()) {
      return std::unique_ptr<ApiSession>(
          std::make_unique<LocalSession>(project, std::move(counters), std::move(tables).value()));
    }
    // Another command has the store for a moment, or a server that comes up has it and will soon answer.
    const bool may_end = tables.status().reason() == Reason::kLocked && project.clock().MonotonicNs() < give_up_ns;
    if (!may_end) return tables.status();
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace larder
