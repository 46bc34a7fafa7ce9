// What the Python module asks of the feature store in its own process.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/cancellation.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/logger.h"
#include "base/progress.h"
#include "base/status.h"
#include "retrieval/historical.h"
#include "retrieval/project.h"
#include "serving/api_session.h"

namespace larder {

/// Holds how a call is stopped and what hears how far it is.
struct StoreCall {
  const Cancellation& cancellation;
  Progress& progress;
};

/// Holds a training set in memory.
struct TrainingSet {
  std::shared_ptr<arrow::Table> rows;
  std::string summary;  ///< JSON: what OutcomeJson tells of views
};

/// Holds an open project and, from the first question about the online store on, a session with whoever owns it: a
/// running server, else this process until Close. Thread-safe.
class LocalStore {
 public:
  /// Opens the project whose larder.yaml is in `folder` or above it.
  static Result<std::unique_ptr<LocalStore>> Open(const std::string& folder);
  ~LocalStore();

  const std::string& root() const { return project_->config().root; }

  /// Answers one request of the HTTP API; the body of the answer.
  Result<std::string> Call(const ApiRequest& request, const StoreCall& call);
  /// Begins a job of the API, follows it to its end and returns its result.
  Result<std::string> RunJob(const ApiRequest& request, const StoreCall& call);

  /// Returns what apply would change, as JSON.
  Result<std::string> Plan();
  /// Applies the definition files and returns what changed, as Plan. Fails with kUsage, and changes nothing, when that
  /// deletes objects or stored rows and `allow_deletes` is not set.
  Result<std::string> Apply(bool allow_deletes, const StoreCall& call);
  /// Returns the current objects of a kind (empty: of all) as a JSON array: kind, name, version, applied, author,
  /// definition.
  Result<std::string> List(const std::string& kind);
  /// Returns the life of an object as a JSON array: version, action, time, author, current.
  Result<std::string> Versions(const std::string& kind, const std::string& name);
  /// Deletes an object that no file holds and nothing needs.
  Status Delete(const std::string& kind, const std::string& name);

  /// Makes a training set in memory.
  Result<TrainingSet> Historical(const HistoricalRequest& request, const StoreCall& call);
  /// Makes a training set in a file, whose suffix tells its format; returns the summary.
  Result<std::string> WriteHistorical(const HistoricalRequest& request, const std::string& path, const StoreCall& call);

  /// Ends the session: another process may own the online store from now on. The next question opens one again.
  void Close();

 private:
  LocalStore();
  Result<ApiSession*> Session();

  std::unique_ptr<FileSystem> files_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<Project> project_;
  std::mutex mutex_;  ///< guards session_ and its use
  std::unique_ptr<ApiSession> session_;
};

}  // namespace larder
