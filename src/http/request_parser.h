// Bytes to requests: the framing of HTTP/1.1 (RFC 9112), read strictly, free of sockets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "http/chunk_decoder.h"
#include "http/head_collector.h"
#include "http/message.h"

namespace larder::http {

/// Says how large a request may be.
struct FramingLimits {
  std::int64_t max_header_bytes = std::int64_t{16} << 10;
  int max_header_count = 100;
  std::int64_t max_body_bytes = std::int64_t{64} << 20;
};

/// Parses requests one after another, however the bytes come in. Whatever two readers could understand differently is a
/// failure: white space before a colon, folded lines, line feeds alone, a length twice or beside a transfer coding,
/// any coding but one "chunked", no host or two. After a failure nothing more is read from these bytes.
class RequestParser {
 public:
  explicit RequestParser(const FramingLimits& limits);
  RequestParser(const RequestParser&) = delete;  // the request points into the parser
  RequestParser& operator=(const RequestParser&) = delete;

  /// Takes bytes from the front of `bytes`, at most up to the end of one request. Returns whether that request is
  /// whole; false means that more bytes are needed and all were taken. Fails with kMalformedRequest or kLimitExceeded.
  Result<bool> Take(std::string_view& bytes);

  /// Returns the whole request. It points into this parser and into the bytes last given to Take.
  Request& request() { return request_; }

  /// Begins the next request.
  void Reset();

  /// Returns whether a request has begun and is not whole.
  bool has_begun() const { return stage_ != Stage::kHead || head_.has_begun(); }
  /// Returns once, when the head is whole and the body is not, whether the client waits for "100 Continue".
  bool TakeContinueWish();

 private:
  enum class Stage : std::uint8_t { kHead, kSizedBody, kChunkedBody, kWhole };

  Status ParseHead(std::string_view head);
  Status ParseRequestLine(std::string_view line);
  Status ParseTarget(std::string_view target);
  Status ParseFields(std::string_view lines);
  Status ReadFraming();
  Status ReadContentLength(std::string_view value);
  Status CheckHost() const;
  /// Copies the head here when its bytes are about to go, and points the request to the copy.
  void HoldHead();
  Result<bool> TakeBody(std::string_view& bytes);
  bool TakeSizedBody(std::string_view& bytes);

  const FramingLimits limits_;
  Stage stage_ = Stage::kHead;
  HeadCollector head_;
  ChunkDecoder chunks_;
  Request request_;
  std::vector<Header> headers_;
  std::string body_;
  std::size_t body_size_ = 0;
  bool wishes_continue_ = false;
};

}  // namespace larder::http
