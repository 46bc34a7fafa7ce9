// Group commit: the writes of many threads share one trip to the disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "base/status.h"
#include "online/online_store.h"

namespace larder {

class RocksDbTable;

/// Holds one batch on its way; lives on its writer's stack.
struct PendingWrite {
  RocksDbTable* table = nullptr;
  std::span<const CellWrite> writes;
  WriteResult result = {};
  Status status = {};
};

/// Lets one of the waiting writers commit for all of them, one group at a time, in the order in which they came. What
/// comes during a commit makes the next group. At most as many batches wait as there are threads that write.
class CommitQueue {
 public:
  /// Commits batches together, and fills in their results. Never called twice at a time.
  using Commit = std::function<void(std::span<PendingWrite* const> group)>;
  static constexpr std::size_t kMaxGroupRows = 16'384;

  explicit CommitQueue(Commit commit) : commit_(std::move(commit)) {}

  /// Returns when the batch was committed or failed; what became of it stands in it.
  void Write(PendingWrite& write);
  /// Runs `work` while no group is being committed.
  Status RunAlone(const std::function<Status()>& work);

 private:
  struct Waiting {
    PendingWrite* write;
    std::condition_variable turn;
    bool done = false;
  };

  std::vector<Waiting*> TakeGroup();
  void PassOn();

  const Commit commit_;
  std::mutex mutex_;
  std::deque<Waiting*> queue_;
  std::condition_variable free_;  ///< for RunAlone
  int alone_waiting_ = 0;
  bool busy_ = false;
};

}  // namespace larder
