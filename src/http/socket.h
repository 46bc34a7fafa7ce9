// Sockets of the operating system: owned, opened, bound and connected.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "http/address.h"

namespace larder::http {

/// Owns a socket, or any other descriptor. Move-only.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int number) : number_(number) {}
  Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Socket() { Close(); }

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }
  void Close();

 private:
  int number_ = -1;
};

/// Returns a failure that names what failed, the address and the system's words for `error`: kPortInUse,
/// kPermissionDenied, kUnavailable (nobody answers) or kIoError.
Status SocketFailure(std::string_view what, const Address& address, int error);

/// Returns a non-blocking socket that is connected, or fails after `timeout_us`.
Result<Socket> ConnectTo(const Address& address, std::int64_t timeout_us);

/// Holds a socket that listens, and the address that it got.
struct Listener {
  Socket socket;
  Address address;
  std::uint64_t inode = 0;  ///< of the socket file
};

/// Opens a non-blocking listening socket. See StartServer for the failures.
Result<Listener> ListenOn(const Address& address);

/// Takes the next connection, non-blocking, into `socket`. Returns 0, or the system's error: EAGAIN when there is none.
int AcceptFrom(const Listener& listener, Socket& socket);

/// Removes the listener's socket file, if it is still its own, and closes the socket.
void CloseListener(Listener& listener);

}  // namespace larder::http
