#include "base/logger.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "base/timestamp.h"

namespace larder {
namespace {

void AppendOneLine(std::string_view message, std::string& out) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  for (const char character : message) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
    } else {
      out += character;
    }
  }
}

void WriteToStandardError(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // there is nobody to tell
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

Logger::Logger(const Clock& clock, LogLevel least, Sink sink) : clock_(clock), least_(least), sink_(std::move(sink)) {}

void Logger::Log(LogLevel level, std::string_view message) {
  if (!IsOn(level)) return;
  std::string line = FormatInstantMicros(clock_.NowUs());
  line.append(" ").append(LogLevelName(level)).append(": ");
  AppendOneLine(message.substr(0, kMaxMessageBytes), line);
  if (message.size() > kMaxMessageBytes) line += "...";
  line += '\n';
  const std::lock_guard lock(mutex_);
  sink_(line);
}

Logger::Sink NewStandardErrorSink() { return WriteToStandardError; }

}  // namespace larder
