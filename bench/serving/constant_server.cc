// Answers every request with the same bytes: the floor under a server on the same event loop. Usage: constant_server BYTES;
// prints its address, and serves until its standard input ends.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/handler.h"
#include "http/server.h"

namespace {

class ConstantHandler final : public larder::http::Handler {
 public:
  explicit ConstantHandler(std::size_t byte_count) : body_(byte_count, '0') {}

  void Handle(larder::http::Request& /*request*/, larder::http::Responder responder) override {
    responder.SendPlain({.status = 200, .content_type = "application/json", .body = body_});
  }
  larder::http::Response Refuse(const larder::Status& /*status*/) override { return {}; }

 private:
  const std::string body_;
};

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 2) return 2;
  ConstantHandler handler(std::strtoul(arguments[1], nullptr, 10));
  const auto clock = larder::NewSystemClock();
  larder::http::ServerOptions options;
  options.listen = {*larder::http::ParseAddress("127.0.0.1:0")};
  options.loop_count = 2;
  const auto server = larder::http::StartServer(options, handler, *clock);
  if (!server.ok()) return 1;
  std::printf("http://%s\n", (*server)->addresses().front().ToString().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) continue;
  return 0;
}
