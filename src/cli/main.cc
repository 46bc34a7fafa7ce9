// The program: puts the machine's services together, runs one command, turns its status into an exit code.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/logger.h"
#include "cli/bundled_time_zones.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/failure_text.h"
#include "cli/interrupt.h"
#include "cli/interruptible_files.h"
#include "cli/symbol_check.h"
#include "cli/terminal_progress.h"

namespace {

larder::Status Run(const larder::ParsedCommandLine& parsed, larder::Cancellation& cancellation) {
  std::error_code error;
  const std::string working_folder = std::filesystem::current_path(error).string();
  if (error) {
    return larder::Status(larder::Reason::kIoError, "cannot tell the current folder: " + error.message(),
                          "change to a folder that exists");
  }
  const auto files = larder::NewPosixFileSystem();
  const auto clock = larder::NewSystemClock();
  const auto least = parsed.flags.quiet     ? larder::LogLevel::kError
                     : parsed.flags.verbose ? larder::LogLevel::kDebug
                                            : larder::LogLevel::kInfo;
  larder::Logger logger(*clock, least, larder::NewStandardErrorSink());
  larder::TerminalProgress shown(*clock, stderr, isatty(STDERR_FILENO) == 1);
  larder::NoProgress silent;
  larder::Progress& progress = parsed.flags.quiet ? static_cast<larder::Progress&>(silent) : shown;
  const auto interruptible = larder::NewInterruptibleFiles(*files, cancellation);
  larder::CommandContext context{{*files, *clock, logger},
                                 {*interruptible, *clock, logger},
                                 parsed.flags,
                                 stdout,
                                 stderr,
                                 cancellation,
                                 progress,
                                 working_folder};
  larder::Status status = parsed.run(context);
  if (std::fflush(stdout) != 0 && status.ok()) {
    status = larder::Status(larder::Reason::kIoError, "cannot write to the standard output");
  }
  return status;
}

int Fail(const larder::Status& status, bool json) {
  std::fputs(larder::FailureText(status, json).c_str(), stderr);
  return larder::Describe(status.reason()).exit_code;
}

}  // namespace

int main(int argument_count, char** arguments) {
  larder::UseBundledTimeZones();
  static larder::Cancellation cancellation;
  larder::CancelOnSignals(cancellation);
  const std::vector<std::string> texts(arguments + 1, arguments + argument_count);
  auto parsed = larder::ParseCommandLine(texts, larder::AllCommands());
  // The flags of a line that cannot be parsed are not known; whoever asks for JSON wants it of this failure too.
  if (!parsed.ok()) return Fail(parsed.status(), std::find(texts.begin(), texts.end(), "--json") != texts.end());
  if (!parsed->text.empty()) {
    std::fputs(parsed->text.c_str(), stdout);
    return 0;
  }
  if (const larder::Status symbols = larder::CheckSymbols(); !symbols.ok()) return Fail(symbols, parsed->flags.json);
  const larder::Status status = Run(*parsed, cancellation);
  return status.ok() ? 0 : Fail(status, parsed->flags.json);
}
