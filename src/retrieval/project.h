// A project, opened: its configuration, registry and the machine's services.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/logger.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "config/project_config.h"
#include "registry/registry.h"

namespace larder {

/// Holds what a program gives to everything it opens. Borrowed: outlives all of it.
struct Platform {
  FileSystem& files;
  const Clock& clock;
  Logger& logger;
  Environment environment = ProcessEnvironment();  ///< what `${NAME}` in larder.yaml and in paths is taken from
};

/// Holds an open project. Thread-safe.
class Project {
 public:
  Project(const Platform& platform, ProjectConfig config);
  ~Project();
  Project(const Project&) = delete;
  Project& operator=(const Project&) = delete;

  const ProjectConfig& config() const { return config_; }
  FileSystem& files() const { return platform_.files; }
  const Clock& clock() const { return platform_.clock; }
  Logger& logger() const { return platform_.logger; }
  const Environment& environment() const { return platform_.environment; }
  /// Returns the threads of the engine (`engine.threads` in all, the calling one included); nullptr for one thread.
  ThreadPool* threads();

  /// Returns what the registry says now; an empty snapshot before the first apply. Read again only when its revision
  /// moved.
  Result<std::shared_ptr<const RegistrySnapshot>> Snapshot();

  /// Calls `use` with the registry, made when it is not there; one caller at a time.
  template <class Use>
  auto WithRegistry(Use use) -> decltype(use(std::declval<Registry&>())) {
    const std::lock_guard lock(mutex_);
    if (Status status = OpenRegistry(true); !status.ok()) return status;
    return use(*registry_);
  }

 private:
  Status OpenRegistry(bool create);

  const Platform platform_;
  const ProjectConfig config_;
  std::mutex mutex_;
  std::unique_ptr<Registry> registry_;
  std::shared_ptr<const RegistrySnapshot> snapshot_;
  std::unique_ptr<ThreadPool> threads_;
};

/// Makes a project of a configuration.
Result<std::unique_ptr<Project>> OpenProject(const Platform& platform, ProjectConfig config);

/// Opens the project whose larder.yaml is in `folder` (absolute) or above it.
Result<std::unique_ptr<Project>> OpenProject(const Platform& platform, const std::string& folder);

}  // namespace larder
