#include "online/sync_watch.h"

#include <string>
#include <string_view>
#include <utility>

namespace larder {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

using Flag = std::shared_ptr<std::atomic<bool>>;

IOStatus Watched(IOStatus status, std::atomic<bool>& failed) {
  if (!status.ok() && !status.IsNotSupported()) failed.store(true);
  return status;
}

/// Tells the files in which RocksDB writes down its options: all of them, checked, at each new family. We never read
/// them.
bool IsCopyOfOptions(const std::string& path) {
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  return name.starts_with("OPTIONS-");
}

class WatchedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, Flag failed)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)), failed_(std::move(failed)) {}

  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    return Watched(target()->Sync(options, context), *failed_);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return Watched(target()->Fsync(options, context), *failed_);
  }
  IOStatus RangeSync(std::uint64_t offset, std::uint64_t size, const IOOptions& options,
                     IODebugContext* context) override {
    return Watched(target()->RangeSync(offset, size, options, context), *failed_);
  }

 private:
  const Flag failed_;
};

class WatchedFolder final : public rocksdb::FSDirectory {
 public:
  WatchedFolder(std::unique_ptr<rocksdb::FSDirectory> folder, Flag failed)
      : folder_(std::move(folder)), failed_(std::move(failed)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return Watched(folder_->Fsync(options, context), *failed_);
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* context,
                               const rocksdb::DirFsyncOptions& folder_options) override {
    return Watched(folder_->FsyncWithDirOptions(options, context, folder_options), *failed_);
  }
  IOStatus Close(const IOOptions& options, IODebugContext* context) override {
    return folder_->Close(options, context);
  }
  std::size_t GetUniqueId(char* id, std::size_t size) const override { return folder_->GetUniqueId(id, size); }

 private:
  const std::unique_ptr<rocksdb::FSDirectory> folder_;
  const Flag failed_;
};

}  // namespace

IOStatus SyncWatch::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* context) {
  if (IsCopyOfOptions(path)) return IOStatus::NotSupported("the options are in the program");
  IOStatus status = target()->NewWritableFile(path, options, file, context);
  if (status.ok()) *file = std::make_unique<WatchedFile>(std::move(*file), failed_);
  return status;
}

IOStatus SyncWatch::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* context) {
  IOStatus status = target()->ReopenWritableFile(path, options, file, context);
  if (status.ok()) *file = std::make_unique<WatchedFile>(std::move(*file), failed_);
  return status;
}

IOStatus SyncWatch::NewDirectory(const std::string& path, const IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder, IODebugContext* context) {
  IOStatus status = target()->NewDirectory(path, options, folder, context);
  if (status.ok()) *folder = std::make_unique<WatchedFolder>(std::move(*folder), failed_);
  return status;
}

}  // namespace larder
