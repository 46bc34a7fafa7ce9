#include "http/response_parser.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/field_line.h"
#include "http/message.h"
#include "http/response_text.h"

namespace larder::http {
namespace {

constexpr std::int64_t kMaxHeadBytes = std::int64_t{64} << 10;
constexpr std::size_t kMaxReservedBytes = std::size_t{1} << 20;

Status NoHttp(std::string_view what) {
  return Status(Reason::kUnavailable, "the server's answer is no HTTP: " + std::string(what));
}

/// Says of a failure of our strict readers whose it is: here, the server's.
Status Blamed(const Status& status) {
  return status.reason() == Reason::kMalformedRequest ? NoHttp(status.message()) : status;
}

}  // namespace

ResponseParser::ResponseParser(std::int64_t max_body_bytes, bool is_head)
    : max_body_bytes_(max_body_bytes),
      is_head_(is_head),
      head_(kMaxHeadBytes),
      chunks_({.max_body_bytes = max_body_bytes, .max_trailer_bytes = kMaxHeadBytes}) {}

Result<bool> ResponseParser::Take(std::string_view& bytes) {
  while (stage_ == Stage::kHead) {
    if (bytes.empty()) return false;
    const Result<bool> is_whole = head_.Take(bytes);
    if (!is_whole.ok()) return Blamed(is_whole.status());
    if (!*is_whole) return false;
    LARDER_RETURN_IF_ERROR(ParseHead(head_.head()));
    head_.Reset();
    if (status_ < 200) continue;  // an interim response: the real one follows
    LARDER_RETURN_IF_ERROR(ReadFraming());
  }
  if (stage_ == Stage::kChunkedBody) {
    const Result<bool> is_whole = chunks_.Take(bytes, body_);
    return is_whole.ok() ? is_whole : Result<bool>(Blamed(is_whole.status()));
  }
  const bool is_sized = stage_ == Stage::kSizedBody;
  const std::string_view part = is_sized ? bytes.substr(0, body_size_ - body_.size()) : bytes;
  LARDER_RETURN_IF_ERROR(CheckRoom(body_.size() + part.size()));
  body_.append(part);
  bytes.remove_prefix(part.size());
  return is_sized && body_.size() == body_size_;
}

Status ResponseParser::TakeEnd() {
  keep_alive_ = false;
  if (stage_ == Stage::kBodyToEnd) return {};
  return Status(Reason::kUnavailable, "the server closed the connection before its answer was whole");
}

Status ResponseParser::ParseHead(std::string_view head) {
  headers_.clear();
  for (bool is_first = true; !head.empty(); is_first = false) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (is_first) {
      LARDER_RETURN_IF_ERROR(ParseStatusLine(line));
      continue;
    }
    const std::optional<Header> header = ParseFieldLine(line);
    if (!header) return NoHttp("header field '" + std::string(line.substr(0, 64)) + "'");
    headers_.emplace_back(header->name, header->value);
  }
  return {};
}

Status ResponseParser::ParseStatusLine(std::string_view line) {
  constexpr std::size_t kVersionBytes = 9;  // "HTTP/1.1 "
  const bool is_known = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  const std::string_view digits = is_known ? line.substr(kVersionBytes, 3) : std::string_view();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), status_);
  const bool is_number = error == std::errc() && end == digits.data() + 3 && status_ >= 100;
  if (!is_number) return NoHttp("first line '" + std::string(line.substr(0, 64)) + "'");
  keep_alive_ = line.starts_with("HTTP/1.1");
  return {};
}

Status ResponseParser::ReadFraming() {
  stage_ = Stage::kBodyToEnd;
  for (const auto& [name, value] : headers_) {
    if (EqualIgnoringCase(name, "transfer-encoding")) {
      if (!EqualIgnoringCase(value, "chunked")) return NoHttp("Transfer-Encoding '" + value + "'");
      stage_ = Stage::kChunkedBody;
    } else if (EqualIgnoringCase(name, "content-length") && stage_ == Stage::kBodyToEnd) {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), body_size_);
      if (error != std::errc() || end != value.data() + value.size()) return NoHttp("Content-Length '" + value + "'");
      stage_ = Stage::kSizedBody;
    } else if (EqualIgnoringCase(name, "connection")) {
      if (ListHolds(value, "close")) keep_alive_ = false;
      if (ListHolds(value, "keep-alive")) keep_alive_ = true;
    }
  }
  if (is_head_ || !HasBody(status_)) {
    stage_ = Stage::kSizedBody;
    body_size_ = 0;
  }
  if (stage_ != Stage::kSizedBody) return {};
  LARDER_RETURN_IF_ERROR(CheckRoom(body_size_));
  body_.reserve(std::min(body_size_, kMaxReservedBytes));
  return {};
}

Status ResponseParser::CheckRoom(std::uint64_t byte_count) const {
  if (byte_count <= static_cast<std::uint64_t>(max_body_bytes_)) return {};
  return Status(Reason::kLimitExceeded,
                "the server's answer is too large: more than " + std::to_string(max_body_bytes_) + " bytes");
}

}  // namespace larder::http
