#include "cli/terminal_progress.h"

#include <algorithm>

#include "text/quantity_text.h"

namespace larder {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kBarIntervalNs = kNsPerSecond / 10;
constexpr std::int64_t kLineIntervalNs = 5 * kNsPerSecond;
constexpr int kBarWidth = 24;

std::string Seconds(double seconds) {
  if (seconds < 90) return std::to_string(static_cast<int>(seconds)) + "s";
  return std::to_string(static_cast<int>(seconds / 60)) + "m" + std::to_string(static_cast<int>(seconds) % 60) + "s";
}

}  // namespace

void TerminalProgress::Begin(std::string_view stage, std::string_view unit) {
  stage_ = stage;
  unit_ = unit;
  began_ns_ = clock_.MonotonicNs();
  shown_ns_ = began_ns_;
}

void TerminalProgress::Update(std::int64_t done, std::int64_t total) {
  if (stage_.empty()) return;
  const std::int64_t now_ns = clock_.MonotonicNs();
  if (now_ns - shown_ns_ < (is_terminal_ ? kBarIntervalNs : kLineIntervalNs)) return;
  shown_ns_ = now_ns;
  const std::string line = Line(done, total);
  if (is_terminal_) {
    std::fprintf(out_, "\r\033[K%s", line.c_str());
    is_drawn_ = true;
  } else {
    std::fprintf(out_, "%s\n", line.c_str());
  }
  std::fflush(out_);
}

void TerminalProgress::End() {
  if (is_drawn_) std::fputs("\r\033[K", out_);
  std::fflush(out_);
  is_drawn_ = false;
  stage_.clear();
}

std::string TerminalProgress::Line(std::int64_t done, std::int64_t total) const {
  const double elapsed_s = static_cast<double>(clock_.MonotonicNs() - began_ns_) / kNsPerSecond;
  const double rate = elapsed_s > 0 ? static_cast<double>(done) / elapsed_s : 0;
  std::string line = stage_ + ": ";
  if (total > 0) {
    const double share = std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
    const auto filled = static_cast<std::size_t>(share * kBarWidth);
    if (is_terminal_) line += "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] ";
    line += std::to_string(static_cast<int>(share * 100)) + " %, ";
  }
  line += FormatCount(done) + " " + unit_ + ", " + FormatCount(static_cast<std::int64_t>(rate)) + " " + unit_ + "/s";
  if (total > done && rate > 0) line += ", " + Seconds(static_cast<double>(total - done) / rate) + " left";
  return line;
}

}  // namespace larder
