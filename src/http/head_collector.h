// Finds where the head of a message ends, however the bytes come in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace larder::http {

/// Collects the lines of a head up to the empty one. Strict: a line feed without a carriage return is a failure at
/// once. Copies nothing when the whole head comes in one piece.
class HeadCollector {
 public:
  explicit HeadCollector(std::int64_t max_bytes) : max_bytes_(static_cast<std::size_t>(max_bytes)) {}

  /// Takes bytes from the front of `bytes` up to the end of the head. Returns whether the head is whole; fails with
  /// kMalformedRequest or kLimitExceeded.
  Result<bool> Take(std::string_view& bytes);

  /// Returns the lines of the whole head, each with its CR LF, without the empty one. They lie in what was given to
  /// Take, or here: see Hold.
  std::string_view head() const { return head_; }
  /// Copies the head here, so that it outlives the bytes given to Take. Returns it.
  std::string_view Hold();

  /// Returns whether the head has begun and is not whole.
  bool has_begun() const { return !held_.empty(); }
  /// Begins the next head.
  void Reset();

 private:
  /// Looks for the end in `text`, which begins with what was looked at before; 0 when it is not there yet.
  Result<std::size_t> FindEnd(std::string_view text);

  const std::size_t max_bytes_;
  std::string held_;
  std::string_view head_;
  std::size_t first_line_ = 0;  ///< beyond an empty line that came before
  std::size_t line_begin_ = 0;
  std::size_t looked_at_ = 0;
};

}  // namespace larder::http
