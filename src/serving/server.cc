#include "serving/server.h"

#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "base/counters.h"
#include "base/thread_pool.h"
#include "http/server.h"
#include "serving/api.h"

namespace larder {
namespace {

constexpr std::size_t kMaxInLoopBodyBytes = 64 << 10;  // larger requests must not hold up an event loop
constexpr auto kTick = std::chrono::milliseconds(50);
constexpr std::int64_t kReloadIntervalNs = 1'000'000'000;

http::Response ToResponse(ApiAnswer answer) {
  http::Response response;
  response.status = answer.status;
  response.content_type = std::move(answer.content_type);
  response.headers = std::move(answer.headers);
  response.body = std::move(answer.body);
  return response;
}

// Turns HTTP requests into requests of the API: what is quick is answered in the event loop, the rest by workers.
class ApiHandler final : public http::Handler {
 public:
  ApiHandler(Api& api, ThreadPool& workers) : api_(api), workers_(workers) {}

  void Handle(http::Request& request, http::Responder responder) override {
    ApiRequest asked;
    asked.method = request.method;
    asked.path = request.path;
    asked.query = request.query;
    asked.content_type = request.FindHeader("content-type").value_or("");
    asked.is_trusted = request.listener == http::ListenerKind::kUnixSocket;
    asked.body = request.TakeBody();
    const Route* route = Api::FindRoute(asked.method, asked.path);
    if (route == nullptr || (route->is_quick && asked.body.size() <= kMaxInLoopBodyBytes)) {
      return responder.Send(ToResponse(api_.Answer(asked, {})));
    }
    auto later = std::make_shared<http::Responder>(std::move(responder));
    auto kept = std::make_shared<ApiRequest>(std::move(asked));
    const bool queued = workers_.TrySubmit([this, later, kept] {
      later->Send(ToResponse(api_.Answer(*kept, {&stopping_, nullptr})));
    });
    if (queued) return;
    later->Send(ToResponse(Api::FailureAnswer(
        Status(Reason::kOverloaded, "too many requests wait for a worker", "try again in a moment"))));
  }

  http::Response Refuse(const Status& status) override { return ToResponse(Api::FailureAnswer(status)); }

  /// Interrupts long requests that workers answer.
  void Stop() { stopping_.Cancel(); }

 private:
  Api& api_;
  ThreadPool& workers_;
  Cancellation stopping_;
};

http::ServerOptions HttpOptions(const ServerConfig& config, const http::Address& listen, const std::string& socket) {
  http::ServerOptions options;
  http::Address local;
  local.kind = http::ListenerKind::kUnixSocket;
  local.path = socket;
  options.listen = {listen, local};
  options.loop_count = config.threads;
  options.limits.max_header_bytes = config.max_header_bytes;
  options.limits.max_body_bytes = config.max_body_bytes;
  options.limits.max_connections = static_cast<int>(config.max_connections);
  options.limits.idle_timeout_us = config.idle_timeout_us;
  options.limits.request_timeout_us = config.request_timeout_us;
  options.limits.write_timeout_us = config.request_timeout_us;
  return options;
}

// Waits for the wish to stop, and looks at the registry meanwhile.
void WaitForStop(Project& project, Api& api, const ServeOptions& options) {
  std::int64_t looked_ns = project.clock().MonotonicNs();
  while (!options.stop->cancelled()) {
    std::this_thread::sleep_for(kTick);
    const bool asked = options.reload != nullptr && options.reload->exchange(false);
    const std::int64_t now_ns = project.clock().MonotonicNs();
    if (!asked && now_ns - looked_ns < kReloadIntervalNs) continue;
    looked_ns = now_ns;
    const Status status = api.Reload();
    if (!status.ok()) project.logger().Error("cannot read the definitions again: " + status.ToString());
  }
}

}  // namespace

std::string SocketPath(const ProjectConfig& config) { return JoinPath(config.root, ".larder/serve.sock"); }

Status Serve(Project& project, const ServeOptions& options) {
  const ServerConfig& config = project.config().server;
  Counters counters;
  LARDER_ASSIGN_OR_RETURN(const auto tables, OnlineTables::Open(project, counters));
  Api api(project, *tables, counters);
  LARDER_RETURN_IF_ERROR(api.Reload());
  const std::string socket = SocketPath(project.config());
  LARDER_RETURN_IF_ERROR(project.files().MakeFolders(JoinPath(project.config().root, ".larder")));
  ThreadPool workers(config.workers, static_cast<std::size_t>(config.max_queue));
  ApiHandler handler(api, workers);
  LARDER_ASSIGN_OR_RETURN(const auto server,
                          http::StartServer(HttpOptions(config, options.listen, socket), handler, project.clock()));
  if (options.started) options.started(server->addresses().front());
  WaitForStop(project, api, options);
  project.logger().Info("draining");
  handler.Stop();
  api.Stop();
  server->Drain(config.drain_timeout_us);
  return {};
}

}  // namespace larder
