// Runs the commands of a case by calls into this process, with one project that stays open: the library.
#include <arrow/api.h>

#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/counters.h"
#include "base/file_system.h"
#include "base/logger.h"
#include "base/memory_budget.h"
#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "retrieval/apply.h"
#include "retrieval/historical.h"
#include "retrieval/materialize.h"
#include "retrieval/project.h"
#include "retrieval/push.h"
#include "serving/api_session.h"
#include "tests/cases/case_driver.h"
#include "tests/cases/case_table.h"
#include "tests/cases/command_words.h"

namespace larder::cases {
namespace {

class LibraryDriver final : public CaseDriver {
 public:
  explicit LibraryDriver(std::string folder)
      : folder_(std::move(folder)),
        files_(NewPosixFileSystem()),
        clock_(NewSystemClock()),
        logger_(*clock_, LogLevel::kError, NewStandardErrorSink()) {}

  Result<CaseOutcome> Run(const CaseCommand& command) override {
    const CommandWords words = ReadCommandWords(command.arguments);
    CaseOutcome outcome;
    const Status status = RunWords(words, outcome);
    if (!status.ok()) {
      if (status.reason() == Reason::kUsage && status.message().starts_with("library:")) return status;
      outcome.reason = status.reason();
      outcome.message = status.ToString();
    }
    return outcome;
  }

 private:
  using Command = Status (LibraryDriver::*)(const CommandWords&, CaseOutcome&);

  Status RunWords(const CommandWords& words, CaseOutcome& outcome) {
    if (project_ == nullptr) {
      LARDER_ASSIGN_OR_RETURN(project_, OpenProject({*files_, *clock_, logger_}, folder_));
    }
    const std::pair<std::string_view, Command> commands[] = {
        {"plan", &LibraryDriver::Plan},     {"apply", &LibraryDriver::Apply},
        {"online", &LibraryDriver::Online}, {"historical", &LibraryDriver::Historical},
        {"push", &LibraryDriver::PushRows}, {"materialize", &LibraryDriver::Materialize},
    };
    for (const auto& [name, run] : commands) {
      if (name == words.command) return (this->*run)(words, outcome);
    }
    return Status(Reason::kUsage, "library: no command " + words.command, "write `== only command_line`");
  }

  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }

  ExecutionContext Execution() { return {memory_, project_->threads(), nullptr, nullptr, folder_ + "/.spill"}; }

  Status Plan(const CommandWords& /*words*/, CaseOutcome& outcome) {
    LARDER_ASSIGN_OR_RETURN(const PlannedApply planned, PlanApply(*project_, "a case"));
    outcome.text = planned.plan.Text();
    return {};
  }

  Status Apply(const CommandWords& /*words*/, CaseOutcome& outcome) {
    LARDER_ASSIGN_OR_RETURN(const PlannedApply planned, PlanApply(*project_, "a case"));
    LARDER_RETURN_IF_ERROR(CarryOut(*project_, planned).status());
    outcome.text = planned.plan.Text();
    return {};
  }

  Status Historical(const CommandWords& words, CaseOutcome& outcome) {
    HistoricalRequest request;
    request.features = {words.All("--features"), words.Last("--service"), words.Has("--full-names")};
    if (words.Has("--entities")) request.entities = PathOf(words.Last("--entities"));
    request.at_events = words.Last("--at-events");
    request.exclusive = words.Has("--exclusive");
    request.timestamp = words.Last("--timestamp");
    request.as_known = words.Has("--as-known");
    request.matches = words.Has("--matches");
    LARDER_ASSIGN_OR_RETURN(const auto rows, GetHistorical(*project_, request, Execution()));
    arrow::RecordBatchVector batches;
    while (true) {
      LARDER_ASSIGN_OR_RETURN(auto batch, rows->Next());
      if (batch == nullptr) break;
      batches.push_back(std::move(batch));
    }
    LARDER_ASSIGN_OR_RETURN(const auto table, FromArrow(arrow::Table::FromRecordBatches(rows->schema(), batches)));
    LARDER_ASSIGN_OR_RETURN(outcome.table, InInternalTypes(table));
    return {};
  }

  Status Online(const CommandWords& words, CaseOutcome& outcome) {
    LARDER_ASSIGN_OR_RETURN(const std::string body, OnlineBody(words, *files_, folder_));
    LARDER_ASSIGN_OR_RETURN(const auto session, ApiSession::Open(*project_));
    LARDER_ASSIGN_OR_RETURN(outcome.answer, session->Call({"POST", "/get-online-features", "", body}, {}));
    return {};
  }

  Status PushRows(const CommandWords& words, CaseOutcome& /*outcome*/) {
    PushRequest request;
    request.target = words.positional.empty() ? "" : words.positional.front();
    LARDER_ASSIGN_OR_RETURN(request.rows, ReadTable(PathOf(words.positional.back())));
    request.online = words.Last("--to") != "offline";
    request.offline = words.Last("--to") != "online";
    request.deletion = words.Has("--delete");
    LARDER_ASSIGN_OR_RETURN(const auto tables, OnlineTables::Open(*project_, counters_));
    return Push(*project_, tables.get(), request).status();
  }

  Status Materialize(const CommandWords& words, CaseOutcome& /*outcome*/) {
    MaterializeRequest request;
    request.views = words.All("--view");
    request.incremental = words.Has("--incremental");
    if (words.Has("--from")) {
      LARDER_ASSIGN_OR_RETURN(request.from_us, ParseInstant(words.Last("--from")));
    }
    if (words.Has("--to")) {
      LARDER_ASSIGN_OR_RETURN(request.to_us, ParseInstant(words.Last("--to")));
    }
    LARDER_ASSIGN_OR_RETURN(const auto tables, OnlineTables::Open(*project_, counters_));
    return larder::Materialize(*project_, *tables, request, Execution()).status();
  }

  std::string folder_;
  std::unique_ptr<FileSystem> files_;
  std::unique_ptr<Clock> clock_;
  Logger logger_;
  Counters counters_;
  MemoryBudget memory_{std::int64_t{1} << 30};
  std::unique_ptr<Project> project_;
};

}  // namespace

std::unique_ptr<CaseDriver> NewLibraryDriver(std::string folder) {
  return std::make_unique<LibraryDriver>(std::move(folder));
}

}  // namespace larder::cases
