#include "http/head_collector.h"

#include <algorithm>

namespace larder::http {

Result<bool> HeadCollector::Take(std::string_view& bytes) {
  const std::size_t held_size = held_.size();
  // One byte beyond the limit is enough to know that it is too much.
  if (held_size > 0) held_.append(bytes.substr(0, max_bytes_ + 1 - held_size));
  const std::string_view text = held_size > 0 ? std::string_view(held_) : bytes.substr(0, max_bytes_ + 1);
  LARDER_ASSIGN_OR_RETURN(const std::size_t end, FindEnd(text));
  if (end > max_bytes_ || (end == 0 && text.size() > max_bytes_)) {
    return Status(Reason::kLimitExceeded,
                  "first line and header fields are too large: more than " + std::to_string(max_bytes_) + " bytes");
  }
  if (end == 0) {
    if (held_size == 0) held_.assign(bytes);
    bytes = {};
    return false;
  }
  head_ = text.substr(first_line_, end - 2 - first_line_);
  bytes.remove_prefix(end - held_size);
  return true;
}

Result<std::size_t> HeadCollector::FindEnd(std::string_view text) {
  while (true) {
    const std::size_t feed = text.find('\n', looked_at_);
    if (feed == std::string_view::npos) break;
    if (feed == line_begin_ || text[feed - 1] != '\r') {
      return Status(Reason::kMalformedRequest, "line feed without carriage return in the head of the message");
    }
    const bool is_empty = feed - 1 == line_begin_;
    line_begin_ = feed + 1;
    looked_at_ = feed + 1;
    if (!is_empty) continue;
    if (line_begin_ > first_line_ + 2) return line_begin_;
    // RFC 9112 section 2.2: an empty line before the request line is ignored; one, not many.
    if (first_line_ > 0) return Status(Reason::kMalformedRequest, "empty lines in place of a message");
    first_line_ = line_begin_;
  }
  looked_at_ = text.size();
  return std::size_t{0};
}

std::string_view HeadCollector::Hold() {
  const bool is_held = head_.data() >= held_.data() && head_.data() < held_.data() + held_.size();
  if (!is_held) {
    held_.assign(head_);
    head_ = held_;
  }
  return head_;
}

void HeadCollector::Reset() {
  held_.clear();
  head_ = {};
  first_line_ = 0;
  line_begin_ = 0;
  looked_at_ = 0;
}

}  // namespace larder::http
