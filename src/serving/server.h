// The server of a project: its API over TCP and over the project's socket file.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/cancellation.h"
#include "base/status.h"
#include "http/address.h"
#include "retrieval/project.h"

namespace larder {

/// Returns the path of a project's socket file: `.larder/serve.sock` in its root; where that is too long for a socket,
/// a name made of it in the system's folder for temporary files.
std::string SocketPath(const ProjectConfig& config);

/// Says how to serve. Borrowed parts outlive the server.
struct ServeOptions {
  http::Address listen;
  const Cancellation* stop = nullptr;                 ///< cancelled: drain and return
  std::atomic<bool>* reload = nullptr;                ///< set: look at the registry at once; reset when done
  std::function<void(const http::Address&)> started;  ///< called with the port taken, once requests are answered
};

/// Owns the online store and serves until `stop` is cancelled, then drains: requests in progress finish, at most
/// `server.drain_timeout`. The registry is looked at every second. Fails with kLocked when another process owns the
/// store, kPortInUse when another listens, and as the store's opening does.
Status Serve(Project& project, const ServeOptions& options);

}  // namespace larder
