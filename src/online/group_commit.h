// Group commit: the writes of many threads share one trip to the disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/status.h"
#include "online/online_store.h"

namespace larder {

struct RocksDbShared;
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

/// Commits the batches of a group, each whole or not at all, with one write to the log, and fills in their results:
/// reads what is stored, decides who is newer, writes all at once. To be called by one thread at a time.
void CommitGroup(RocksDbShared& shared, std::span<PendingWrite* const> group);

}  // namespace larder
