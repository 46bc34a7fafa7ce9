#include "http/request_parser.h"

#include <algorithm>
#include <charconv>

#include "http/field_line.h"

namespace larder::http {
namespace {

/// What a finished request may leave behind for the next one.
constexpr std::size_t kKeptBodyBytes = std::size_t{64} << 10;
/// A length is only a claim: no more than this is reserved before bytes come.
constexpr std::size_t kMaxReservedBytes = std::size_t{1} << 20;

Status Malformed(std::string_view what, std::string_view value = {}) {
  constexpr std::size_t kShownBytes = 64;
  std::string message = "malformed request: " + std::string(what);
  if (!value.empty()) message += ": '" + std::string(value.substr(0, kShownBytes)) + "'";
  return Status(Reason::kMalformedRequest, std::move(message));
}

bool IsTargetText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

bool IsHostText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
  });
}

/// Cuts the first line off, without its end.
std::string_view CutLine(std::string_view& lines) {
  const std::size_t end = lines.find("\r\n");
  const std::string_view line = lines.substr(0, end);
  lines.remove_prefix(end + 2);
  return line;
}

}  // namespace

RequestParser::RequestParser(const FramingLimits& limits)
    : limits_(limits),
      head_(limits.max_header_bytes),
      chunks_({.max_body_bytes = limits.max_body_bytes, .max_trailer_bytes = limits.max_header_bytes}) {}

void RequestParser::Reset() {
  stage_ = Stage::kHead;
  head_.Reset();
  chunks_.Reset();
  request_ = {};
  headers_.clear();
  body_.clear();
  if (body_.capacity() > kKeptBodyBytes) body_.shrink_to_fit();
  body_size_ = 0;
  wishes_continue_ = false;
}

bool RequestParser::TakeContinueWish() {
  const bool wishes = wishes_continue_ && (stage_ == Stage::kSizedBody || stage_ == Stage::kChunkedBody);
  if (wishes) wishes_continue_ = false;
  return wishes;
}

Result<bool> RequestParser::Take(std::string_view& bytes) {
  if (bytes.empty()) return false;
  if (stage_ == Stage::kHead) {
    // What cannot begin a request is told at once; a client that speaks TLS would wait for long otherwise.
    if (!head_.has_begun() && !IsToken(bytes.substr(0, 1)) && bytes.front() != '\r') {
      return Malformed("it begins with a byte that begins no request");
    }
    LARDER_ASSIGN_OR_RETURN(const bool is_head_whole, head_.Take(bytes));
    if (!is_head_whole) return false;
    LARDER_RETURN_IF_ERROR(ParseHead(head_.head()));
    LARDER_RETURN_IF_ERROR(ReadFraming());
  }
  LARDER_ASSIGN_OR_RETURN(const bool is_whole, TakeBody(bytes));
  if (is_whole) {
    stage_ = Stage::kWhole;
    request_.headers = headers_;
  }
  return is_whole;
}

Status RequestParser::ParseHead(std::string_view head) {
  LARDER_RETURN_IF_ERROR(ParseRequestLine(CutLine(head)));
  return ParseFields(head);
}

Status RequestParser::ParseRequestLine(std::string_view line) {
  const std::size_t first_space = line.find(' ');
  const std::size_t last_space = line.rfind(' ');
  if (first_space == std::string_view::npos || first_space == last_space) return Malformed("request line", line);
  request_.method = line.substr(0, first_space);
  request_.target = line.substr(first_space + 1, last_space - first_space - 1);
  const std::string_view version = line.substr(last_space + 1);
  if (!IsToken(request_.method)) return Malformed("method", request_.method);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Malformed("version is not HTTP/1.1 or HTTP/1.0", version);
  request_.minor_version = version.back() - '0';
  request_.keep_alive = request_.minor_version == 1;
  return ParseTarget(request_.target);
}

Status RequestParser::ParseTarget(std::string_view target) {
  if (target.empty() || !IsTargetText(target)) return Malformed("target", target);
  std::string_view local = target;
  constexpr std::string_view kScheme = "http://";
  if (EqualIgnoringCase(target.substr(0, kScheme.size()), kScheme)) {
    const std::size_t slash = target.find('/', kScheme.size());
    if (slash == std::string_view::npos || slash == kScheme.size()) return Malformed("target", target);
    local = target.substr(slash);
  }
  const bool is_asterisk = local == "*" && request_.method == "OPTIONS";
  if (!local.starts_with('/') && !is_asterisk) return Malformed("target", target);
  const std::size_t mark = std::min(local.find('?'), local.size());
  request_.path = local.substr(0, mark);
  request_.query = local.substr(std::min(mark + 1, local.size()));
  return {};
}

