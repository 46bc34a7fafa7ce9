#include "cli/interruptible_files.h"

#include <utility>

namespace larder {
namespace {

class InterruptibleFile final : public RandomAccessFile {
 public:
  InterruptibleFile(std::unique_ptr<RandomAccessFile> file, const Cancellation& cancellation)
      : file_(std::move(file)), cancellation_(cancellation) {}

  Result<std::int64_t> Size() const override { return file_->Size(); }
  Result<std::int64_t> ReadAt(std::int64_t offset, std::int64_t length, void* out) const override {
    LARDER_RETURN_IF_ERROR(cancellation_.Check());
    return file_->ReadAt(offset, length, out);
  }
  Result<FileInfo> Info() const override { return file_->Info(); }

 private:
  const std::unique_ptr<RandomAccessFile> file_;
  const Cancellation& cancellation_;
};

class InterruptibleFiles final : public FileSystem {
 public:
  InterruptibleFiles(FileSystem& files, const Cancellation& cancellation)
      : files_(files), cancellation_(cancellation) {}

  Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) override {
    LARDER_RETURN_IF_ERROR(cancellation_.Check());
    LARDER_ASSIGN_OR_RETURN(auto file, files_.OpenForRead(path));
    return std::unique_ptr<RandomAccessFile>(std::make_unique<InterruptibleFile>(std::move(file), cancellation_));
  }
  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) override {
    return files_.OpenForWrite(path);
  }
  Result<FileInfo> Stat(const std::string& path) override { return files_.Stat(path); }
  Result<std::vector<FileInfo>> List(const std::string& folder) override { return files_.List(folder); }
  Status MakeFolders(const std::string& folder) override { return files_.MakeFolders(folder); }
  Status Rename(const std::string& from, const std::string& to) override { return files_.Rename(from, to); }
  Status RemoveFile(const std::string& path) override { return files_.RemoveFile(path); }
  Status RemoveFolder(const std::string& folder) override { return files_.RemoveFolder(folder); }
  Result<bool> RemoveIfAbandoned(const std::string& path) override { return files_.RemoveIfAbandoned(path); }
  Result<std::int64_t> FreeBytes(const std::string& folder) override { return files_.FreeBytes(folder); }

 private:
  FileSystem& files_;
  const Cancellation& cancellation_;
};

}  // namespace

std::unique_ptr<FileSystem> NewInterruptibleFiles(FileSystem& files, const Cancellation& cancellation) {
  return std::make_unique<InterruptibleFiles>(files, cancellation);
}

}  // namespace larder
