// Responses to bytes (RFC 9112 section 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::http {

/// Says what stands in the head of a response.
struct ResponseHead {
  int status = 200;
  std::string_view content_type;
  std::size_t content_length = 0;
  const std::vector<std::pair<std::string, std::string>>* headers = nullptr;  ///< more fields, or none
  std::string_view date;                                                      ///< see FormatHttpDate
  bool keep_alive = true;                                                     ///< otherwise "Connection: close" is told
  int minor_version = 1;  ///< of the request: HTTP/1.0 clients are told that the connection stays
};

/// Returns the words for a status, such as "Not Found"; "Status" for one without.
std::string_view ReasonPhrase(int status);

/// Returns whether a response of this status has a body: all but 1xx, 204 and 304.
bool HasBody(int status);

/// Appends the status line, the fields and the empty line. A status without a body gets no length.
void AppendResponseHead(const ResponseHead& head, std::string& out);

/// Returns a moment as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
std::string FormatHttpDate(std::int64_t instant_us);

}  // namespace larder::http
