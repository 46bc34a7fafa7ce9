// Routes that tell about the server and its views: /health, /metrics, /openapi.json, /docs and /feature-views.
#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "base/timestamp.h"
#include "retrieval/view_status.h"
#include "serving/api.h"
#include "serving/api_docs.h"
#include "serving/json_columns.h"
#include "text/json_writer.h"

namespace larder {
namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Bytes in memory, of /proc/self/statm; 0 where that is not to be had.
double ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  long total = 0;
  long resident = 0;
  const int read = std::fscanf(file, "%ld %ld", &total, &resident);
  std::fclose(file);
  return read == 2 ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

double OpenFiles() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  int count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count - 3;  // ".", ".." and the folder itself
}

void WriteStatus(JsonWriter& json, const GenerationStatus& status, std::int64_t now_us) {
  json.BeginObject();
  json.IntegerMember("generation", status.generation);
  json.StringMember("state", GenerationStateName(status.state));
  json.Key("versions");
  json.BeginArray();
  for (const std::int64_t version : status.versions) json.Integer(version);
  json.EndArray();
  json.IntegerMember("rows_online", status.rows_online);
  WriteInstantMember(json, "newest_event_time", status.newest_event_us);
  json.Key("age_seconds");
  const bool has_age = status.newest_event_us && *status.newest_event_us != kBeginningOfTimeUs;
  has_age ? json.Float64(static_cast<double>(now_us - *status.newest_event_us) / 1e6) : json.Null();
  const MaterializationMark mark = status.mark.value_or(MaterializationMark{});
  WriteInstantMember(json, "watermark", mark.watermark_us);
  WriteInstantMember(json, "last_materialization",
                     status.mark ? std::optional(mark.finished_us) : std::optional<std::int64_t>());
  json.IntegerMember("last_materialized_rows", mark.row_count);
  json.EndObject();
}

}  // namespace

Result<ApiAnswer> Api::GetView(const ApiRequest& request, const ApiCall& /*call*/) {
  const std::string view = request.path.substr(std::string_view("/feature-views/").size());
  LARDER_ASSIGN_OR_RETURN(const auto statuses, GetViewStatus(project_, tables_, view));
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.StringMember("view", view);
  json.Key("generations");
  json.BeginArray();
  for (const GenerationStatus& status : statuses) WriteStatus(json, status, project_.clock().NowUs());
  json.EndArray();
  json.EndObject();
  return ApiAnswer{200, "application/json", std::move(text)};
}

Result<ApiAnswer> Api::GetHealth(const ApiRequest& /*request*/, const ApiCall& /*call*/) {
  LARDER_RETURN_IF_ERROR(Definitions().status());
  const Status writable = tables_.store().CheckWritable();
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.StringMember("status", "ok");
  json.BoolMember("writable", writable.ok());
  if (!writable.ok()) json.StringMember("why_not_writable", writable.message());
  json.EndObject();
  return ApiAnswer{200, "application/json", std::move(text)};
}

void Api::UpdateGauges() {
  const std::int64_t now_us = project_.clock().NowUs();
  for (const TableStatistics& table : tables_.store().Tables()) {
    if (!table.newest_event_time_us || *table.newest_event_time_us == kBeginningOfTimeUs) continue;
    counters_
        .GetGauge({"larder_feature_age_seconds", "Now minus the newest event time online"}, {{"view", table.name.view}})
        .Set(static_cast<double>(now_us - *table.newest_event_time_us) / 1e6);
  }
  counters_.GetGauge({"larder_store_bytes", "Bytes that the online store takes"})
      .Set(static_cast<double>(tables_.store().StoredBytes()));
  counters_.GetGauge({"process_cpu_seconds_total", "CPU time of the process"}).Set(CpuSeconds());
  counters_.GetGauge({"process_resident_memory_bytes", "Memory of the process"}).Set(ResidentBytes());
  counters_.GetGauge({"process_open_fds", "Open files of the process"}).Set(OpenFiles());
}

Result<ApiAnswer> Api::GetMetrics(const ApiRequest& /*request*/, const ApiCall& /*call*/) {
  UpdateGauges();
  return ApiAnswer{200, "text/plain; version=0.0.4", counters_.ToPrometheusText()};
}

Result<ApiAnswer> Api::GetOpenApi(const ApiRequest& /*request*/, const ApiCall& /*call*/) {
  return ApiAnswer{200, "application/json", OpenApiDocument()};
}

Result<ApiAnswer> Api::GetDocs(const ApiRequest& /*request*/, const ApiCall& /*call*/) {
  return ApiAnswer{200, "text/html; charset=utf-8", DocsPage()};
}

}  // namespace larder
