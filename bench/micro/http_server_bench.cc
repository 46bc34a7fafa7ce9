// A server that sends one constant answer: what the event loops cost alone, the floor under every route. Usage:
// http_server_bench [BODY_BYTES [LOOPS]]; prints its address, serves until its standard input ends, then prints the
// requests answered and the CPU that each took. Drive it with wrk, for example: wrk -t1 -c64 -d10s http://ADDRESS/.
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/server.h"

namespace {

using larder::Status;
using larder::http::Handler;
using larder::http::Request;
using larder::http::Responder;
using larder::http::Response;

class ConstantHandler final : public Handler {
 public:
  explicit ConstantHandler(std::size_t body_bytes) : body_(body_bytes, 'x') {}

  void Handle(Request& /*request*/, Responder responder) override {
    request_count.fetch_add(1, std::memory_order_relaxed);
    responder.SendPlain({.status = 200, .content_type = "application/json", .body = body_});
  }
  Response Refuse(const Status& status) override {
    Response response;
    response.status = larder::Describe(status.reason()).http_status;
    return response;
  }

  std::atomic<std::uint64_t> request_count{0};

 private:
  const std::string body_;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::size_t body_bytes = argument_count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 600;
  const int loop_count = argument_count > 2 ? std::atoi(arguments[2]) : 1;
  const std::unique_ptr<larder::Clock> clock = larder::NewSystemClock();
  ConstantHandler handler(body_bytes);
  larder::http::ServerOptions options;
  options.listen.emplace_back();
  options.listen.back().host = "127.0.0.1";
  options.listen.back().port = 0;
  options.loop_count = loop_count;
  const auto server = larder::http::StartServer(options, handler, *clock);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    return 1;
  }
  std::printf("127.0.0.1:%d\n", (*server)->addresses().front().port);
  std::fflush(stdout);
  const double began = CpuSeconds();
  while (std::getchar() != EOF) {
  }
  const double spent = CpuSeconds() - began;
  const auto count = static_cast<double>(handler.request_count.load());
  std::printf("requests: %.0f, CPU: %.2f us each\n", count, count > 0 ? spent / count * 1e6 : 0.0);
  return 0;
}
