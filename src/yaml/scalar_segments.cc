#include "yaml/scalar_segments.h"

#include <algorithm>

namespace larder {
namespace {

constexpr std::size_t kBlockBytes = 256;

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t CountContinuations(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), IsContinuation));
}

}  // namespace

TextPlaces::TextPlaces(std::string_view text) : text_(text), line_starts_{0} {
  for (std::size_t offset = 0; offset < text.size(); ++offset) {
    if (text[offset] == '\n') line_starts_.push_back(offset + 1);
  }
  std::size_t count = 0;
  for (std::size_t offset = 0; offset <= text.size(); offset += kBlockBytes) {
    continuations_before_block_.push_back(count);
    count += CountContinuations(text.substr(offset, kBlockBytes));
  }
}

std::size_t TextPlaces::ContinuationCount(std::size_t offset) const {
  const std::size_t block = offset / kBlockBytes;
  return continuations_before_block_[block] +
         CountContinuations(text_.substr(block * kBlockBytes, offset - block * kBlockBytes));
}

YamlPlace TextPlaces::At(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const std::size_t start = *(after - 1);
  const std::size_t code_points = offset - start - (ContinuationCount(offset) - ContinuationCount(start));
  return {static_cast<int>(after - line_starts_.begin()), static_cast<int>(code_points) + 1};
}

std::size_t TextPlaces::ValueStart(std::size_t offset) const {
  std::size_t at = offset;
  while (at < text_.size() && (text_[at] == '&' || text_[at] == '!')) {
    while (at < text_.size() && !IsBlank(text_[at])) ++at;
    while (at < text_.size() && IsBlank(text_[at])) ++at;
  }
  if (at >= text_.size()) return text_.size();
  if (text_[at] == '"' || text_[at] == '\'') return at + 1;
  if (text_[at] != '|' && text_[at] != '>') return at;
  // A block: its value begins on a later line.
  at = std::min(text_.find('\n', at), text_.size());
  while (at < text_.size() && IsBlank(text_[at])) ++at;
  return at;
}

std::size_t TextPlaces::WrittenLength(std::size_t at, char value, char quote) const {
  if (quote == '\'' && value == '\'') return 2;
  if (quote == '"' && text_[at] == '\\' && at + 1 < text_.size()) {
    switch (text_[at + 1]) {
      case 'x':
        return 4;
      case 'u':
        return 6;
      case 'U':
        return 10;
      default:
        return 2;
    }
  }
  return 1;
}

std::vector<ScalarSegment> TextPlaces::Align(std::string_view value, std::size_t offset) const {
  std::size_t at = ValueStart(std::min(offset, text_.size()));
  const char quote = at > 0 && at <= text_.size() ? text_[at - 1] : ' ';
  std::vector<ScalarSegment> segments = {{0, At(at)}};
  for (std::size_t i = 0; i < value.size() && at < text_.size(); ++i) {
    const bool is_escape = (quote == '"' && text_[at] == '\\') || (quote == '\'' && value[i] == '\'');
    if (text_[at] == value[i] && value[i] != '\n' && !is_escape) {
      ++at;
      continue;
    }
    if (IsBlank(value[i]) && IsBlank(text_[at])) {
      // A line end, folded or not: the value goes on after the indentation of the next line. Blanks of the value that
      // were taken for indentation come next and stand for nothing more.
      while (at < text_.size() && IsBlank(text_[at])) ++at;
    } else if (!IsBlank(value[i]) || quote == '"') {
      at += WrittenLength(at, value[i], quote);
    }
    if (segments.size() == kMaxScalarSegments) break;
    segments.push_back({i + 1, At(at)});
  }
  return segments;
}

}  // namespace larder
