#include "http/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>

namespace larder::http {
namespace {

constexpr int kAcceptQueueLength = 1024;
constexpr int kSocketFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr mode_t kSocketFileMode = 0600;

using HostList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<HostList> FindHost(const Address& address, bool is_for_listening) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV | (is_for_listening ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &found);
  if (error != 0) {
    return Status(Reason::kUsage, "cannot find host: '" + address.host + "': " + ::gai_strerror(error),
                  "check the name, or give its number");
  }
  return HostList(found, &::freeaddrinfo);
}

/// Holds the system's name of a socket file. A path that is too long for it goes by way of its open folder.
struct SocketFileName {
  sockaddr_un name{};
  Socket folder;

  const sockaddr* pointer() const { return reinterpret_cast<const sockaddr*>(&name); }
};

Result<SocketFileName> NameSocketFile(const Address& address) {
  SocketFileName file;
  file.name.sun_family = AF_UNIX;
  std::string path = address.path;
  if (path.size() >= sizeof(file.name.sun_path)) {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string::npos) {
      file.folder = Socket(::open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (!file.folder.is_open()) return SocketFailure("open the folder of", address, errno);
      path = "/proc/self/fd/" + std::to_string(file.folder.number()) + path.substr(slash);
    }
    if (path.size() >= sizeof(file.name.sun_path)) return SocketFailure("name", address, ENAMETOOLONG);
  }
  std::memcpy(file.name.sun_path, path.c_str(), path.size() + 1);
  return file;
}

Status WaitUntilConnected(const Socket& socket, const Address& address, std::int64_t timeout_us) {
  pollfd watched{socket.number(), POLLOUT, 0};
  int ready = 0;
  do {  // a signal begins the wait anew
    ready = ::poll(&watched, 1, static_cast<int>(timeout_us / 1000));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return SocketFailure("connect to", address, ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof(error);
  if (ready < 0 || ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error == 0 ? Status() : SocketFailure("connect to", address, error);
}

Result<Socket> ConnectOne(const Address& address, const sockaddr* name, socklen_t size, std::int64_t timeout_us) {
  Socket socket(::socket(name->sa_family, kSocketFlags, 0));
  if (!socket.is_open()) return SocketFailure("make a socket for", address, errno);
  if (::connect(socket.number(), name, size) != 0) {
    if (errno != EINPROGRESS) return SocketFailure("connect to", address, errno);
    LARDER_RETURN_IF_ERROR(WaitUntilConnected(socket, address, timeout_us));
  }
  return socket;
}

void SendWithoutDelay(const Socket& socket) {
  const int on = 1;
  // Only a matter of speed: what fails here goes on slower.
  static_cast<void>(::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
}

std::uint16_t PortOf(const Socket& socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&name), &size) != 0) return 0;
  if (name.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(name).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(name).sin_port);
}

Result<Listener> ListenOnPort(const Address& address) {
  LARDER_ASSIGN_OR_RETURN(const HostList hosts, FindHost(address, true));
  Listener listener{Socket(::socket(hosts->ai_family, kSocketFlags, 0)), address, 0};
  if (!listener.socket.is_open()) return SocketFailure("make a socket for", address, errno);
  const int on = 1;
  // Without it a server could not start again for a minute after it stopped.
  if (::setsockopt(listener.socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(listener.socket.number(), hosts->ai_addr, hosts->ai_addrlen) != 0 ||
      ::listen(listener.socket.number(), kAcceptQueueLength) != 0) {
    return SocketFailure("listen on", address, errno);
  }
  listener.address.port = PortOf(listener.socket);
  return listener;
}

/// Removes a socket file that nobody answers. Fails with kPortInUse when somebody does.
Status RemoveStale(const Address& address) {
  struct stat entry;
  if (::lstat(address.path.c_str(), &entry) != 0) return {};
  if (!S_ISSOCK(entry.st_mode)) return SocketFailure("listen on", address, EEXIST);
  constexpr std::int64_t kProbeTimeoutUs = 1'000'000;
  const Status answer = ConnectTo(address, kProbeTimeoutUs).status();
  if (answer.ok()) return SocketFailure("listen on", address, EADDRINUSE);
  if (answer.reason() != Reason::kUnavailable) return answer;
  if (::unlink(address.path.c_str()) != 0 && errno != ENOENT) return SocketFailure("replace", address, errno);
  return {};
}

Result<Listener> ListenOnFile(const Address& address) {
  LARDER_RETURN_IF_ERROR(RemoveStale(address));
  LARDER_ASSIGN_OR_RETURN(const SocketFileName file, NameSocketFile(address));
  Listener listener{Socket(::socket(AF_UNIX, kSocketFlags, 0)), address, 0};
  if (!listener.socket.is_open()) return SocketFailure("make a socket for", address, errno);
  struct stat entry;
  // Between bind and listen nobody can connect: the rights are right before anybody may.
  if (::bind(listener.socket.number(), file.pointer(), sizeof(file.name)) != 0 ||
      ::chmod(address.path.c_str(), kSocketFileMode) != 0 ||
      ::listen(listener.socket.number(), kAcceptQueueLength) != 0 || ::stat(address.path.c_str(), &entry) != 0) {
    return SocketFailure("listen on", address, errno);
  }
  listener.inode = entry.st_ino;
  return listener;
}

}  // namespace

void Socket::Close() {
  const int number = std::exchange(number_, -1);
  if (number >= 0) ::close(number);
}

Status SocketFailure(std::string_view what, const Address& address, int error) {
  const std::string message =
      "cannot " + std::string(what) + " " + address.ToString() + ": " + std::generic_category().message(error);
  switch (error) {
    case EADDRINUSE:
      return Status(Reason::kPortInUse, message, "stop what listens there, or choose another with --listen");
    case EACCES:
    case EPERM:
      return Status(Reason::kPermissionDenied, message, "ports below 1024 and others' folders need rights");
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ENOENT:
    case EAGAIN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
      return Status(Reason::kUnavailable, message, "check that the server runs there");
    default:
      return Status(Reason::kIoError, message);
  }
}

Result<Socket> ConnectTo(const Address& address, std::int64_t timeout_us) {
  if (address.kind == ListenerKind::kUnixSocket) {
    LARDER_ASSIGN_OR_RETURN(const SocketFileName file, NameSocketFile(address));
    return ConnectOne(address, file.pointer(), sizeof(file.name), timeout_us);
  }
  LARDER_ASSIGN_OR_RETURN(const HostList hosts, FindHost(address, false));
  Status failure = SocketFailure("connect to", address, EHOSTUNREACH);
  for (const addrinfo* host = hosts.get(); host != nullptr; host = host->ai_next) {
    Result<Socket> socket = ConnectOne(address, host->ai_addr, host->ai_addrlen, timeout_us);
    if (socket.ok()) {
      SendWithoutDelay(*socket);
      return socket;
    }
    failure = socket.status();
  }
  return failure;
}

Result<Listener> ListenOn(const Address& address) {
  return address.kind == ListenerKind::kTcp ? ListenOnPort(address) : ListenOnFile(address);
}

int AcceptFrom(const Listener& listener, Socket& socket) {
  socket = Socket(::accept4(listener.socket.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.is_open()) return errno;
  if (listener.address.kind == ListenerKind::kTcp) SendWithoutDelay(socket);
  return 0;
}

void CloseListener(Listener& listener) {
  struct stat entry;
  const bool is_own_file = listener.socket.is_open() && listener.address.kind == ListenerKind::kUnixSocket &&
                           ::stat(listener.address.path.c_str(), &entry) == 0 && entry.st_ino == listener.inode;
  // A file that cannot be removed is found stale by the next server.
  if (is_own_file) static_cast<void>(::unlink(listener.address.path.c_str()));
  listener.socket.Close();
}

}  // namespace larder::http
