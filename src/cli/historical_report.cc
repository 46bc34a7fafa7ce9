#include "cli/historical_report.h"

#include <arrow/type.h>
#include <sys/resource.h>

#include <array>
#include <cstdio>

#include "text/json_writer.h"
#include "text/quantity_text.h"

namespace larder {
namespace {

std::string Counted(std::int64_t count, const std::string& one) {
  return FormatCount(count) + " " + one + (count == 1 ? "" : "s");
}

std::int64_t RowsPerSecond(const HistoricalOutcome& outcome) {
  return outcome.seconds > 0 ? static_cast<std::int64_t>(static_cast<double>(outcome.row_count) / outcome.seconds) : 0;
}

void WriteOptional(JsonWriter& json, std::string_view name, const std::optional<std::int64_t>& value) {
  json.Key(name);
  if (value) return json.Integer(*value);
  json.Null();
}

void WriteColumns(JsonWriter& json, const arrow::Schema& schema) {
  json.Key("columns");
  json.BeginArray();
  for (const auto& field : schema.fields()) json.String(field->name());
  json.EndArray();
}

std::string ViewEstimateLine(const ViewEstimate& view) {
  std::string line = view.view + ": ";
  if (view.row_count) line += Counted(*view.row_count, "row") + " in ";
  line += Counted(view.file_count, "file") + ", up to " + FormatBytes(view.bytes) + " to read";
  if (view.row_groups_pruned > 0) {
    line += "; " + FormatCount(view.row_groups_pruned) + " of " +
            Counted(view.row_groups + view.row_groups_pruned, "row group") + " skipped by time (" +
            FormatBytes(view.bytes_pruned) + ")";
  }
  return line + "\n";
}

void WriteView(JsonWriter& json, const ViewSummary& view) {
  const ViewStatistics& join = view.join;
  json.BeginObject();
  json.StringMember("view", view.view);
  json.IntegerMember("rows_read", join.rows_read);
  json.IntegerMember("rows_without_key", join.null_key_rows);
  json.IntegerMember("rows_without_time", join.null_time_rows);
  json.IntegerMember("matched", join.matched_rows);
  json.IntegerMember("not_found", join.not_found_rows);
  json.IntegerMember("outside_max_age", join.outside_max_age_rows);
  json.IntegerMember("row_groups_read", view.reads.row_groups_read);
  json.IntegerMember("row_groups_pruned", view.reads.row_groups_pruned);
  json.StringMember("strategy", JoinStrategyName(join.choice.strategy));
  json.StringMember("strategy_reason", join.choice.reason);
  json.IntegerMember("passes", join.passes);
  json.IntegerMember("bytes_read", view.reads.bytes_read);
  json.IntegerMember("bytes_pruned", view.reads.bytes_pruned);
  json.IntegerMember("spilled_bytes", join.spilled_bytes);
  json.IntegerMember("values", view.values);
  json.IntegerMember("null_values", view.null_values);
  json.EndObject();
}

}  // namespace

std::int64_t PeakResidentBytes() {
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * 1024 : 0;
}

std::string EstimateText(const HistoricalEstimate& estimate, int column_count) {
  std::string text = estimate.row_count ? Counted(*estimate.row_count, "row") : std::string("rows");
  text += " of " + Counted(column_count, "column");
  if (estimate.row_count && estimate.least_row_bytes) {
    text += ", about " + FormatBytes(*estimate.row_count * *estimate.least_row_bytes) + " without texts";
  }
  text += "\n";
  for (const ViewEstimate& view : estimate.views) text += ViewEstimateLine(view);
  return text;
}

std::string EstimateJson(const HistoricalEstimate& estimate, const arrow::Schema& schema) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  WriteOptional(json, "rows", estimate.row_count);
  WriteOptional(json, "least_row_bytes", estimate.least_row_bytes);
  WriteColumns(json, schema);
  json.Key("views");
  json.BeginArray();
  for (const ViewEstimate& view : estimate.views) {
    json.BeginObject();
    json.StringMember("view", view.view);
    json.IntegerMember("files", view.file_count);
    WriteOptional(json, "rows", view.row_count);
    json.IntegerMember("row_groups", view.row_groups);
    json.IntegerMember("row_groups_pruned", view.row_groups_pruned);
    json.IntegerMember("bytes", view.bytes);
    json.IntegerMember("bytes_pruned", view.bytes_pruned);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text + "\n";
}

std::string PlanLine(const ViewSummary& view) {
  const ViewStatistics& join = view.join;
  std::string line = view.view + ": " + std::string(JoinStrategyName(join.choice.strategy)) + ", because " +
                     join.choice.reason + "; " + Counted(join.rows_read, "row") + " read (" +
                     FormatBytes(view.reads.bytes_read) + ")";
  if (view.reads.bytes_pruned > 0) line += ", " + FormatBytes(view.reads.bytes_pruned) + " skipped";
  const std::int64_t ignored = join.null_key_rows + join.null_time_rows;
  if (ignored > 0) line += ", " + Counted(ignored, "row") + " without key or time ignored";
  if (join.passes > 1) line += ", in " + FormatCount(join.passes) + " passes";
  if (join.spilled_bytes > 0) line += ", " + FormatBytes(join.spilled_bytes) + " spilled";
  return line;
}

std::string MatchLine(const ViewSummary& view, std::int64_t row_count, bool is_whole) {
  std::string line = view.view + ": matched " + FormatShare(view.join.matched_rows, row_count) + " of the rows";
  if (view.join.outside_max_age_rows > 0) line += ", " + FormatCount(view.join.outside_max_age_rows) + " too old";
  if (is_whole && view.values > 0)
    line += "; " + FormatShare(view.null_values, view.values) + " of the values are null";
  return line;
}

std::string OutcomeLine(const HistoricalOutcome& outcome) {
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%.2f s", outcome.seconds);
  return Counted(outcome.row_count, "row") + " in " + seconds.data() + ", " + FormatCount(RowsPerSecond(outcome)) +
         " rows/s; peak memory " + FormatBytes(outcome.peak_resident_bytes) +
         " (engine's buffers: " + FormatBytes(outcome.buffer_bytes) + ")";
}

std::string OutcomeJson(const HistoricalRows& rows, const HistoricalOutcome& outcome) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.IntegerMember("rows", outcome.row_count);
  json.Key("seconds");
  json.Float64(outcome.seconds);
  json.IntegerMember("peak_bytes", outcome.buffer_bytes);
  json.StringMember("output", outcome.output);
  WriteColumns(json, *rows.schema());
  json.Key("views");
  json.BeginArray();
  std::int64_t spilled_bytes = 0;
  for (const ViewSummary& view : rows.summaries()) {
    WriteView(json, view);
    spilled_bytes += view.join.spilled_bytes;
  }
  json.EndArray();
  json.IntegerMember("rows_per_second", RowsPerSecond(outcome));
  json.IntegerMember("peak_resident_bytes", outcome.peak_resident_bytes);
  json.IntegerMember("output_bytes", outcome.output_bytes);
  json.IntegerMember("spilled_bytes", spilled_bytes);
  json.EndObject();
  return text + "\n";
}

}  // namespace larder
