// Where a server listens and a client connects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "http/message.h"

namespace larder::http {

/// Names a TCP port of a host, or a socket file.
struct Address {
  ListenerKind kind = ListenerKind::kTcp;
  std::string host;        ///< name or number, without brackets; empty for a socket file
  std::uint16_t port = 0;  ///< 0: any free one, for listening
  std::string path;        ///< of the socket file

  /// Returns `host:port`, `[host]:port` for IPv6 numbers, or `unix:path`.
  std::string ToString() const;
};

/// Reads `host:port`, `[::1]:port` or `unix:path`. Fails with kUsage.
Result<Address> ParseAddress(std::string_view text);

}  // namespace larder::http
