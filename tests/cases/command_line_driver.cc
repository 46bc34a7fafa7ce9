// Runs the commands of a case as processes, as a person would.
#include <fcntl.h>
#include <simdjson.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "tests/cases/case_driver.h"
#include "tests/cases/case_table.h"

namespace larder::cases {
namespace {

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct ProcessEnd {
  int exit_code = 0;
  std::string out;
  std::string err;
};

Status SystemFailure(const std::string& what, int error) {
  return Status(Reason::kIoError, what + ": " + std::strerror(error));
}

// The texts that a JSON failure holds besides its reason: message, hint, faults.
std::string FailureMessage(simdjson::dom::element error) {
  std::string message(error["message"].get_string().value_unsafe());
  std::string_view hint;
  if (error["hint"].get(hint) == simdjson::SUCCESS) message += "\nhint: " + std::string(hint);
  simdjson::dom::array faults;
  if (error["faults"].get(faults) != simdjson::SUCCESS) return message;
  for (const simdjson::dom::element fault : faults) {
    for (const char* key : {"place", "message", "hint"}) {
      std::string_view text;
      if (fault[key].get(text) == simdjson::SUCCESS) message += "\n" + std::string(text);
    }
  }
  return message;
}

// Reads the failure that stands at the end of the error output: a line of JSON, or text when the command line itself
// was not understood.
Status ReadFailure(const ProcessEnd& end, CaseOutcome& outcome) {
  const std::size_t begin = end.err.starts_with("{\"error\"") ? 0 : end.err.rfind("\n{\"error\"");
  outcome.message = end.err;
  outcome.reason = end.exit_code == Describe(Reason::kUsage).exit_code ? Reason::kUsage : Reason::kInternal;
  if (begin != std::string::npos) {
    simdjson::dom::parser parser;
    simdjson::dom::element error;
    std::string_view reason;
    const simdjson::padded_string text(std::string_view(end.err).substr(begin));
    if (parser.parse(text)["error"].get(error) != simdjson::SUCCESS ||
        error["reason"].get(reason) != simdjson::SUCCESS) {
      return Status(Reason::kMalformedJson, "a failure that cannot be read: " + end.err);
    }
    const auto known = ReasonFromName(reason);
    if (!known) return Status(Reason::kMalformedJson, "an unknown reason: " + std::string(reason));
    outcome.reason = *known;
    outcome.message = FailureMessage(error);
  }
  const int wanted = Describe(outcome.reason).exit_code;
  if (end.exit_code == wanted) return {};
  return Status(Reason::kInvalidData, "the exit code of " + std::string(Describe(outcome.reason).name) + " is " +
                                          std::to_string(wanted) + ", not " + std::to_string(end.exit_code) + ": " +
                                          end.err);
}

class CommandLineDriver final : public CaseDriver {
 public:
  CommandLineDriver(std::string program, std::string folder)
      : program_(std::move(program)), folder_(std::move(folder)), output_(folder_ + "/.output") {}

  Result<CaseOutcome> Run(const CaseCommand& command) override {
    std::error_code ignored;
    std::filesystem::create_directories(output_, ignored);
    std::vector<std::string> arguments = command.arguments;
    const std::string table_path = output_ + "/" + std::to_string(++run_count_) + ".parquet";
    if (command.wants_table) arguments.insert(arguments.end(), {"--output", table_path});
    // People see text; failures and answers are read as programs read them.
    if (command.wants_answer || command.must_fail) arguments.emplace_back("--json");
    LARDER_ASSIGN_OR_RETURN(const ProcessEnd end, Spawn(arguments));
    CaseOutcome outcome;
    if (end.exit_code != 0) {
      LARDER_RETURN_IF_ERROR(ReadFailure(end, outcome));
      return outcome;
    }
    outcome.text = end.out;
    outcome.answer = end.out;
    if (command.wants_table) {
      LARDER_ASSIGN_OR_RETURN(outcome.table, ReadTable(table_path));
    }
    return outcome;
  }

 private:
  Result<ProcessEnd> Spawn(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program_);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const std::string out = output_ + "/stdout";
    const std::string err = output_ + "/stderr";
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    constexpr int kFresh = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), kFresh, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), kFresh, 0600);
    posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str());
    pid_t process = 0;
    const int error = posix_spawn(&process, program_.c_str(), &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return SystemFailure("cannot start " + program_, error);
    int state = 0;
    while (waitpid(process, &state, 0) < 0) {
      if (errno != EINTR) return SystemFailure("cannot wait for " + program_, errno);
    }
    ProcessEnd end{WIFEXITED(state) ? WEXITSTATUS(state) : -1, ReadText(out), ReadText(err)};
    if (!WIFEXITED(state)) {
      return Status(Reason::kInternal, "ended by signal " + std::to_string(WTERMSIG(state)) + ": " + end.err);
    }
    return end;
  }

  std::string program_;
  std::string folder_;
  std::string output_;
  int run_count_ = 0;
};

}  // namespace

std::unique_ptr<CaseDriver> NewCommandLineDriver(std::string program, std::string folder) {
  return std::make_unique<CommandLineDriver>(std::move(program), std::move(folder));
}

}  // namespace larder::cases
