// The command line as a whole: global flags, one command, its arguments, its exit code.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/command.h"

namespace larder {

/// Holds what was read from a command line: what to run, or a text to print instead (help, version).
struct ParsedCommandLine {
  CommandRun run;
  GlobalFlags flags;
  std::string text;  ///< of --help
};

/// Reads a command line (without the program's name). Fails with kUsage for an unknown command or option (the nearest
/// name as the hint), a missing or superfluous argument.
Result<ParsedCommandLine> ParseCommandLine(const std::vector<std::string>& arguments,
                                           std::span<const CommandRow> commands);

/// Returns the list of commands, as `larder --help` shows it.
std::string HelpText(std::span<const CommandRow> commands);

/// Returns the names of the options of a command, global ones included; for completion.
std::vector<std::string> OptionNames(const CommandRow& command);

}  // namespace larder
