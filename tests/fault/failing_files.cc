#include "tests/fault/failing_files.h"

#include <algorithm>
#include <utility>

namespace larder::fault {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus SyncOf(FaultPlan& plan) {
  plan.sync_count.fetch_add(1);
  return plan.syncs_left.fetch_sub(1) > 0 ? IOStatus::OK() : IOStatus::IOError("sync failed as planned");
}

class FailingFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FailingFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::shared_ptr<FaultPlan> plan)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)), plan_(std::move(plan)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override {
    plan_->append_count.fetch_add(1);
    if (plan_->appends_left.fetch_sub(1) <= 0) return IOStatus::IOError("append failed as planned");
    const auto size = static_cast<std::int64_t>(data.size());
    const std::int64_t before = plan_->space_left.fetch_sub(size);
    if (before >= size) return target()->Append(data, options, context);
    const auto fits = static_cast<std::size_t>(std::max<std::int64_t>(before, 0));
    if (fits > 0) (void)target()->Append(Slice(data.data(), fits), options, context);
    return IOStatus::NoSpace("no space left as planned");
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* context) override {
    return Append(data, options, context);
  }
  IOStatus Allocate(std::uint64_t offset, std::uint64_t size, const IOOptions& options,
                    IODebugContext* context) override {
    if (plan_->space_left.load() <= 0) return IOStatus::NoSpace("no space left as planned");
    return target()->Allocate(offset, size, options, context);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    const IOStatus planned = SyncOf(*plan_);
    return planned.ok() ? target()->Sync(options, context) : planned;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    const IOStatus planned = SyncOf(*plan_);
    return planned.ok() ? target()->Fsync(options, context) : planned;
  }

 private:
  const std::shared_ptr<FaultPlan> plan_;
};

class FailingFiles final : public rocksdb::FileSystemWrapper {
 public:
  explicit FailingFiles(std::shared_ptr<FaultPlan> plan)
      : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), plan_(std::move(plan)) {}

  const char* Name() const override { return "larder.FailingFiles"; }
  IOStatus GetFreeSpace(const std::string& path, const IOOptions& options, std::uint64_t* free_bytes,
                        IODebugContext* context) override {
    if (!plan_->tells_space.load()) return target()->GetFreeSpace(path, options, free_bytes, context);
    *free_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(plan_->space_left.load(), 0));
    return IOStatus::OK();
  }
  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* context) override {
    IOStatus status = target()->NewWritableFile(path, options, file, context);
    if (status.ok()) *file = std::make_unique<FailingFile>(std::move(*file), plan_);
    return status;
  }
  IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* context) override {
    IOStatus status = target()->ReopenWritableFile(path, options, file, context);
    if (status.ok()) *file = std::make_unique<FailingFile>(std::move(*file), plan_);
    return status;
  }

 private:
  const std::shared_ptr<FaultPlan> plan_;
};

}  // namespace

void FaultPlan::Heal() {
  space_left = INT64_MAX;
  appends_left = INT64_MAX;
  syncs_left = INT64_MAX;
}

std::shared_ptr<rocksdb::FileSystem> NewFailingFiles(std::shared_ptr<FaultPlan> plan) {
  return std::make_shared<FailingFiles>(std::move(plan));
}

}  // namespace larder::fault

// RocksDB forgets a memtable when it cannot make the log that goes with it; that leak is not ours to find.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
extern "C" const char* __lsan_default_suppressions() { return "leak:rocksdb::DBImpl::SwitchMemtable"; }
