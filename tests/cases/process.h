// Programs that a case runs, with their output in files.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/status.h"

namespace larder::cases {

/// Says what to run and where.
struct ProcessStart {
  std::vector<std::string> arguments;  ///< the program's path first
  std::string folder;                  ///< its current folder
  std::string out_path;                ///< gets the standard output
  std::string err_path;                ///< gets the error output
};

/// Holds how a process ended.
struct ProcessEnd {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// Returns the content of a file, "" when it cannot be read.
std::string ReadWholeFile(const std::string& path);

/// Starts a process. Fails with kIoError.
Result<pid_t> StartProcess(const ProcessStart& start);

/// Waits for the end of a process. Fails with kInternal when a signal ended it.
Result<ProcessEnd> WaitForProcess(pid_t process, const ProcessStart& start);

}  // namespace larder::cases
