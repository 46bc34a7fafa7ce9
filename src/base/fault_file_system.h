// Files that fail when a test wants them to.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace larder {

/// Names the calls of a file system and of its files.
enum class FileCall : std::uint8_t {
  kOpenForRead,
  kReadAt,  ///< also Size and Info of an open file
  kOpenForWrite,
  kAppend,
  kSync,
  kClose,
  kStat,
  kList,
  kMakeFolders,
  kRename,
  kRemove,
  kFreeBytes,
};
inline constexpr std::size_t kFileCallCount = 12;

/// Passes calls on to another file system, counts them, and fails those that it was told to. A call that fails by order
/// is not passed on, except that a failing Append first writes half of its bytes, as a full disk does. Thread-safe.
class FaultFileSystem final : public FileSystem {
 public:
  /// Wraps `files`, which outlives this and every file opened through it; so does this, for those files.
  explicit FaultFileSystem(FileSystem& files) : files_(files) {}

  /// Fails the `n`-th call of this kind from now (1: the next); with `forever` those after it too.
  void FailCall(FileCall call, std::int64_t n, Reason reason, bool forever = false);
  /// Fails the `n`-th call of any kind from now.
  void FailAnyCall(std::int64_t n, Reason reason, bool forever = false);
  /// Lets `bytes` more bytes be appended, all files together, then fails with kNoSpace; what fits is written.
  void LimitSpace(std::int64_t bytes);
  /// Forgets all orders; counts stay.
  void Heal();

  /// Returns how many calls of this kind were made, failed ones included.
  std::int64_t CallCount(FileCall call) const;
  /// Returns how many calls were made: what a test of every n-th call loops to.
  std::int64_t TotalCallCount() const;

  Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) override;
  Result<FileInfo> Stat(const std::string& path) override;
  Result<std::vector<FileInfo>> List(const std::string& folder) override;
  Status MakeFolders(const std::string& folder) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status RemoveFile(const std::string& path) override;
  Status RemoveFolder(const std::string& folder) override;
  Result<bool> RemoveIfAbandoned(const std::string& path) override;
  /// Returns what LimitSpace left, when that is less.
  Result<std::int64_t> FreeBytes(const std::string& folder) override;

 private:
  class ReadFile;
  class WriteFile;
  struct Order {
    bool any_call;
    FileCall call;
    std::int64_t calls_left;
    Reason reason;
    bool forever;
  };

  Status Count(FileCall call, const std::string& path);
  /// Returns how many of `bytes` still fit.
  std::int64_t TakeSpace(std::int64_t bytes);

  FileSystem& files_;
  mutable std::mutex mutex_;
  std::vector<Order> orders_;
  std::array<std::int64_t, kFileCallCount> counts_{};
  std::int64_t space_left_ = INT64_MAX;
};

}  // namespace larder
