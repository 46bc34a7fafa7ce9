#include "serving/server.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/counters.h"
#include "base/thread_pool.h"
#include "http/server.h"
#include "serving/api.h"
#include "serving/online_route.h"

namespace larder {
namespace {

constexpr auto kTick = std::chrono::milliseconds(50);
constexpr std::int64_t kReloadIntervalNs = 1'000'000'000;

// Turns HTTP requests into requests of the API: what is quick is answered in the event loop, the rest by workers.
class ApiHandler final : public http::Handler {
 public:
  ApiHandler(Api& api, ThreadPool& workers, int loop_count)
      : api_(api), workers_(workers), online_(api, workers, loop_count) {}

  void Handle(http::Request& request, http::Responder responder) override {
    if (OnlineRoute::Takes(request)) return online_.Handle(request, std::move(responder));
    ApiRequest asked = ToApiRequest(request);
    const Route* route = Api::FindRoute(asked.method, asked.path);
    if (route == nullptr || (route->is_quick && asked.body.size() <= OnlineRoute::kMaxBodyInLoopBytes)) {
      return responder.Send(ToResponse(api_.Answer(asked, {})));
    }
    AnswerLater(workers_, std::move(responder), [this, asked = std::move(asked)] {
      return api_.Answer(asked, {&stopping_, nullptr});
    });
  }

  http::Response Refuse(const Status& status) override { return ToResponse(Api::FailureAnswer(status)); }

  /// Interrupts long requests that workers answer.
  void Stop() { stopping_.Cancel(); }

 private:
  Api& api_;
  ThreadPool& workers_;
  OnlineRoute online_;
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

// Lets work in progress finish: jobs, whose askers need the listeners, then requests. What is still at work shortly
// before the end of the time is interrupted, so that its callers hear why.
void DrainServer(Project& project, Api& api, ApiHandler& handler, http::Server& server) {
  const std::int64_t began_ns = project.clock().MonotonicNs();
  const std::int64_t timeout_us = project.config().server.drain_timeout_us;
  api.FinishJobs(std::chrono::microseconds(timeout_us / 10 * 8));
  api.Stop();
  const std::int64_t left_us =
      std::max<std::int64_t>(timeout_us - (project.clock().MonotonicNs() - began_ns) / 1000, 0);
  const std::jthread last_call([&handler, left_us](const std::stop_token& drained) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, drained, std::chrono::microseconds(left_us / 10 * 9), [] { return false; });
    if (!drained.stop_requested()) handler.Stop();
  });
  server.Drain(left_us);
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
  auto workers = std::make_unique<ThreadPool>(config.workers, static_cast<std::size_t>(config.max_queue));
  ApiHandler handler(api, *workers, config.threads);
  LARDER_ASSIGN_OR_RETURN(const auto server,
                          http::StartServer(HttpOptions(config, options.listen, socket), handler, project.clock()));
  if (options.started) options.started(server->addresses().front());
  WaitForStop(project, api, options);
  project.logger().Info("draining");
  DrainServer(project, api, handler, *server);
  handler.Stop();
  workers.reset();  // what they are still at uses the handler
  return {};
}

}  // namespace larder
