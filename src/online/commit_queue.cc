#include "online/commit_queue.h"

namespace larder {

void CommitQueue::Write(PendingWrite& write) {
  Waiting mine{&write, {}};
  std::unique_lock lock(mutex_);
  queue_.push_back(&mine);
  while (!mine.done) {
    // The front of the queue leads, unless someone wants to be alone.
    mine.turn.wait(lock, [&] { return mine.done || (!busy_ && alone_waiting_ == 0 && queue_.front() == &mine); });
    if (mine.done) return;
    busy_ = true;
    const std::vector<Waiting*> group = TakeGroup();
    lock.unlock();
    std::vector<PendingWrite*> writes;
    writes.reserve(group.size());
    for (const Waiting* waiting : group) writes.push_back(waiting->write);
    commit_(writes);
    lock.lock();
    busy_ = false;
    for (Waiting* waiting : group) {
      waiting->done = true;
      if (waiting != &mine) waiting->turn.notify_one();
    }
    PassOn();
  }
}

Status CommitQueue::RunAlone(const std::function<Status()>& work) {
  std::unique_lock lock(mutex_);
  ++alone_waiting_;
  free_.wait(lock, [&] { return !busy_; });
  --alone_waiting_;
  busy_ = true;
  lock.unlock();
  Status status = work();
  lock.lock();
  busy_ = false;
  PassOn();
  return status;
}

std::vector<CommitQueue::Waiting*> CommitQueue::TakeGroup() {
  std::vector<Waiting*> group;
  std::size_t row_count = 0;
  while (!queue_.empty()) {
    row_count += queue_.front()->write->writes.size();
    if (!group.empty() && row_count > kMaxGroupRows) break;
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  return group;
}

void CommitQueue::PassOn() {
  if (alone_waiting_ > 0) {
    free_.notify_one();
  } else if (!queue_.empty()) {
    queue_.front()->turn.notify_one();
  }
}

}  // namespace larder
