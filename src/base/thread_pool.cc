#include "base/thread_pool.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"

namespace larder {
namespace {

/// Holds one ParallelFor. Shared with the tasks it queued: one that comes late finds no index left and goes.
struct Loop {
  const std::function<Status(std::int64_t)>& work;  ///< touched only by those who took an index
  const std::int64_t count;
  std::mutex mutex;
  std::condition_variable done;
  std::int64_t next = 0;
  std::int64_t running = 0;
  std::int64_t failed_index = -1;
  Status failure;

  Loop(const std::function<Status(std::int64_t)>& body, std::int64_t times) : work(body), count(times) {}

  /// Takes the next index and notes that it runs, so that the owner waits for it; -1 when none is left.
  std::int64_t Take() {
    const std::lock_guard lock(mutex);
    if (failed_index >= 0 || next >= count) return -1;
    ++running;
    return next++;
  }

  void Finish(std::int64_t index, Status status) {
    const std::lock_guard lock(mutex);
    --running;
    if (!status.ok() && (failed_index < 0 || index < failed_index)) {
      // Indexes are taken in ascending order: one below the least failure ran too, so the least is always found.
      failed_index = index;
      failure = std::move(status);
    }
    done.notify_all();
  }

  void RunAll() {
    for (std::int64_t index = Take(); index >= 0; index = Take()) Finish(index, work(index));
  }

  Status Wait() {
    std::unique_lock lock(mutex);
    done.wait(lock, [this] { return running == 0; });
    return failure;
  }
};

}  // namespace

ThreadPool::ThreadPool(int thread_count, std::size_t queue_limit) : queue_limit_(queue_limit) {
  LARDER_CHECK(thread_count >= 1);
  LARDER_CHECK(queue_limit >= 1);
  threads_.reserve(static_cast<std::size_t>(thread_count));
  for (int i = 0; i < thread_count; ++i) threads_.emplace_back([this] { Run(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  has_task_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::Submit(Task task) {
  {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [this] { return queue_.size() < queue_limit_; });
    queue_.push_back(std::move(task));
  }
  has_task_.notify_one();
}

bool ThreadPool::TrySubmit(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= queue_limit_) return false;
    queue_.push_back(std::move(task));
  }
  has_task_.notify_one();
  return true;
}

Status ThreadPool::ParallelFor(std::int64_t count, const std::function<Status(std::int64_t)>& work) {
  if (count <= 0) return {};
  const auto loop = std::make_shared<Loop>(work, count);
  const std::int64_t others = std::min<std::int64_t>(count - 1, thread_count());
  for (std::int64_t i = 0; i < others; ++i) {
    if (!TrySubmit([loop] { loop->RunAll(); })) break;
  }
  loop->RunAll();
  return loop->Wait();
}

void ThreadPool::Run() {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      has_task_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    has_room_.notify_one();
    task();
  }
}

}  // namespace larder
