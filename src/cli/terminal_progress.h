// Progress for people: a bar on a terminal, a line every few seconds elsewhere.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "base/clock.h"
#include "base/progress.h"

namespace larder {

/// Writes progress to a stream. On a terminal one line is drawn again and again and wiped at the end; elsewhere a line
/// is written every five seconds, so that short work says nothing. Not thread-safe.
class TerminalProgress final : public Progress {
 public:
  /// Borrows both. `is_terminal` chooses the bar.
  TerminalProgress(const Clock& clock, std::FILE* out, bool is_terminal)
      : clock_(clock), out_(out), is_terminal_(is_terminal) {}

  void Begin(std::string_view stage, std::string_view unit) override;
  void Update(std::int64_t done, std::int64_t total) override;
  void End() override;

 private:
  std::string Line(std::int64_t done, std::int64_t total) const;

  const Clock& clock_;
  std::FILE* out_;
  const bool is_terminal_;
  std::string stage_;
  std::string unit_;
  std::int64_t began_ns_ = 0;
  std::int64_t shown_ns_ = 0;
  bool is_drawn_ = false;
};

}  // namespace larder
