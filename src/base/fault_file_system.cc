#include "base/fault_file_system.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace larder {
namespace {

constexpr std::array<std::string_view, kFileCallCount> kCallNames = {
    "open",    "read", "open for writing", "write",  "make durable", "close",
    "look at", "list", "make folder",      "rename", "remove",       "ask for the free space of"};

Status OrderedFailure(Reason reason, FileCall call, const std::string& path) {
  return Status(reason, "cannot " + std::string(kCallNames[static_cast<std::size_t>(call)]) + ": " + path +
                            ": fault by order of a test");
}

}  // namespace

class FaultFileSystem::ReadFile final : public RandomAccessFile {
 public:
  ReadFile(FaultFileSystem& faults, std::string path, std::unique_ptr<RandomAccessFile> file)
      : faults_(faults), path_(std::move(path)), file_(std::move(file)) {}

  Result<std::int64_t> Size() const override {
    LARDER_RETURN_IF_ERROR(faults_.Count(FileCall::kReadAt, path_));
    return file_->Size();
  }
  Result<std::int64_t> ReadAt(std::int64_t offset, std::int64_t length, void* out) const override {
    LARDER_RETURN_IF_ERROR(faults_.Count(FileCall::kReadAt, path_));
    return file_->ReadAt(offset, length, out);
  }
  Result<FileInfo> Info() const override {
    LARDER_RETURN_IF_ERROR(faults_.Count(FileCall::kReadAt, path_));
    return file_->Info();
  }

 private:
  FaultFileSystem& faults_;
  const std::string path_;
  const std::unique_ptr<RandomAccessFile> file_;
};

class FaultFileSystem::WriteFile final : public WritableFile {
 public:
  WriteFile(FaultFileSystem& faults, std::string path, std::unique_ptr<WritableFile> file)
      : faults_(faults), path_(std::move(path)), file_(std::move(file)) {}

  Status Append(std::string_view bytes) override {
    const Status ordered = faults_.Count(FileCall::kAppend, path_);
    if (!ordered.ok()) {
      LARDER_RETURN_IF_ERROR(file_->Append(bytes.substr(0, bytes.size() / 2)));
      return ordered;
    }
    const auto fitting = static_cast<std::size_t>(faults_.TakeSpace(static_cast<std::int64_t>(bytes.size())));
    LARDER_RETURN_IF_ERROR(file_->Append(bytes.substr(0, fitting)));
    return fitting == bytes.size() ? Status() : OrderedFailure(Reason::kNoSpace, FileCall::kAppend, path_);
  }
  Status Sync() override {
    LARDER_RETURN_IF_ERROR(faults_.Count(FileCall::kSync, path_));
    return file_->Sync();
  }
  Status Close() override {
    LARDER_RETURN_IF_ERROR(faults_.Count(FileCall::kClose, path_));
    return file_->Close();
  }

 private:
  FaultFileSystem& faults_;
  const std::string path_;
  const std::unique_ptr<WritableFile> file_;
};

void FaultFileSystem::FailCall(FileCall call, std::int64_t n, Reason reason, bool forever) {
  const std::lock_guard lock(mutex_);
  orders_.push_back({false, call, n, reason, forever});
}

void FaultFileSystem::FailAnyCall(std::int64_t n, Reason reason, bool forever) {
  const std::lock_guard lock(mutex_);
  orders_.push_back({true, FileCall::kOpenForRead, n, reason, forever});
}

void FaultFileSystem::LimitSpace(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  space_left_ = bytes;
}

void FaultFileSystem::Heal() {
  const std::lock_guard lock(mutex_);
  orders_.clear();
  space_left_ = INT64_MAX;
}

std::int64_t FaultFileSystem::CallCount(FileCall call) const {
  const std::lock_guard lock(mutex_);
  return counts_[static_cast<std::size_t>(call)];
}

std::int64_t FaultFileSystem::TotalCallCount() const {
  const std::lock_guard lock(mutex_);
  std::int64_t total = 0;
  for (const std::int64_t count : counts_) total += count;
  return total;
}

Status FaultFileSystem::Count(FileCall call, const std::string& path) {
  const std::lock_guard lock(mutex_);
  ++counts_[static_cast<std::size_t>(call)];
  Status failure;
  for (Order& order : orders_) {
    if (!order.any_call && order.call != call) continue;
    --order.calls_left;
    const bool is_due = order.calls_left == 0 || (order.forever && order.calls_left < 0);
    if (is_due && failure.ok()) failure = OrderedFailure(order.reason, call, path);
  }
  return failure;
}

std::int64_t FaultFileSystem::TakeSpace(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  const std::int64_t fitting = std::min(bytes, space_left_);
  if (space_left_ != INT64_MAX) space_left_ -= fitting;
  return fitting;
}

Result<std::unique_ptr<RandomAccessFile>> FaultFileSystem::OpenForRead(const std::string& path) {
  LARDER_RETURN_IF_ERROR(Count(FileCall::kOpenForRead, path));
  LARDER_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file, files_.OpenForRead(path));
  return std::unique_ptr<RandomAccessFile>(std::make_unique<ReadFile>(*this, path, std::move(file)));
}

Result<std::unique_ptr<WritableFile>> FaultFileSystem::OpenForWrite(const std::string& path) {
  LARDER_RETURN_IF_ERROR(Count(FileCall::kOpenForWrite, path));
  LARDER_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, files_.OpenForWrite(path));
  return std::unique_ptr<WritableFile>(std::make_unique<WriteFile>(*this, path, std::move(file)));
}

Result<FileInfo> FaultFileSystem::Stat(const std::string& path) {
  LARDER_RETURN_IF_ERROR(Count(FileCall::kStat, path));
  return files_.Stat(path);
}

Result<std::vector<FileInfo>> FaultFileSystem::List(const std::string& folder) {
  LARDER_RETURN_IF_ERROR(Count(FileCall::kList, folder));
  return files_.List(folder);
}

Status FaultFileSystem::MakeFolders(const std::string& folder) {
  LARDER_RETURN_IF_ERROR(Count(FileCall::kMakeFolders, folder));
  return files_.MakeFolders(folder);
}

Status FaultFileSystem::Rename(const std::string& from, const std::string& to) {
  LARDER_RETURN_IF_ERROR(Count(FileCall::kRename, to));
  return files_.Rename(from, to);
}

Status FaultFileSystem::RemoveFile(const std::string& path) {
  LARDER_RETURN_IF_ERROR(Count(FileCall::kRemove, path));
  return files_.RemoveFile(path);
}

Status FaultFileSystem::RemoveFolder(const std::string& folder) {
  LARDER_RETURN_IF_ERROR(Count(FileCall::kRemove, folder));
  return files_.RemoveFolder(folder);
}

Result<bool> FaultFileSystem::RemoveIfAbandoned(const std::string& path) {
  LARDER_RETURN_IF_ERROR(Count(FileCall::kRemove, path));
  return files_.RemoveIfAbandoned(path);
}

Result<std::int64_t> FaultFileSystem::FreeBytes(const std::string& folder) {
  LARDER_RETURN_IF_ERROR(Count(FileCall::kFreeBytes, folder));
  LARDER_ASSIGN_OR_RETURN(const std::int64_t free_bytes, files_.FreeBytes(folder));
  const std::lock_guard lock(mutex_);
  return std::min(free_bytes, space_left_);
}

}  // namespace larder
