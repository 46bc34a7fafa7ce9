// A project that serves, for tests: definitions and rows as text, a clock that the test sets, the API in this process.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/counters.h"
#include "base/file_system.h"
#include "base/logger.h"
#include "retrieval/online_tables.h"
#include "retrieval/project.h"
#include "serving/api.h"

namespace larder::differential {

/// Makes a project in a folder of its own, which goes with it. Aborts when something fails that a test does not test.
class ServingProject {
 public:
  /// `store`: the type of the online store, "memory" or "rocksdb".
  explicit ServingProject(const std::string& store);
  ~ServingProject();
  ServingProject(const ServingProject&) = delete;
  ServingProject& operator=(const ServingProject&) = delete;

  /// Writes a file of the project.
  void Write(const std::string& path, const std::string& text);
  /// Makes `text` the definitions and applies them; the API reads them at its next Reload.
  void Apply(const std::string& text);
  /// Sends a body to a route of the API, as the project's own user.
  ApiAnswer Post(const std::string& path, const std::string& body);
  /// The same; what is not answered 200 aborts.
  void MustPost(const std::string& path, const std::string& body);

  Api& api() { return *api_; }
  OnlineTables& tables() { return *tables_; }
  Project& project() { return *project_; }
  ManualClock& clock() { return clock_; }

 private:
  const std::string folder_;
  const std::unique_ptr<FileSystem> files_;
  ManualClock clock_;
  Logger logger_;
  Counters counters_;
  std::unique_ptr<Project> project_;
  std::unique_ptr<OnlineTables> tables_;
  std::unique_ptr<Api> api_;
};

}  // namespace larder::differential
