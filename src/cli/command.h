// What a command is: a row of the table, and what it is given when it runs.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "base/progress.h"
#include "base/status.h"
#include "cli/arguments.h"
#include "retrieval/project.h"

namespace larder {

/// Holds the flags that every command takes.
struct GlobalFlags {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  std::string folder;  ///< of -C; empty: the current one
};

/// Holds what a running command is given. Data goes to `out`, all else to `err`.
struct CommandContext {
  Platform platform;
  Platform reading;  ///< the same, but reading files fails with kInterrupted once the command is cancelled
  GlobalFlags flags;
  std::FILE* out;
  std::FILE* err;
  Cancellation& cancellation;
  Progress& progress;
  std::string working_folder;  ///< absolute: the current folder

  /// Returns the folder in which the project is looked for: -C, else the current one; absolute.
  std::string ProjectFolder() const { return JoinPath(working_folder, flags.folder); }
  /// Opens the project.
  Result<std::unique_ptr<Project>> OpenProject() const { return larder::OpenProject(platform, ProjectFolder()); }
  /// Opens the project for a command that reads its files first and changes something at its end, if at all: Ctrl-C
  /// ends the reading.
  Result<std::unique_ptr<Project>> OpenProjectToRead() const { return larder::OpenProject(reading, ProjectFolder()); }
  /// Returns a FILE argument as an absolute path: relative to the current folder.
  std::string FilePath(std::string_view file) const { return JoinPath(working_folder, file); }
  /// Writes text to `out`, at once: what is said on `err` afterwards stands after it.
  void Print(std::string_view text) const {
    std::fwrite(text.data(), 1, text.size(), out);
    std::fflush(out);
  }
  /// Writes a line to `err` unless --quiet.
  void Say(std::string_view line) const {
    if (flags.quiet) return;
    std::fwrite(line.data(), 1, line.size(), err);
    std::fputc('\n', err);
  }
};

/// Runs a command whose arguments were parsed.
using CommandRun = std::function<Status(CommandContext&)>;

/// Describes one command. `declare` declares its arguments and returns what runs; it holds the places of the values.
struct CommandRow {
  std::string_view name;
  std::string_view summary;  ///< one line
  std::string_view example;  ///< lines of shell
  CommandRun (*declare)(ArgumentList& arguments);
};

}  // namespace larder
