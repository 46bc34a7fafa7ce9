#include "http/chunk_decoder.h"

#include <algorithm>
#include <charconv>

#include "http/field_line.h"

namespace larder::http {
namespace {

constexpr std::size_t kMaxSizeLineBytes = 256;

Status Malformed(std::string_view what) {
  return Status(Reason::kMalformedRequest, "malformed chunked body: " + std::string(what));
}

}  // namespace

void ChunkDecoder::Reset() {
  stage_ = Stage::kSize;
  line_.clear();
  data_left_ = 0;
  trailer_bytes_ = 0;
}

Result<bool> ChunkDecoder::Take(std::string_view& bytes, std::string& body) {
  while (!bytes.empty()) {
    if (stage_ == Stage::kData) {
      const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(data_left_, bytes.size()));
      body.append(bytes.substr(0, part));
      bytes.remove_prefix(part);
      data_left_ -= part;
      if (data_left_ == 0) stage_ = Stage::kDataEnd;
      continue;
    }
    LARDER_ASSIGN_OR_RETURN(const bool has_line, TakeLine(bytes));
    if (!has_line) break;
    LARDER_ASSIGN_OR_RETURN(const bool is_whole, ReadLine(static_cast<std::int64_t>(body.size())));
    line_.clear();
    if (is_whole) return true;
  }
  return false;
}

Result<bool> ChunkDecoder::TakeLine(std::string_view& bytes) {
  const std::size_t feed = bytes.find('\n');
  const std::size_t part = feed == std::string_view::npos ? bytes.size() : feed + 1;
  const std::size_t limit = stage_ == Stage::kTrailers ? static_cast<std::size_t>(limits_.max_trailer_bytes)
                            : stage_ == Stage::kSize   ? kMaxSizeLineBytes
                                                       : 2;
  if (line_.size() + part > limit) {
    if (stage_ == Stage::kDataEnd) return Malformed("data longer than its size");
    return Status(Reason::kLimitExceeded,
                  "a line of a chunked body is too long: more than " + std::to_string(limit) + " bytes");
  }
  line_.append(bytes.substr(0, part));
  bytes.remove_prefix(part);
  if (feed == std::string_view::npos) return false;
  if (!line_.ends_with("\r\n")) return Malformed("line feed without carriage return");
  return true;
}

Result<bool> ChunkDecoder::ReadLine(std::int64_t body_bytes) {
  const std::string_view line = std::string_view(line_).substr(0, line_.size() - 2);
  if (stage_ == Stage::kSize) {
    LARDER_RETURN_IF_ERROR(ReadSize(body_bytes));
    return false;
  }
  if (stage_ == Stage::kDataEnd) {
    if (!line.empty()) return Malformed("data longer than its size");
    stage_ = Stage::kSize;
    return false;
  }
  if (line.empty()) return true;
  trailer_bytes_ += static_cast<std::int64_t>(line_.size());
  if (trailer_bytes_ > limits_.max_trailer_bytes) {
    return Status(Reason::kLimitExceeded,
                  "trailer fields are too large: more than " + std::to_string(limits_.max_trailer_bytes) + " bytes");
  }
  if (!ParseFieldLine(line)) return Malformed("trailer field");
  return false;
}

Status ChunkDecoder::ReadSize(std::int64_t body_bytes) {
  const std::string_view line = std::string_view(line_).substr(0, line_.size() - 2);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
  if (error == std::errc::invalid_argument) return Malformed("chunk size");
  const std::string_view extension = line.substr(static_cast<std::size_t>(end - line.data()));
  if (!extension.empty() && (extension.front() != ';' || !IsFieldText(extension))) return Malformed("chunk size");
  const auto room = static_cast<std::uint64_t>(limits_.max_body_bytes - body_bytes);
  if (error != std::errc() || size > room) {
    return Status(Reason::kLimitExceeded,
                  "body is too large: more than " + std::to_string(limits_.max_body_bytes) + " bytes",
                  "send several smaller requests, or raise server.max_body");
  }
  data_left_ = size;
  stage_ = size == 0 ? Stage::kTrailers : Stage::kData;
  return {};
}

}  // namespace larder::http
