#include "retrieval/project.h"

#include <arrow/compute/initialize.h>

#include "columnar/arrow_status.h"

namespace larder {
namespace {

constexpr std::size_t kEngineQueueLimit = 1024;

}  // namespace

Project::Project(const Platform& platform, ProjectConfig config) : platform_(platform), config_(std::move(config)) {}

Project::~Project() = default;

ThreadPool* Project::threads() {
  const std::lock_guard lock(mutex_);
  if (config_.engine.threads <= 1) return nullptr;
  if (threads_ == nullptr) threads_ = std::make_unique<ThreadPool>(config_.engine.threads - 1, kEngineQueueLimit);
  return threads_.get();
}

Status Project::OpenRegistry(bool create) {
  if (registry_ != nullptr) return {};
  Registry::Options options;
  options.path = config_.registry.path;
  options.create = create;
  LARDER_ASSIGN_OR_RETURN(registry_, Registry::Open(options, platform_.clock));
  return {};
}

Result<std::shared_ptr<const RegistrySnapshot>> Project::Snapshot() {
  const std::lock_guard lock(mutex_);
  if (registry_ == nullptr) {
    const Status there = platform_.files.Stat(config_.registry.path).status();
    if (there.reason() == Reason::kFileNotFound) {
      return std::shared_ptr<const RegistrySnapshot>(std::make_shared<RegistrySnapshot>(RegistrySnapshot::Content{}));
    }
    // What cannot be looked at is not the same as nothing: an empty registry would be a quiet wrong answer.
    LARDER_RETURN_IF_ERROR(there);
  }
  LARDER_RETURN_IF_ERROR(OpenRegistry(false));
  LARDER_ASSIGN_OR_RETURN(const std::int64_t revision, registry_->Revision());
  if (snapshot_ == nullptr || snapshot_->revision() != revision) {
    LARDER_ASSIGN_OR_RETURN(snapshot_, registry_->Load());
  }
  return snapshot_;
}

Result<std::unique_ptr<Project>> OpenProject(const Platform& platform, ProjectConfig config) {
  LARDER_RETURN_IF_ERROR(FromArrow(arrow::compute::Initialize()));
  return std::make_unique<Project>(platform, std::move(config));
}

Result<std::unique_ptr<Project>> OpenProject(const Platform& platform, const std::string& folder) {
  LARDER_ASSIGN_OR_RETURN(const std::string root, FindProjectRoot(platform.files, folder));
  LARDER_ASSIGN_OR_RETURN(ProjectConfig config, ReadProjectConfig(platform.files, root, platform.environment,
                                                                  DescribeMachine(platform.files)));
  return OpenProject(platform, std::move(config));
}

}  // namespace larder
