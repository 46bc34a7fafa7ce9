// Notices when the disk fails to sync: after that nothing written can be trusted to stay.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <rocksdb/file_system.h>

namespace larder {

/// Passes everything on to another file system and remembers whether a sync of a file or folder ever failed. The system
/// may drop what it could not write and report success the next time, so a sync that failed is never repeated. Copies
/// of options are refused, which the database takes for an answer: with a hundred tables they cost a tenth of a second
/// at each new one. Thread-safe.
class SyncWatch final : public rocksdb::FileSystemWrapper {
 public:
  explicit SyncWatch(const std::shared_ptr<rocksdb::FileSystem>& files)
      : rocksdb::FileSystemWrapper(files), failed_(std::make_shared<std::atomic<bool>>(false)) {}

  bool sync_failed() const { return failed_->load(); }

  const char* Name() const override { return "larder.SyncWatch"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 rocksdb::IODebugContext* context) override;
  /// Says that it cannot tell: else RocksDB would go on by itself after a full disk, at moments of its own, and refuse
  /// to be told to.
  rocksdb::IOStatus GetFreeSpace(const std::string&, const rocksdb::IOOptions&, std::uint64_t*,
                                 rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported();
  }

 private:
  const std::shared_ptr<std::atomic<bool>> failed_;
};

}  // namespace larder
