// From bytes of a text to lines and columns, and from a YAML value back to where it was written.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "yaml/yaml_tree.h"

namespace larder {

inline constexpr std::size_t kMaxScalarSegments = 1024;

/// Knows the lines of a text, which outlives it. Safe to read from several threads.
class TextPlaces {
 public:
  explicit TextPlaces(std::string_view text);

  /// Returns the place of the byte `offset`; beyond the end, that of the end. Cost: a binary search.
  YamlPlace At(std::size_t offset) const;

  /// Returns where the bytes of `value` stand, a scalar that begins at the byte `offset` in any YAML style. A new
  /// segment begins wherever the value and the file part: after escapes, quotes and folded line ends. Text between two
  /// segments is one to one. At most kMaxScalarSegments; what comes behind them is placed as if it were one to one.
  /// Cost: the length of the scalar in the file.
  std::vector<ScalarSegment> Align(std::string_view value, std::size_t offset) const;

 private:
  /// Returns where the value begins: behind an anchor, a quote or the header of a block.
  std::size_t ValueStart(std::size_t offset) const;
  /// Returns how many bytes the file spends on the next byte of a value that is written differently there.
  std::size_t WrittenLength(std::size_t at, char value, char quote) const;
  /// Returns how many of the first `offset` bytes continue a code point.
  std::size_t ContinuationCount(std::size_t offset) const;

  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  std::vector<std::size_t> continuations_before_block_;
};

}  // namespace larder
