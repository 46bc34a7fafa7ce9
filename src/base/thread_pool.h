// A few threads that take work from one bounded queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/status.h"

namespace larder {

/// Runs tasks on its own threads, in the order they came. Going, it finishes what is queued. Thread-safe.
class ThreadPool {
 public:
  using Task = std::function<void()>;

  /// Starts `thread_count` threads (at least 1); at most `queue_limit` tasks wait (at least 1).
  ThreadPool(int thread_count, std::size_t queue_limit);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  int thread_count() const { return static_cast<int>(threads_.size()); }

  /// Queues a task; waits while the queue is full. Not to be called by a task of this pool: it could wait for itself.
  void Submit(Task task);
  /// Queues a task unless the queue is full.
  bool TrySubmit(Task task);

  /// Calls `work(i)` for i from 0 to `count` - 1, on the calling thread and on those that are idle, and returns when
  /// all calls returned. After a failure no further call begins; the failure with the least i is returned, the same one
  /// whatever the number of threads. May be called by a task of this pool.
  Status ParallelFor(std::int64_t count, const std::function<Status(std::int64_t)>& work);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable has_task_;
  std::condition_variable has_room_;
  std::deque<Task> queue_;
  const std::size_t queue_limit_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace larder