Status RequestParser::ParseFields(std::string_view lines) {
  while (!lines.empty()) {
    const std::string_view line = CutLine(lines);
    const std::optional<Header> header = ParseFieldLine(line);
    if (!header) return Malformed("header field", line);
    if (headers_.size() >= static_cast<std::size_t>(limits_.max_header_count)) {
      return Status(Reason::kLimitExceeded,
                    "too many header fields: more than " + std::to_string(limits_.max_header_count));
    }
    headers_.push_back(*header);
  }
  return CheckHost();
}

Status RequestParser::CheckHost() const {
  const Header* host = nullptr;
  for (const Header& header : headers_) {
    if (!EqualIgnoringCase(header.name, "host")) continue;
    if (host != nullptr) return Malformed("two Host fields");
    host = &header;
  }
  if (host == nullptr && request_.minor_version == 1) return Malformed("no Host field");
  if (host != nullptr && !IsHostText(host->value)) return Malformed("Host field", host->value);
  return {};
}

Status RequestParser::ReadFraming() {
  bool has_length = false;
  bool is_chunked = false;
  bool must_close = false;
  for (const Header& header : headers_) {
    if (EqualIgnoringCase(header.name, "content-length")) {
      if (has_length) return Malformed("two Content-Length fields");
      has_length = true;
      LARDER_RETURN_IF_ERROR(ReadContentLength(header.value));
    } else if (EqualIgnoringCase(header.name, "transfer-encoding")) {
      if (is_chunked) return Malformed("two Transfer-Encoding fields");
      if (!EqualIgnoringCase(header.value, "chunked")) return Malformed("Transfer-Encoding", header.value);
      is_chunked = true;
    } else if (EqualIgnoringCase(header.name, "connection")) {
      if (ListHolds(header.value, "keep-alive")) request_.keep_alive = true;
      must_close = must_close || ListHolds(header.value, "close");
    } else if (EqualIgnoringCase(header.name, "expect")) {
      if (!EqualIgnoringCase(header.value, "100-continue")) return Malformed("Expect", header.value);
      wishes_continue_ = request_.minor_version == 1;
    }
  }
  if (is_chunked && has_length) return Malformed("both Content-Length and Transfer-Encoding");
  if (is_chunked && request_.minor_version == 0) return Malformed("Transfer-Encoding in HTTP/1.0");
  if (must_close) request_.keep_alive = false;
  stage_ = is_chunked ? Stage::kChunkedBody : Stage::kSizedBody;
  return {};
}

Status RequestParser::ReadContentLength(std::string_view value) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  if (error == std::errc::invalid_argument || end != value.data() + value.size()) {
    return Malformed("Content-Length", value);
  }
  if (error != std::errc() || size > static_cast<std::uint64_t>(limits_.max_body_bytes)) {
    return Status(
        Reason::kLimitExceeded,
        "body is too large: " + std::string(value) + " bytes, the limit is " + std::to_string(limits_.max_body_bytes),
        "send several smaller requests, or raise server.max_body");
  }
  body_size_ = static_cast<std::size_t>(size);
  return {};
}

Result<bool> RequestParser::TakeBody(std::string_view& bytes) {
  if (stage_ == Stage::kSizedBody) return TakeSizedBody(bytes);
  HoldHead();
  LARDER_ASSIGN_OR_RETURN(const bool is_whole, chunks_.Take(bytes, body_));
  if (is_whole) {
    request_.body = body_;
    request_.collected_body = &body_;
  }
  return is_whole;
}

bool RequestParser::TakeSizedBody(std::string_view& bytes) {
  if (body_.empty() && bytes.size() >= body_size_) {  // all there, in one piece: no copy
    request_.body = bytes.substr(0, body_size_);
    bytes.remove_prefix(body_size_);
    return true;
  }
  HoldHead();
  if (body_.empty()) body_.reserve(std::min(body_size_, kMaxReservedBytes));
  const std::string_view part = bytes.substr(0, body_size_ - body_.size());
  body_.append(part);
  bytes.remove_prefix(part.size());
  if (body_.size() < body_size_) return false;
  request_.body = body_;
  request_.collected_body = &body_;
  return true;
}

void RequestParser::HoldHead() {
  const char* const before = head_.head().data();
  const char* const after = head_.Hold().data();
  if (before == after) return;
  const auto move = [&](std::string_view& text) {
    if (text.data() != nullptr) text = {after + (text.data() - before), text.size()};
  };
  for (std::string_view* const text : {&request_.method, &request_.target, &request_.path, &request_.query})
    move(*text);
  for (Header& header : headers_) {
    move(header.name);
    move(header.value);
  }
}

}  // namespace larder::http
