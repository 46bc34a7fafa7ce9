// larder historical: the training set.
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/historical_report.h"
#include "cli/output_space.h"
#include "cli/table_output.h"
#include "cli/training_file.h"
#include "columnar/arrow_memory_pool.h"
#include "columnar/arrow_status.h"
#include "columnar/table_writer.h"
#include "retrieval/historical.h"
#include "text/quantity_text.h"

namespace larder {
namespace {

struct HistoricalArguments {
  std::string entities;
  std::string at_events;
  bool exclusive = false;
  std::string service;
  std::vector<std::string> features;
  std::string output;
  std::string timestamp;
  bool full_names = false;
  bool as_known = false;
  bool matches = false;
  bool plan = false;
};

// Says what is in the way of the output, and clears away what killed runs left of it.
Status MakeReadyForOutput(const CommandContext& context, const std::string& path, std::int64_t least_bytes) {
  if (const auto removed = RemoveLeftovers(context.platform.files, path); removed > 0) {
    context.Say("removed what " + FormatCount(removed) + " earlier run" + (removed == 1 ? "" : "s") +
                " left unfinished of " + path);
  }
  LARDER_ASSIGN_OR_RETURN(const std::string warning, CheckOutputSpace(context.platform.files, {path, least_bytes}));
  if (!warning.empty()) context.Say(warning);
  return {};
}

// Prints the first rows; the others are not put together.
Status PrintRows(const CommandContext& context, HistoricalRows& rows) {
  arrow::RecordBatchVector batches;
  std::int64_t read = 0;
  while (read < kShownRowLimit) {
    LARDER_ASSIGN_OR_RETURN(auto batch, rows.Next());
    if (batch == nullptr) break;
    read += batch->num_rows();
    batches.push_back(std::move(batch));
  }
  LARDER_ASSIGN_OR_RETURN(const auto table, FromArrow(arrow::Table::FromRecordBatches(rows.schema(), batches)));
  LARDER_ASSIGN_OR_RETURN(const auto first, FromArrow(table->CombineChunksToBatch()));
  if (context.flags.json) {
    LARDER_ASSIGN_OR_RETURN(const std::string text, RowsJson(*first->Slice(0, kShownRowLimit)));
    context.Print(text);
    return {};
  }
  context.Print(FormatTable(*first->Slice(0, kShownRowLimit), rows.row_count(), {}));
  return {};
}

Result<HistoricalRequest> RequestOf(const HistoricalArguments& arguments, const CommandContext& context) {
  if (arguments.entities.empty() == arguments.at_events.empty()) {
    return Status(Reason::kUsage,
                  arguments.entities.empty() ? "larder historical: no entity table"
                                             : "larder historical: an entity table and the events of a view",
                  "name the rows with --entities FILE, or with --at-events VIEW");
  }
  if (arguments.exclusive && arguments.at_events.empty()) {
    return Status(Reason::kUsage, "larder historical: --exclusive without --at-events",
                  "it leaves the event itself out of its windows; `end: exclusive` does so for every row");
  }
  HistoricalRequest request;
  request.at_events = arguments.at_events;
  request.exclusive = arguments.exclusive;
  request.features = {arguments.features, arguments.service, arguments.full_names};
  if (!arguments.entities.empty()) request.entities = context.FilePath(arguments.entities);
  request.timestamp = arguments.timestamp;
  request.as_known = arguments.as_known;
  request.matches = arguments.matches;
  if (!arguments.output.empty()) LARDER_RETURN_IF_ERROR(FileFormatOf(arguments.output).status());
  return request;
}

Status PrintPlan(const CommandContext& context, HistoricalJob& job) {
  LARDER_ASSIGN_OR_RETURN(const HistoricalEstimate estimate, job.Estimate());
  context.Print(context.flags.json ? EstimateJson(estimate, *job.schema())
                                   : EstimateText(estimate, job.schema()->num_fields()));
  return {};
}

// Says how each view is joined, where that is known and is not what was told before; returns what is told now.
std::vector<std::string> SayPlans(const CommandContext& context, const HistoricalRows& rows,
                                  std::vector<std::string> told) {
  const std::vector<ViewSummary> views = rows.summaries();
  told.resize(views.size());
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (views[i].join.passes == 0) continue;
    std::string line = PlanLine(views[i]);
    if (line == told[i]) continue;
    context.Say(line);
    told[i] = std::move(line);
  }
  return told;
}

Status RunHistorical(const HistoricalArguments& arguments, CommandContext& context) {
  const std::int64_t began_ns = context.platform.clock.MonotonicNs();
  LARDER_ASSIGN_OR_RETURN(const HistoricalRequest request, RequestOf(arguments, context));
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProjectToRead());
  MemoryBudget memory(project->config().engine.memory_bytes);
  // What readers and the writer need at least has bounds of its own; the join makes room for it.
  const auto pool = NewBudgetedPool(memory, *arrow::default_memory_pool(), FullBudget::kIsCounted);
  LARDER_ASSIGN_OR_RETURN(const auto job, OpenHistorical(*project, request, pool.get()));
  if (arguments.plan) return PrintPlan(context, *job);
  const std::string path = arguments.output.empty() ? "" : context.FilePath(arguments.output);
  std::optional<std::int64_t> expected;
  if (!path.empty()) {
    expected = job->RowCount();
    const std::int64_t least_bytes = expected.value_or(0) * LeastRowBytes(*job->schema());
    LARDER_RETURN_IF_ERROR(MakeReadyForOutput(context, path, least_bytes));
  }

