// What a job of the engine may use while it runs, and how it uses threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include <arrow/type_fwd.h>

#include "base/memory_budget.h"
#include "base/status.h"
#include "engine/join_strategy.h"

namespace larder {

class Cancellation;
class Progress;
class ThreadPool;

/// Holds choices that the engine makes by itself when they are left open. None of them changes a byte of a result.
struct JoinTuning {
  std::optional<JoinStrategy> strategy = std::nullopt;  ///< for every view; kNothing is never chosen by it
  std::int64_t part_rows = 0;  ///< rows of the left side that are joined together at most; 0: as memory allows
};

/// Holds what a job is given from outside. Borrowed: everything named here outlives the job and what it returned.
struct ExecutionContext {
  MemoryBudget& memory;           ///< every large buffer is counted here; a job that needs more fails with kMemoryLimit
  ThreadPool* threads = nullptr;  ///< nullptr: all work is done by the calling thread
  const Cancellation* cancellation = nullptr;  ///< asked between batches; nullptr: cannot be stopped
  Progress* progress = nullptr;  ///< told about rows of the right sides and rows given out; may be nullptr
  std::string spill_folder;      ///< where partitions may be put on disk; empty: nowhere
  JoinTuning tuning = {};
  /// Of the columns that are given out. Counts in `memory` what readers of views and this job take of it; nullptr:
  /// Arrow's default, and nobody counts.
  arrow::MemoryPool* pool = nullptr;
};

/// Returns the pool of `context`, or Arrow's default.
arrow::MemoryPool* PoolOf(const ExecutionContext& context);

/// Fails with kInterrupted once the job is cancelled.
Status CheckCancelled(const ExecutionContext& context);

/// Runs `task(0)` to `task(count - 1)`, each once, in any order, together on the threads of `context` when it has some.
/// Returns when all are done. Fails as the failed task of the least number; after a failure or a cancellation tasks
/// that have not begun are left out.
Status RunTasks(const ExecutionContext& context, std::size_t count, const std::function<Status(std::size_t)>& task);

/// Tells progress for tasks that run together. Thread-safe.
class RowReporter {
 public:
  explicit RowReporter(const ExecutionContext& context) : progress_(context.progress) {}

  /// Adds rows that are done; tells now and then.
  void Add(std::int64_t row_count);

 private:
  Progress* const progress_;
  std::atomic<std::int64_t> done_{0};
  std::mutex mutex_;
  std::int64_t told_ = 0;
};

}  // namespace larder
