// A blocking HTTP/1.1 client for the command line and for tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "http/address.h"
#include "http/socket.h"

namespace larder::http {

/// Holds how long and how much a client bears.
struct ClientOptions {
  std::int64_t connect_timeout_us = 5'000'000;
  std::int64_t response_timeout_us = 60'000'000;  ///< from the first byte sent to the last received
  std::int64_t max_response_bytes = std::int64_t{1} << 30;
};

/// Says what to ask. Borrowed for the time of the call.
struct ClientRequest {
  std::string_view method = "GET";
  std::string_view target = "/";
  std::string_view content_type = "application/json";  ///< sent only with a body
  std::string_view body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Holds what was answered.
struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// Returns the value of the first field of this name, in any capitals.
  std::optional<std::string_view> FindHeader(std::string_view name) const;
};

/// Asks one server, over one connection that is kept and made again when needed. Not thread-safe.
class Client {
 public:
  /// Does not connect yet. `clock` outlives the client.
  Client(Address address, const Clock& clock, ClientOptions options = {});

  /// Sends a request and returns the response, whatever its status. Fails with kUnavailable when nobody answers, the
  /// time is over or what came is no HTTP, with kLimitExceeded when it is too much. A request is sent again only when
  /// it is GET or HEAD and a kept connection turned out to be closed.
  Result<ClientResponse> Send(const ClientRequest& request);

 private:
  Result<ClientResponse> SendOnce(const ClientRequest& request, bool is_head);
  Status SendAll(std::string_view bytes, std::int64_t deadline_ns);

  const Address address_;
  const Clock& clock_;
  const ClientOptions options_;
  Socket socket_;
};

}  // namespace larder::http
