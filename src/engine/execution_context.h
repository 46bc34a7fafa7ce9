// What a job of the engine may use while it runs.
#pragma once

#include <string>

#include "base/memory_budget.h"

namespace larder {

class Cancellation;
class Progress;
class ThreadPool;

/// Holds what a job is given from outside. Borrowed: everything named here outlives the job and what it returned.
struct ExecutionContext {
  MemoryBudget& memory;           ///< every large buffer is counted here; a job that needs more fails with kMemoryLimit
  ThreadPool* threads = nullptr;  ///< nullptr: all work is done by the calling thread
  const Cancellation* cancellation = nullptr;  ///< asked between batches; nullptr: cannot be stopped
  Progress* progress = nullptr;  ///< told about rows of the right sides and rows given out; may be nullptr
  std::string spill_folder;      ///< where partitions may be put on disk; empty: nowhere
};

}  // namespace larder
