// Work in pieces: on the threads of a job, stopped by its cancellation.
#pragma once

#include <cstddef>
#include <functional>

#include "base/status.h"
#include "engine/execution_context.h"

namespace larder {

/// Fails with kInterrupted once the job is cancelled.
Status CheckCancelled(const ExecutionContext& context);

/// Runs `task(0)` to `task(count - 1)`, each once, in any order, together on the threads of `context` when it has some.
/// Returns when all are done. Fails as the failed task of the least number; after a failure or a cancellation tasks
/// that have not begun are left out.
Status RunTasks(const ExecutionContext& context, std::size_t count, const std::function<Status(std::size_t)>& task);

}  // namespace larder
