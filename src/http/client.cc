#include "http/client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "http/response_parser.h"
#include "text/number_text.h"

namespace larder::http {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;

/// Waits until the socket can do `events`, or a signal came: then the caller tries, and waits again. Returns false when
/// the time is over.
bool WaitFor(const Socket& socket, short events, std::int64_t left_ns) {
  pollfd watched{socket.number(), events, 0};
  const auto left_ms = static_cast<int>(std::max<std::int64_t>(left_ns / 1'000'000, 0));
  const int ready = ::poll(&watched, 1, left_ms);
  return ready > 0 || (ready < 0 && errno == EINTR);
}

std::string RequestText(const ClientRequest& request, const Address& address) {
  std::string text;
  text.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  text.append(address.kind == ListenerKind::kTcp ? address.ToString() : "localhost").append("\r\n");
  for (const auto& [name, value] : request.headers) text.append(name).append(": ").append(value).append("\r\n");
  const bool may_have_body = request.method != "GET" && request.method != "HEAD";
  if (may_have_body || !request.body.empty()) {
    text.append("Content-Length: ");
    AppendUnsigned(request.body.size(), text);
    text.append("\r\nContent-Type: ").append(request.content_type).append("\r\n");
  }
  return text.append("\r\n").append(request.body);
}

}  // namespace

std::optional<std::string_view> ClientResponse::FindHeader(std::string_view name) const {
  for (const auto& [header_name, value] : headers) {
    if (EqualIgnoringCase(header_name, name)) return value;
  }
  return std::nullopt;
}

Client::Client(Address address, const Clock& clock, ClientOptions options)
    : address_(std::move(address)), clock_(clock), options_(options) {}

Result<ClientResponse> Client::Send(const ClientRequest& request) {
  // A server may close a kept connection at any moment; what has ended already is noticed before anything is sent.
  if (socket_.is_open() && WaitFor(socket_, POLLIN, 0)) socket_.Close();
  const bool was_kept = socket_.is_open();
  const bool is_head = request.method == "HEAD";
  Result<ClientResponse> response = SendOnce(request, is_head);
  if (response.ok()) return response;
  socket_.Close();
  const bool may_send_again = was_kept && (is_head || request.method == "GET");
  if (!may_send_again || response.status().reason() != Reason::kUnavailable) return response;
  return SendOnce(request, is_head);
}

Result<ClientResponse> Client::SendOnce(const ClientRequest& request, bool is_head) {
  if (!socket_.is_open()) {
    LARDER_ASSIGN_OR_RETURN(socket_, ConnectTo(address_, options_.connect_timeout_us));
  }
  const std::int64_t deadline_ns = clock_.MonotonicNs() + options_.response_timeout_us * 1000;
  LARDER_RETURN_IF_ERROR(SendAll(RequestText(request, address_), deadline_ns));
  ResponseParser parser(options_.max_response_bytes, is_head);
  std::string buffer(kReadBytes, '\0');
  while (true) {
    if (!WaitFor(socket_, POLLIN, deadline_ns - clock_.MonotonicNs())) {
      return SocketFailure("get an answer from", address_, ETIMEDOUT);
    }
    const ssize_t got = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return SocketFailure("get an answer from", address_, errno);
    if (got == 0) {
      LARDER_RETURN_IF_ERROR(parser.TakeEnd());
      break;
    }
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    LARDER_ASSIGN_OR_RETURN(const bool is_whole, parser.Take(bytes));
    if (is_whole) break;
  }
  if (!parser.keep_alive()) socket_.Close();
  return ClientResponse{parser.status(), parser.headers(), std::move(parser.body())};
}

Status Client::SendAll(std::string_view bytes, std::int64_t deadline_ns) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!WaitFor(socket_, POLLOUT, deadline_ns - clock_.MonotonicNs())) {
        return SocketFailure("send to", address_, ETIMEDOUT);
      }
    } else if (errno == EPIPE || errno == ECONNRESET) {
      // A server that refuses a request answers before it has read it whole: hear what it says.
      return {};
    } else if (errno != EINTR) {
      return SocketFailure("send to", address_, errno);
    }
  }
  return {};
}

}  // namespace larder::http