  const ExecutionContext execution{
      memory, project->threads(), &context.cancellation, &context.progress, project->config().engine.spill,
      {},     pool.get()};
  LARDER_ASSIGN_OR_RETURN(const auto rows, job->Start(execution));
  HistoricalOutcome outcome;
  outcome.output = arguments.output;
  if (path.empty()) LARDER_RETURN_IF_ERROR(PrintRows(context, *rows));
  std::vector<std::string> told = SayPlans(context, *rows, {});
  if (!path.empty()) {
    LARDER_ASSIGN_OR_RETURN(outcome.output_bytes,
                            WriteTrainingFile(context.platform.files, *rows, {path, expected}, execution));
  }
  outcome.row_count = rows->row_count();
  outcome.seconds = static_cast<double>(context.platform.clock.MonotonicNs() - began_ns) / 1e9;
  outcome.buffer_bytes = memory.peak_bytes();
  outcome.peak_resident_bytes = PeakResidentBytes();
  told = SayPlans(context, *rows, std::move(told));
  for (const ViewSummary& view : rows->summaries()) {
    context.Say(MatchLine(view, outcome.row_count, !path.empty()));
  }
  context.Say(OutcomeLine(outcome));
  if (path.empty()) return {};
  context.Say("written to " + outcome.output + " (" + FormatBytes(outcome.output_bytes) + ")");
  if (context.flags.json) context.Print(OutcomeJson(*rows, outcome));
  return {};
}

}  // namespace

CommandRun DeclareHistorical(ArgumentList& arguments) {
  auto values = std::make_shared<HistoricalArguments>();
  arguments.Option("--entities", values->entities, "FILE",
                   "Entity table: join keys and an event time (csv, parquet, arrow)");
  arguments.Option("--at-events", values->at_events, "VIEW", "In place of an entity table: the view's own events");
  arguments.Flag("--exclusive", values->exclusive, "With --at-events: the event itself does not count in its windows");
  arguments.Option("--service", values->service, "NAME", "All features of a feature service");
  arguments.Options("--features", values->features, "REF", "view:feature, view or view@version:feature; by commas");
  arguments.Option("-o,--output", values->output, "FILE",
                   "Write to a file (csv, parquet, arrow); else show the first rows");
  arguments.Option("--timestamp", values->timestamp, "NAME", "The event time column of the entity table");
  arguments.Flag("--full-names", values->full_names, "Name features view__feature");
  arguments.Flag("--as-known", values->as_known,
                 "Only rows that were known: created time <= event time of the entity row");
  arguments.Flag("--matches", values->matches, "Add view__event_time, view__age, view__status");
  arguments.Flag("--plan", values->plan, "Only tell what would be read, and how much");
  return [values](CommandContext& context) { return RunHistorical(*values, context); };
}

}  // namespace larder
