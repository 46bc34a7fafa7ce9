// What goes over a connection, free of bytes: a request as the handler sees it, a response as the handler makes it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::http {

/// Says how a client reached the server: by a port, or by the socket file, which only the server's own user can open.
enum class ListenerKind : std::uint8_t { kTcp, kUnixSocket };

/// Holds one header field as it was sent; the value without the white space around it.
struct Header {
  std::string_view name;
  std::string_view value;
};

/// Returns whether two texts are equal but for capital ASCII letters.
bool EqualIgnoringCase(std::string_view a, std::string_view b);

/// Holds one whole, well-framed request. Everything it points to is valid until Handler::Handle returns: a handler that
/// answers later copies what it needs, and takes the body.
struct Request {
  std::string_view method;  ///< such as "GET"; methods are case-sensitive
  std::string_view target;  ///< as sent
  std::string_view path;    ///< the part of the target before '?', percent-encoded as sent; begins with '/', or is "*"
  std::string_view query;   ///< the part after '?'
  std::span<const Header> headers;
  std::string_view body;
  ListenerKind listener = ListenerKind::kTcp;
  int loop_index = 0;  ///< which event loop calls: handlers may keep buffers per loop, without locks
  int minor_version = 1;
  bool keep_alive = true;

  /// Returns the value of the first field of this name, in any capitals.
  std::optional<std::string_view> FindHeader(std::string_view name) const;
  /// Returns the body as a string of one's own: moved where it was collected, copied where it lies in a read buffer.
  /// `body` is empty afterwards.
  std::string TakeBody();

  std::string* collected_body = nullptr;  ///< where `body` points to, unless it points into a read buffer
};

/// Holds what is answered. Content-Length, Date and Connection are put by the connection.
struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  ///< control characters in them are dropped
  std::string body;
  std::shared_ptr<const std::string> shared_body;  ///< sent in place of `body` when set; never copied
};

/// Returns the value of a parameter of a query string, percent-decoded ('+' is a space): `a=1&b=x%20y`. The first of
/// equals; empty for a name without '='. None when it is not there or its encoding is broken.
std::optional<std::string> QueryParameter(std::string_view query, std::string_view name);

/// Returns the text with each %XY replaced by its byte; none when a % is not followed by two hexadecimal digits.
std::optional<std::string> DecodePercent(std::string_view text);

}  // namespace larder::http
