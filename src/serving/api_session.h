// How a program of a project reaches its API: in the process that owns the online store, or here.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/counters.h"
#include "base/status.h"
#include "retrieval/project.h"
#include "serving/api.h"

namespace larder {

/// Speaks to a project's API as its own user. Not thread-safe; borrows the project.
class ApiSession {
 public:
  virtual ~ApiSession() = default;

  /// Finds the running server of the project by its socket; without one, opens the online store in this process. Fails
  /// with kLocked when a process owns the store and does not answer.
  static Result<std::unique_ptr<ApiSession>> Open(Project& project);
  /// Returns the session with the running server; nullptr when there is none.
  static Result<std::unique_ptr<ApiSession>> FindServer(Project& project);

  /// Tells whether another process answers.
  virtual bool is_remote() const = 0;
  /// Returns the body of the answer; a failure is the one that the API told.
  virtual Result<std::string> Call(const ApiRequest& request, const ApiCall& call) = 0;
  /// Begins a job (`request` without a query), follows it to its end and returns its result. Cancelled, it asks the job
  /// to stop and fails with kInterrupted.
  virtual Result<std::string> RunJob(const ApiRequest& request, const ApiCall& call) = 0;
};

}  // namespace larder
