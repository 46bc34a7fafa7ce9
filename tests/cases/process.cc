#include "tests/cases/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace larder::cases {
namespace {

Status SystemFailure(const std::string& what, int error) {
  return Status(Reason::kIoError, what + ": " + std::strerror(error));
}

}  // namespace

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Result<pid_t> StartProcess(const ProcessStart& start) {
  std::vector<std::string> arguments = start.arguments;
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  constexpr int kFresh = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, start.out_path.c_str(), kFresh, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, start.err_path.c_str(), kFresh, 0600);
  posix_spawn_file_actions_addchdir_np(&actions, start.folder.c_str());
  pid_t process = 0;
  const int error = posix_spawn(&process, arguments.front().c_str(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return SystemFailure("cannot start " + arguments.front(), error);
  return process;
}

Result<ProcessEnd> WaitForProcess(pid_t process, const ProcessStart& start) {
  int state = 0;
  while (waitpid(process, &state, 0) < 0) {
    if (errno != EINTR) return SystemFailure("cannot wait for " + start.arguments.front(), errno);
  }
  ProcessEnd end{WIFEXITED(state) ? WEXITSTATUS(state) : -1, ReadWholeFile(start.out_path),
                 ReadWholeFile(start.err_path)};
  if (WIFEXITED(state)) return end;
  return Status(Reason::kInternal, "ended by signal " + std::to_string(WTERMSIG(state)) + ": " + end.err);
}

}  // namespace larder::cases
