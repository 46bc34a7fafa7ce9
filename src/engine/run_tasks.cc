#include "engine/run_tasks.h"

#include <cstdint>

#include "base/cancellation.h"
#include "base/thread_pool.h"

namespace larder {

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

}  // namespace larder
