// The ways in which a case is run: command line, library, HTTP. Each answers a command; the expectations are checked
// once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"

namespace larder::cases {

/// Names one command of a case and what the case wants back from it.
struct CaseCommand {
  std::vector<std::string> arguments;  ///< such as {"historical", "--entities", "rows.csv"}
  bool wants_table = false;            ///< the rows of `historical` shall be returned
  bool wants_answer = false;           ///< the JSON body of `online` shall be returned
  bool must_fail = false;              ///< its reason shall be returned
};

/// Holds what a command did. A driver fills what it can see.
struct CaseOutcome {
  Reason reason = Reason::kOk;
  std::string message;                  ///< of a failure, with its hint and faults
  std::string text;                     ///< what it printed to the standard output
  std::shared_ptr<arrow::Table> table;  ///< when asked for
  std::string answer;                   ///< when asked for
};

/// Runs the commands of one case after another in its project. Not thread-safe.
class CaseDriver {
 public:
  virtual ~CaseDriver() = default;
  /// Runs one command; its failure is an outcome. Fails only when the driver itself cannot work (no program, a crash,
  /// an answer that cannot be read).
  virtual Result<CaseOutcome> Run(const CaseCommand& command) = 0;
};

/// Makes a driver that runs `program` in the folder, a process for each command.
std::unique_ptr<CaseDriver> NewCommandLineDriver(std::string program, std::string folder);

/// Makes a driver that answers online reads over HTTP from a server that it starts in the folder at the first of them,
/// and runs all other commands as processes beside it.
std::unique_ptr<CaseDriver> NewHttpDriver(std::string program, std::string folder);

/// Makes a driver that calls the library in this process, with one project that stays open.
std::unique_ptr<CaseDriver> NewLibraryDriver(std::string folder);

}  // namespace larder::cases
