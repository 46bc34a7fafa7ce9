// larder historical: the training set.
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <memory>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/table_output.h"
#include "columnar/arrow_status.h"
#include "columnar/table_writer.h"
#include "retrieval/historical.h"
#include "text/json_writer.h"

namespace larder {
namespace {

struct HistoricalArguments {
  std::string entities;
  std::string service;
  std::vector<std::string> features;
  std::string output;
  std::string timestamp;
  bool full_names = false;
  bool as_known = false;
  bool matches = false;
};

// What the command tells when it is done.
struct Outcome {
  std::int64_t row_count = 0;
  double seconds = 0;
  std::int64_t peak_bytes = 0;
  std::string output;
};

std::string Share(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return "no rows";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", percent);
  return text;
}

void Summarize(const CommandContext& context, const HistoricalRows& rows, const Outcome& outcome) {
  for (const ViewSummary& view : rows.summaries()) {
    const ViewStatistics& join = view.join;
    std::string line = view.view + ": matched " + Share(join.matched_rows, outcome.row_count) + " of the rows";
    if (join.outside_max_age_rows > 0) line += ", " + std::to_string(join.outside_max_age_rows) + " too old";
    line += "; " + std::to_string(join.rows_read) + " rows read";
    const std::int64_t ignored = join.null_key_rows + join.null_time_rows;
    if (ignored > 0) line += ", " + std::to_string(ignored) + " of them without key or time ignored";
    context.Say(line);
  }
  char text[160];
  std::snprintf(text, sizeof text, "%lld rows in %.2f s, %.0f rows/s, peak of the engine's buffers %lld MiB",
                static_cast<long long>(outcome.row_count), outcome.seconds,
                outcome.seconds > 0 ? static_cast<double>(outcome.row_count) / outcome.seconds : 0.0,
                static_cast<long long>((outcome.peak_bytes + (1 << 20) - 1) >> 20));
  context.Say(text);
  if (!outcome.output.empty()) context.Say("written to " + outcome.output);
}

std::string OutcomeJson(const HistoricalRows& rows, const Outcome& outcome) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.IntegerMember("rows", outcome.row_count);
  json.Key("seconds");
  json.Float64(outcome.seconds);
  json.IntegerMember("peak_bytes", outcome.peak_bytes);
  json.StringMember("output", outcome.output);
  json.Key("columns");
  json.BeginArray();
  for (const auto& field : rows.schema()->fields()) json.String(field->name());
  json.EndArray();
  json.Key("views");
  json.BeginArray();
  for (const ViewSummary& view : rows.summaries()) {
    json.BeginObject();
    json.StringMember("view", view.view);
    json.IntegerMember("rows_read", view.join.rows_read);
    json.IntegerMember("rows_without_key", view.join.null_key_rows);
    json.IntegerMember("rows_without_time", view.join.null_time_rows);
    json.IntegerMember("matched", view.join.matched_rows);
    json.IntegerMember("not_found", view.join.not_found_rows);
    json.IntegerMember("outside_max_age", view.join.outside_max_age_rows);
    json.IntegerMember("row_groups_read", view.reads.row_groups_read);
    json.IntegerMember("row_groups_pruned", view.reads.row_groups_pruned);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text + "\n";
}

// Writes all rows to the file; it appears when the last one is written.
Status WriteRows(const CommandContext& context, HistoricalRows& rows, const std::string& path, bool parallel) {
  // A training set can be made again: no waiting for the disk.
  const TableWriterOptions options{.parallel = parallel, .durable = false};
  LARDER_ASSIGN_OR_RETURN(const auto writer, CreateTableFile(context.platform.files, path, rows.schema(), options));
  context.progress.Begin("writing " + path, "rows");
  std::int64_t written = 0;
  while (true) {
    LARDER_RETURN_IF_ERROR(context.cancellation.Check());
    LARDER_ASSIGN_OR_RETURN(const auto batch, rows.Next());
    if (batch == nullptr) break;
    LARDER_RETURN_IF_ERROR(writer->Write(*batch));
    written += batch->num_rows();
    context.progress.Update(written, rows.row_count());
  }
  context.progress.End();
  return writer->Close();
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

Status RunHistorical(const HistoricalArguments& arguments, CommandContext& context) {
  if (arguments.entities.empty()) {
    return Status(Reason::kUsage, "larder historical: no entity table", "name it with --entities FILE");
  }
  HistoricalRequest request;
  request.features = {arguments.features, arguments.service, arguments.full_names};
  request.entities = context.FilePath(arguments.entities);
  request.timestamp = arguments.timestamp;
  request.as_known = arguments.as_known;
  request.matches = arguments.matches;
  if (!arguments.output.empty()) LARDER_RETURN_IF_ERROR(FileFormatOf(arguments.output).status());
  LARDER_ASSIGN_OR_RETURN(const auto project, context.OpenProjectToRead());
  MemoryBudget memory(project->config().engine.memory_bytes);
  const ExecutionContext execution{memory, project->threads(), &context.cancellation, &context.progress,
                                   project->config().engine.spill};
  const std::int64_t began_ns = context.platform.clock.MonotonicNs();
  LARDER_ASSIGN_OR_RETURN(const auto rows, GetHistorical(*project, request, execution));
  Outcome outcome{0, 0, 0, arguments.output};
  if (arguments.output.empty()) {
    LARDER_RETURN_IF_ERROR(PrintRows(context, *rows));
  } else {
    LARDER_RETURN_IF_ERROR(
        WriteRows(context, *rows, context.FilePath(arguments.output), project->threads() != nullptr));
  }
  outcome.row_count = rows->row_count();
  outcome.seconds = static_cast<double>(context.platform.clock.MonotonicNs() - began_ns) / 1e9;
  outcome.peak_bytes = memory.peak_bytes();
  Summarize(context, *rows, outcome);
  if (context.flags.json && !arguments.output.empty()) context.Print(OutcomeJson(*rows, outcome));
  return {};
}

}  // namespace

CommandRun DeclareHistorical(ArgumentList& arguments) {
  auto values = std::make_shared<HistoricalArguments>();
  arguments.Option("--entities", values->entities, "FILE",
                   "Entity table: join keys and an event time (csv, parquet, arrow)");
  arguments.Option("--service", values->service, "NAME", "All features of a feature service");
  arguments.Options("--features", values->features, "REF", "view:feature, view or view@version:feature; by commas");
  arguments.Option("-o,--output", values->output, "FILE",
                   "Write to a file (csv, parquet, arrow); else show the first rows");
  arguments.Option("--timestamp", values->timestamp, "NAME", "The event time column of the entity table");
  arguments.Flag("--full-names", values->full_names, "Name features view__feature");
  arguments.Flag("--as-known", values->as_known,
                 "Only rows that were known: created time <= event time of the entity row");
  arguments.Flag("--matches", values->matches, "Add view__event_time, view__age, view__status");
  return [values](CommandContext& context) { return RunHistorical(*values, context); };
}

}  // namespace larder
