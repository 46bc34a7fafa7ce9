// An HTTP/1.1 server: a few event loops, one thread that accepts.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "http/address.h"
#include "http/handler.h"

namespace larder::http {

/// Holds how far a client may go. Every one of these is a bound on memory or on time.
struct ServerLimits {
  std::int64_t max_header_bytes = std::int64_t{16} << 10;  ///< request line and header fields together
  int max_header_count = 100;
  std::int64_t max_body_bytes = std::int64_t{64} << 20;
  int max_connections = 10'000;                           ///< one more is refused with kOverloaded and closed
  int max_pipelined = 64;                                 ///< requests of a connection that wait for their answers
  std::int64_t max_unsent_bytes = std::int64_t{1} << 20;  ///< of a connection; beyond, it is not read any further
  std::int64_t idle_timeout_us = 75'000'000;              ///< between two requests
  std::int64_t request_timeout_us = 30'000'000;           ///< from the first byte of a request to its last
  std::int64_t write_timeout_us = 30'000'000;             ///< without a byte taken by the client
};

/// Says where and how to serve.
struct ServerOptions {
  std::vector<Address> listen;  ///< at least one
  int loop_count = 2;           ///< event loops, each a thread
  ServerLimits limits;
};

/// Counts what a server did so far.
struct ServerNumbers {
  std::int64_t open_connections = 0;
  std::int64_t accepted_connections = 0;
  std::int64_t refused_connections = 0;  ///< beyond max_connections
};

/// Serves until it is drained or goes. Thread-safe.
class Server {
 public:
  virtual ~Server() = default;
  /// Returns the addresses with the ports that were taken, in the order of ServerOptions::listen.
  virtual const std::vector<Address>& addresses() const = 0;
  virtual ServerNumbers numbers() const = 0;
  /// Accepts no more, removes its socket files, closes idle connections at once, lets requests in progress finish, cuts
  /// what is left after `timeout_us`, and returns when all threads have ended.
  virtual void Drain(std::int64_t timeout_us) = 0;
};

/// The longest that a drain takes unless told otherwise.
inline constexpr std::int64_t kDrainTimeoutUs = 5'000'000;

/// Opens the listeners and starts the threads. `handler` and `clock` outlive the server; responders need not be gone.
/// Fails with kPortInUse (also for a socket file that another process answers), kPermissionDenied, kUsage for a host
/// nobody knows, kIoError; then nothing listens. A socket file that nobody answers any more is replaced; its rights are
/// 0600.
Result<std::unique_ptr<Server>> StartServer(const ServerOptions& options, Handler& handler, const Clock& clock);

}  // namespace larder::http
