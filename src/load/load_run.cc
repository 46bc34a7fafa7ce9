#include "load/load_run.h"

#include <sys/resource.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace larder {
namespace {

constexpr int kMaxConnections = 50'000;
constexpr int kMaxPipelined = 1'000;
constexpr int kMaxThreads = 256;
constexpr double kMaxRate = 100e6;
constexpr std::int64_t kMaxDurationNs = 86'400'000'000'000;

Status CheckCount(const char* name, int count, int most) {
  if (count >= 1 && count <= most) return {};
  return Status(Reason::kUsage, std::string(name) + ": " + std::to_string(count),
                "give from 1 to " + std::to_string(most));
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The part of thread `index`: what does not divide goes to the first threads.
LoadPart PartOf(const LoadRunOptions& options, int index) {
  const int count = options.thread_count;
  LoadPart part;
  part.connection_count = options.connection_count / count + (index < options.connection_count % count ? 1 : 0);
  part.rate = options.rate / count;
  if (options.max_request_count != UINT64_MAX) {
    const auto threads = static_cast<std::uint64_t>(count);
    const bool has_more = static_cast<std::uint64_t>(index) < options.max_request_count % threads;
    part.max_request_count = options.max_request_count / threads + (has_more ? 1 : 0);
  }
  part.seed = options.seed + static_cast<std::uint64_t>(index);
  return part;
}

}  // namespace

Status CheckLoadOptions(const LoadRunOptions& options) {
  LARDER_RETURN_IF_ERROR(CheckCount("connections", options.connection_count, kMaxConnections));
  LARDER_RETURN_IF_ERROR(CheckCount("pipelined requests", options.pipelined_count, kMaxPipelined));
  LARDER_RETURN_IF_ERROR(CheckCount("threads", options.thread_count, kMaxThreads));
  if (options.thread_count > options.connection_count) {
    return Status(Reason::kUsage,
                  "more threads than connections: " + std::to_string(options.thread_count) + " and " +
                      std::to_string(options.connection_count),
                  "give every thread a connection");
  }
  const bool is_rate = options.rate >= 0 && options.rate <= kMaxRate;
  if (!is_rate) return Status(Reason::kUsage, "no rate: " + std::to_string(options.rate), "give requests a second");
  const bool is_duration = options.duration_ns > 0 && options.duration_ns <= kMaxDurationNs &&
                           options.warm_up_ns >= 0 && options.warm_up_ns <= kMaxDurationNs && options.timeout_ns > 0 &&
                           options.timeout_ns <= kMaxDurationNs;
  if (!is_duration) return Status(Reason::kUsage, "a duration out of range", "give more than 0 and at most 24h");
  return {};
}

Result<LoadMeasurement> RunLoad(const LoadContext& context) {
  LARDER_RETURN_IF_ERROR(CheckLoadOptions(context.options));
  const std::int64_t began_ns = context.clock.MonotonicNs();
  const double cpu_before = CpuSeconds();
  const auto count = static_cast<std::size_t>(context.options.thread_count);
  std::vector<Result<LoadMeasurement>> parts(count, Result<LoadMeasurement>(LoadMeasurement()));
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < count; ++i) {
    threads.emplace_back([&, i] { parts[i] = RunLoadPart(context, PartOf(context.options, static_cast<int>(i))); });
  }
  parts[0] = RunLoadPart(context, PartOf(context.options, 0));
  for (std::thread& thread : threads) thread.join();
  LoadMeasurement measured;
  for (const auto& part : parts) {
    LARDER_RETURN_IF_ERROR(part.status());
    measured.Add(*part);
  }
  const auto took_s = static_cast<double>(context.clock.MonotonicNs() - began_ns) / 1e9;
  measured.cpu_share = took_s > 0 ? (CpuSeconds() - cpu_before) / took_s : 0;
  return measured;
}

}  // namespace larder
