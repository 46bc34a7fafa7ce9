#include "text/utf8.h"

#include <cstdint>
#include <cstring>

namespace larder {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::uint8_t ByteAt(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

/// Says what may follow a leading byte: how many bytes, and the range of the first of them (Unicode, table 3-7).
struct Sequence {
  std::size_t following;
  std::uint8_t least;
  std::uint8_t greatest;
};

constexpr Sequence kNoSequence{0, 1, 0};

Sequence SequenceAfter(std::uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return kNoSequence;
}

/// Holds how far a character goes, and whether it is whole.
struct Step {
  std::size_t size;
  bool valid;
};

/// Looks at the character, or the longest beginning of one, at `at`.
Step StepAt(std::string_view text, std::size_t at) {
  const std::uint8_t lead = ByteAt(text, at);
  if (lead < 0x80) return {1, true};
  Sequence sequence = SequenceAfter(lead);
  if (sequence.following == 0) return {1, false};
  for (std::size_t i = 1; i <= sequence.following; ++i) {
    if (at + i >= text.size()) return {i, false};
    const std::uint8_t byte = ByteAt(text, at + i);
    if (byte < sequence.least || byte > sequence.greatest) return {i, false};
    sequence.least = 0x80;
    sequence.greatest = 0xBF;
  }
  return {sequence.following + 1, true};
}

}  // namespace

std::size_t ValidUtf8Length(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    // Most text is ASCII: eight bytes at a time.
    std::uint64_t word = 0;
    if (text.size() - at >= sizeof(word)) {
      std::memcpy(&word, text.data() + at, sizeof(word));
      if ((word & 0x8080808080808080U) == 0) {
        at += sizeof(word);
        continue;
      }
    }
    const Step step = StepAt(text, at);
    if (!step.valid) return at;
    at += step.size;
  }
  return at;
}

void AppendValidUtf8(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::size_t valid = ValidUtf8Length(text);
    out.append(text.substr(0, valid));
    text.remove_prefix(valid);
    if (text.empty()) return;
    out.append(kReplacement);
    text.remove_prefix(StepAt(text, 0).size);
  }
}

}  // namespace larder
