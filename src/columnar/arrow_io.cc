#include "columnar/arrow_io.h"

#include <arrow/buffer.h>
#include <arrow/memory_pool.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "columnar/arrow_status.h"

namespace larder {
namespace {

class BytesFile final : public RandomAccessFile {
 public:
  BytesFile(std::shared_ptr<arrow::Buffer> bytes, FileInfo info) : bytes_(std::move(bytes)), info_(std::move(info)) {}

  Result<std::int64_t> Size() const override { return bytes_->size(); }
  Result<std::int64_t> ReadAt(std::int64_t offset, std::int64_t length, void* out) const override {
    LARDER_CHECK(offset >= 0 && length >= 0);
    const std::int64_t got = std::clamp<std::int64_t>(bytes_->size() - offset, 0, length);
    if (got > 0) std::memcpy(out, bytes_->data() + offset, static_cast<std::size_t>(got));
    return got;
  }
  Result<FileInfo> Info() const override { return info_; }

 private:
  const std::shared_ptr<arrow::Buffer> bytes_;
  const FileInfo info_;
};

class ArrowFile final : public arrow::io::RandomAccessFile {
 public:
  ArrowFile(const OpenedFile& opened, arrow::MemoryPool* pool)
      : opened_(opened), pool_(pool == nullptr ? arrow::default_memory_pool() : pool) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Seek(std::int64_t position) override {
    if (position < 0) return arrow::Status::Invalid("negative position");
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<std::int64_t> GetSize() override { return opened_.info.size_bytes; }

  using arrow::io::RandomAccessFile::ReadAt;
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t length, void* out) override {
    // Positions come out of the file's own bytes, so they may be anything.
    if (position < 0 || length < 0) return arrow::Status::Invalid("negative position or length");
    Result<std::int64_t> got = opened_.file->ReadAt(position, length, out);
    if (got.ok()) return *got;
    opened_.failure->Remember(got.status());
    return ToArrow(got.status());
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t length) override {
    if (position < 0 || length < 0) return arrow::Status::Invalid("negative position or length");
    const std::int64_t left = std::max<std::int64_t>(opened_.info.size_bytes - position, 0);
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(std::min(length, left), pool_));
    ARROW_ASSIGN_OR_RAISE(const std::int64_t got, ReadAt(position, buffer->size(), buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(got));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<std::int64_t> Read(std::int64_t length, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t got, ReadAt(position_, length, out));
    position_ += got;
    return got;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t length) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, length));
    position_ += buffer->size();
    return buffer;
  }

 private:
  const OpenedFile opened_;
  arrow::MemoryPool* const pool_;
  std::int64_t position_ = 0;
  bool closed_ = false;
};

class ArrowOutput final : public arrow::io::OutputStream {
 public:
  explicit ArrowOutput(WritableFile& file) : file_(file) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<std::int64_t> Tell() const override { return written_; }
  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* data, std::int64_t length) override {
    const std::string_view bytes(static_cast<const char*>(data), static_cast<std::size_t>(length));
    written_ += length;
    return ToArrow(file_.Append(bytes));
  }

 private:
  WritableFile& file_;
  std::int64_t written_ = 0;
  bool closed_ = false;
};

}  // namespace

void ReadFailure::Remember(const Status& failure) {
  const std::lock_guard lock(mutex_);
  if (first_.ok()) first_ = failure;
}

Status ReadFailure::first() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

Status OpenedFile::Translate(const arrow::Status& status, std::string_view format_name) const {
  const Status translated = FromArrowContent(status, info.path, format_name);
  if (translated.reason() != Reason::kDamaged) return translated;
  const Status first = failure->first();
  return first.ok() ? translated.WithReason(damage) : first;
}

Status OpenedFile::CheckUnchanged() const {
  LARDER_ASSIGN_OR_RETURN(const FileInfo now, file->Info());
  if (now == info) return {};
  return Status(Reason::kFileChanged, "file was changed while it was read: " + info.path,
                "write new files beside the old ones, or under a temporary name renamed at the end, and try again");
}

Result<OpenedFile> OpenForReading(FileSystem& files, const std::string& path) {
  LARDER_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file, files.OpenForRead(path));
  LARDER_ASSIGN_OR_RETURN(FileInfo info, file->Info());
  if (info.is_folder) return Status(Reason::kInvalidFile, "a folder, not a file: " + path);
  return OpenedFile{std::move(file), std::move(info)};
}

OpenedFile OpenBytes(std::shared_ptr<arrow::Buffer> bytes, const std::string& name) {
  FileInfo info;
  info.path = name;
  info.size_bytes = bytes->size();
  OpenedFile opened{std::make_shared<BytesFile>(std::move(bytes), info), info};
  opened.damage = Reason::kInvalidFile;
  return opened;
}

std::shared_ptr<arrow::io::RandomAccessFile> ToArrowFile(const OpenedFile& file, arrow::MemoryPool* pool) {
  return std::make_shared<ArrowFile>(file, pool);
}

std::shared_ptr<arrow::io::OutputStream> ToArrowOutput(WritableFile& file) {
  return std::make_shared<ArrowOutput>(file);
}

Status FromArrowContent(const arrow::Status& status, const std::string& path, std::string_view format_name) {
  if (status.ok()) return {};
  const Status translated = FromArrow(status);
  const bool foreign = status.detail() == nullptr || std::string_view(status.detail()->type_id()) != "larder::Status";
  const bool keeps = translated.reason() == Reason::kMemoryLimit || translated.reason() == Reason::kInterrupted;
  if (!foreign || keeps) return translated;
  return Status(Reason::kDamaged, "damaged " + std::string(format_name) + " file: " + path + ": " + status.message(),
                "write the file again");
}

}  // namespace larder
