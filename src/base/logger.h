// What the program says about itself: lines of text for the one who runs it.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>

#include "base/clock.h"

namespace larder {

/// Ranks messages, the least urgent first.
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// Returns "debug", "info", "warning" or "error".
std::string_view LogLevelName(LogLevel level);

/// Writes one line per message: `2026-11-21T09:30:00.000000Z info: text`. Control characters in a message are escaped,
/// so that a line is one message whatever was in it; beyond kMaxMessageBytes it is cut. Thread-safe: lines never mix.
class Logger {
 public:
  /// Takes a whole line, its line feed included. Called by one thread at a time.
  using Sink = std::function<void(std::string_view line)>;
  static constexpr std::size_t kMaxMessageBytes = 8192;

  /// Makes a logger that drops what is below `least`. `clock` outlives it.
  Logger(const Clock& clock, LogLevel least, Sink sink);
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  /// Returns whether messages of this level are written: ask before a message that is dear to make.
  bool IsOn(LogLevel level) const { return level >= least_; }
  void Log(LogLevel level, std::string_view message);

  void Debug(std::string_view message) { Log(LogLevel::kDebug, message); }
  void Info(std::string_view message) { Log(LogLevel::kInfo, message); }
  void Warning(std::string_view message) { Log(LogLevel::kWarning, message); }
  void Error(std::string_view message) { Log(LogLevel::kError, message); }

 private:
  const Clock& clock_;
  const LogLevel least_;
  const Sink sink_;
  std::mutex mutex_;  ///< one line at a time
};

/// Returns a sink that writes to standard error, a line in one write.
Logger::Sink NewStandardErrorSink();

}  // namespace larder
