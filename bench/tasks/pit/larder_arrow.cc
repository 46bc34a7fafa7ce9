// The point-in-time join by Larder's library, to Arrow in memory. Usage: pit_larder_arrow FOLDER OUTPUT LEFT VIEW...;
// FOLDER holds a project that was applied. With OUTPUT other than "-" the rows are written there after the clock has
// stopped, to be compared.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/logger.h"
#include "base/memory_budget.h"
#include "columnar/arrow_memory_pool.h"
#include "columnar/table_writer.h"
#include "retrieval/historical.h"
#include "retrieval/project.h"

namespace larder::bench {
namespace {

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Status Keep(FileSystem& files, const std::string& path, const std::shared_ptr<arrow::Schema>& schema,
            const arrow::RecordBatchVector& batches) {
  LARDER_ASSIGN_OR_RETURN(const auto writer, CreateTableFile(files, path, schema));
  for (const auto& batch : batches) LARDER_RETURN_IF_ERROR(writer->Write(*batch));
  return writer->Close();
}

Status Run(const std::vector<std::string>& arguments) {
  const auto start = std::chrono::steady_clock::now();
  const auto files = NewPosixFileSystem();
  const auto clock = NewSystemClock();
  Logger logger(*clock, LogLevel::kError, NewStandardErrorSink());
  LARDER_ASSIGN_OR_RETURN(const auto project, OpenProject(Platform{*files, *clock, logger}, arguments[0]));
  MemoryBudget memory(project->config().engine.memory_bytes);
  const auto pool = NewBudgetedPool(memory, *arrow::default_memory_pool(), FullBudget::kIsCounted);
  const ExecutionContext context{memory, project->threads(), nullptr, nullptr, project->config().engine.spill,
                                 {},     pool.get()};
  HistoricalRequest request;
  request.entities = arguments[2];
  request.features.features.assign(arguments.begin() + 3, arguments.end());
  LARDER_ASSIGN_OR_RETURN(const auto rows, GetHistorical(*project, request, context));
  arrow::RecordBatchVector batches;
  while (true) {
    LARDER_ASSIGN_OR_RETURN(auto batch, rows->Next());
    if (batch == nullptr) break;
    batches.push_back(std::move(batch));
  }
  const double seconds = SecondsSince(start);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"work_s\": %.6f, \"peak_mib\": %.1f}\n", seconds, static_cast<double>(usage.ru_maxrss) / 1024);
  return arguments[1] == "-" ? Status() : Keep(*files, arguments[1], rows->schema(), batches);
}

}  // namespace
}  // namespace larder::bench

int main(int count, char** texts) {
  if (count < 5) {
    std::fputs("usage: pit_larder_arrow FOLDER OUTPUT LEFT VIEW...\n", stderr);
    return 2;
  }
  const larder::Status status = larder::bench::Run(std::vector<std::string>(texts + 1, texts + count));
  if (!status.ok()) std::fprintf(stderr, "pit_larder_arrow: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
