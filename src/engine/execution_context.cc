#include "engine/execution_context.h"

#include <arrow/memory_pool.h>

#include "base/cancellation.h"
#include "base/progress.h"
#include "base/thread_pool.h"

namespace larder {
namespace {

// Rows between two reports of progress: a part of a second.
constexpr std::int64_t kReportRows = std::int64_t{1} << 21;

}  // namespace

arrow::MemoryPool* PoolOf(const ExecutionContext& context) {
  return context.pool == nullptr ? arrow::default_memory_pool() : context.pool;
}

Status CheckCancelled(const ExecutionContext& context) {
  return context.cancellation == nullptr ? Status() : context.cancellation->Check();
}

Status RunTasks(const ExecutionContext& context, std::size_t count, const std::function<Status(std::size_t)>& task) {
  const auto run = [&](std::int64_t index) {
    LARDER_RETURN_IF_ERROR(CheckCancelled(context));
    return task(static_cast<std::size_t>(index));
  };
  if (context.threads != nullptr && count > 1) {
    return context.threads->ParallelFor(static_cast<std::int64_t>(count), run);
  }
  for (std::size_t i = 0; i < count; ++i) LARDER_RETURN_IF_ERROR(run(static_cast<std::int64_t>(i)));
  return {};
}

void RowReporter::Add(std::int64_t row_count) {
  const std::int64_t done = done_.fetch_add(row_count, std::memory_order_relaxed) + row_count;
  if (progress_ == nullptr) return;
  const std::lock_guard lock(mutex_);
  if (done - told_ < kReportRows) return;
  told_ = done;
  progress_->Update(done, Progress::kUnknownTotal);
}

}  // namespace larder
