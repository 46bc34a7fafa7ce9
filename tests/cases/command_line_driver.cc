// Runs the commands of a case as processes, as a person would.
#include <filesystem>
#include <utility>

#include "tests/cases/case_driver.h"
#include "tests/cases/case_table.h"
#include "tests/cases/failure_json.h"
#include "tests/cases/process.h"

namespace larder::cases {
namespace {

// Reads the failure that stands at the end of the error output: a line of JSON, or text when the command line itself
// was not understood.
Status ReadFailure(const ProcessEnd& end, CaseOutcome& outcome) {
  constexpr std::string_view kBegin = "{\"error\"";
  const std::size_t begin = end.err.starts_with(kBegin) ? 0 : end.err.rfind("\n" + std::string(kBegin));
  outcome.message = end.err;
  outcome.reason = end.exit_code == Describe(Reason::kUsage).exit_code ? Reason::kUsage : Reason::kInternal;
  if (begin != std::string::npos) {
    LARDER_RETURN_IF_ERROR(ReadFailureJson(std::string_view(end.err).substr(begin), outcome));
  }
  const ReasonRow& row = Describe(outcome.reason);
  if (end.exit_code == row.exit_code) return {};
  return Status(Reason::kInvalidData, "the exit code of " + std::string(row.name) + " is " +
                                          std::to_string(row.exit_code) + ", not " + std::to_string(end.exit_code) +
                                          ": " + end.err);
}

class CommandLineDriver final : public CaseDriver {
 public:
  CommandLineDriver(std::string program, std::string folder)
      : program_(std::move(program)), folder_(std::move(folder)), output_(folder_ + "/.output") {}

  Result<CaseOutcome> Run(const CaseCommand& command) override {
    std::error_code ignored;
    std::filesystem::create_directories(output_, ignored);
    const std::string table_path = output_ + "/" + std::to_string(++run_count_) + ".parquet";
    ProcessStart start{{program_}, folder_, output_ + "/stdout", output_ + "/stderr"};
    start.arguments.insert(start.arguments.end(), command.arguments.begin(), command.arguments.end());
    if (command.wants_table) start.arguments.insert(start.arguments.end(), {"--output", table_path});
    // People see text; failures and answers are read as programs read them.
    if (command.wants_answer || command.must_fail) start.arguments.emplace_back("--json");
    LARDER_ASSIGN_OR_RETURN(const pid_t process, StartProcess(start));
    LARDER_ASSIGN_OR_RETURN(const ProcessEnd end, WaitForProcess(process, start));
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
