// Long work that a request begins and others ask about.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "base/progress.h"
#include "base/status.h"

namespace larder {

/// Runs jobs, each on a thread of its own, a few at a time, and remembers how the last ones ended. Thread-safe.
class Jobs {
 public:
  /// The most jobs that run at once, and the most that are remembered.
  static constexpr std::size_t kMaxRunning = 4;
  static constexpr std::size_t kMaxRemembered = 1000;

  /// Does the work of a job; returns its result as JSON.
  using Work = std::function<Result<std::string>(const Cancellation&, Progress&)>;

  Jobs() = default;
  ~Jobs() { Stop(); }

  /// Begins a job and returns its id. Fails with kOverloaded when kMaxRunning jobs run, kUnavailable after Finish or
  /// Stop.
  Result<std::string> Begin(Work work);
  /// Returns a job as JSON: {"id", "state": "running" | "done" | "failed" | "cancelled", "stage", "unit", "done",
  /// "total", "result" | "error"}. Fails with kUnknownObject.
  Result<std::string> Describe(const std::string& id) const;
  /// Asks a job to stop; it may take a moment. Fails with kUnknownObject.
  Status Cancel(const std::string& id);
  /// Waits until the jobs that run have ended and somebody has been told how, or for `timeout`; who does not ask within
  /// two seconds after the end is not waited for. No job begins any more.
  void Finish(std::chrono::microseconds timeout);
  /// Cancels all jobs and waits for them; no job begins any more.
  void Stop();

 private:
  struct Job;
  void ForgetOld();
  std::vector<std::shared_ptr<Job>> TakeNoMore();

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Job>> jobs_;
  std::int64_t next_id_ = 1;
  bool stopped_ = false;
};

}  // namespace larder
