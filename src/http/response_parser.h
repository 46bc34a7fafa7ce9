// Bytes to responses: what a client reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "http/chunk_decoder.h"
#include "http/head_collector.h"

namespace larder::http {

/// Parses one response, however the bytes come in. Interim responses (1xx) are skipped.
class ResponseParser {
 public:
  /// `is_head`: the request was HEAD, so that the response has no body whatever it says.
  ResponseParser(std::int64_t max_body_bytes, bool is_head);

  /// Takes bytes from the front of `bytes`. Returns whether the response is whole; fails with kUnavailable (this is not
  /// HTTP) or kLimitExceeded.
  Result<bool> Take(std::string_view& bytes);
  /// Hears that the connection ended. Fails unless that is how this response ends.
  Status TakeEnd();

  int status() const { return status_; }
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  std::string& body() { return body_; }
  /// Returns whether the connection can be used for another request.
  bool keep_alive() const { return keep_alive_; }

 private:
  enum class Stage : std::uint8_t { kHead, kSizedBody, kChunkedBody, kBodyToEnd };

  Status ParseHead(std::string_view head);
  Status ParseStatusLine(std::string_view line);
  Status ReadFraming();
  Status CheckRoom(std::uint64_t byte_count) const;

  const std::int64_t max_body_bytes_;
  const bool is_head_;
  Stage stage_ = Stage::kHead;
  HeadCollector head_;
  ChunkDecoder chunks_;
  int status_ = 0;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::string body_;
  std::size_t body_size_ = 0;
  bool keep_alive_ = true;
};

}  // namespace larder::http
