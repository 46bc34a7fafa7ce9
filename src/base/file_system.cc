#include "base/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <system_error>
#include <utility>

namespace larder {
namespace {

constexpr mode_t kFileMode = 0666;    // less the umask
constexpr mode_t kFolderMode = 0777;  // less the umask
constexpr std::int64_t kMaxTransferBytes = 1 << 30;

Reason ReasonOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return Reason::kFileNotFound;
    case ENOSPC:
    case EDQUOT:
      return Reason::kNoSpace;
    case EACCES:
    case EPERM:
    case EROFS:
      return Reason::kPermissionDenied;
    case EISDIR:
      return Reason::kInvalidFile;
    default:
      return Reason::kIoError;
  }
}

std::string_view HintOf(Reason reason) {
  switch (reason) {
    case Reason::kFileNotFound:
      return "check the path";
    case Reason::kNoSpace:
      return "free space on the disk, or put the folder on another one";
    case Reason::kPermissionDenied:
      return "check the owner and the rights of the file and of its folder";
    case Reason::kInvalidFile:
      return "name a file, not a folder";
    default:
      return "check the disk and how it is mounted";
  }
}

/// Returns the failure that errno tells: "cannot <what>: <path>: <the system's words>".
Status SystemFailure(std::string_view what, const std::string& path, int error = errno) {
  const Reason reason = ReasonOf(error);
  return Status(reason, "cannot " + std::string(what) + ": " + path + ": " + std::generic_category().message(error),
                std::string(HintOf(reason)));
}

/// Calls a system function again when a signal cut it short.
template <class Call>
auto Retry(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

FileInfo InfoOf(std::string path, const struct stat& entry) {
  FileInfo info;
  info.path = std::move(path);
  info.is_folder = S_ISDIR(entry.st_mode);
  info.size_bytes = entry.st_size;
  info.modified_ns = static_cast<std::int64_t>(entry.st_mtim.tv_sec) * 1'000'000'000 + entry.st_mtim.tv_nsec;
  info.inode = entry.st_ino;
  return info;
}

/// Owns an open file of the system.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { Close(); }

  int number() const { return number_; }
  /// Closes it, once. Never tried again after EINTR: Linux has closed it even then.
  int Close() {
    const int number = std::exchange(number_, -1);
    return number < 0 ? 0 : ::close(number);
  }

 private:
  int number_;
};

class PosixRandomAccessFile final : public RandomAccessFile {
 public:
  PosixRandomAccessFile(std::string path, int number) : path_(std::move(path)), file_(number) {}

  Result<std::int64_t> Size() const override {
    LARDER_ASSIGN_OR_RETURN(const FileInfo info, Info());
    return info.size_bytes;
  }

  Result<std::int64_t> ReadAt(std::int64_t offset, std::int64_t length, void* out) const override {
    LARDER_CHECK(offset >= 0 && length >= 0);
    std::int64_t done = 0;
    while (done < length) {
      const auto part = static_cast<std::size_t>(std::min(length - done, kMaxTransferBytes));
      const ssize_t got =
          Retry([&] { return ::pread(file_.number(), static_cast<char*>(out) + done, part, offset + done); });
      if (got < 0) return SystemFailure("read", path_);
      if (got == 0) break;
      done += got;
    }
    return done;
  }

  Result<FileInfo> Info() const override {
    struct stat entry;
    if (::fstat(file_.number(), &entry) != 0) return SystemFailure("look at", path_);
    return InfoOf(path_, entry);
  }

 private:
  const std::string path_;
  const Descriptor file_;
};

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(std::string path, int number) : path_(std::move(path)), file_(number) {}

  Status Append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::size_t part = std::min(bytes.size(), static_cast<std::size_t>(kMaxTransferBytes));
      const ssize_t written = Retry([&] { return ::write(file_.number(), bytes.data(), part); });
      if (written < 0) return SystemFailure("write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Status Sync() override {
    // After a failed fsync the kernel may have dropped the pages: a second one that succeeds would prove nothing.
    if (sync_failed_) return Status(Reason::kIoError, "cannot make durable: " + path_ + ": an earlier try failed");
    if (Retry([&] { return ::fsync(file_.number()); }) == 0) return {};
    sync_failed_ = true;
    return SystemFailure("make durable", path_);
  }

  Status Close() override {
    if (file_.Close() != 0 && errno != EINTR) return SystemFailure("close", path_);
    return {};
  }

 private:
  const std::string path_;
  Descriptor file_;
  bool sync_failed_ = false;
};

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status SyncFolder(const std::string& folder) {
  const Descriptor opened(Retry([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (opened.number() < 0) return SystemFailure("open folder", folder);
  if (Retry([&] { return ::fsync(opened.number()); }) == 0) return {};
  // Some file systems cannot, and say so; there the entry is as durable as it gets.
  if (errno == EINVAL) return {};
  return SystemFailure("make durable", folder);
}

/// Owns an open listing.
class Listing {
 public:
  explicit Listing(const std::string& folder) : stream_(::opendir(folder.c_str())) {}
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;
  ~Listing() {
    if (stream_ != nullptr) ::closedir(stream_);
  }
  DIR* stream() const { return stream_; }

 private:
  DIR* const stream_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) override {
    // O_NONBLOCK: opening a pipe nobody writes to must not hang; it is refused below.
    const int number = Retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
    if (number < 0) return SystemFailure("open", path);
    auto file = std::make_unique<PosixRandomAccessFile>(path, number);
    struct stat entry;
    if (::fstat(number, &entry) != 0) return SystemFailure("look at", path);
    if (S_ISDIR(entry.st_mode)) {
      return Status(Reason::kInvalidFile, "cannot read: " + path + ": it is a folder", "name a file in it");
    }
    if (!S_ISREG(entry.st_mode)) {
      return Status(Reason::kInvalidFile, "cannot read: " + path + ": it is no regular file", "copy it into one");
    }
    return std::unique_ptr<RandomAccessFile>(std::move(file));
  }

  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) override {
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    const int number = Retry([&] { return ::open(path.c_str(), flags, kFileMode); });
    if (number < 0) return SystemFailure("open for writing", path);
    // Best effort: a file system that cannot lock only loses the cleaning after a crash.
    static_cast<void>(::flock(number, LOCK_EX | LOCK_NB));
    return std::unique_ptr<WritableFile>(std::make_unique<PosixWritableFile>(path, number));
  }

  Result<FileInfo> Stat(const std::string& path) override {
    struct stat entry;
    if (::stat(path.c_str(), &entry) != 0) return SystemFailure("look at", path);
    return InfoOf(path, entry);
  }

  Result<std::vector<FileInfo>> List(const std::string& folder) override {
    const Listing listing(folder);
    if (listing.stream() == nullptr) return SystemFailure("list", folder);
    std::vector<FileInfo> infos;
    while (true) {
      errno = 0;
      const dirent* const entry = ::readdir(listing.stream());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      Result<FileInfo> info = Stat(JoinPath(folder, name));
      if (info.ok()) {
        infos.push_back(std::move(info).value());
      } else if (info.status().reason() != Reason::kFileNotFound) {  // gone meanwhile, or a link to nothing
        return info.status();
      }
    }
    if (errno != 0) return SystemFailure("list", folder);
    std::sort(infos.begin(), infos.end(), [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
    return infos;
  }

  Status MakeFolders(const std::string& folder) override {
    if (folder.empty() || ::mkdir(folder.c_str(), kFolderMode) == 0) return {};
    if (errno == ENOENT && FolderOf(folder) != folder) {
      LARDER_RETURN_IF_ERROR(MakeFolders(FolderOf(folder)));
      if (::mkdir(folder.c_str(), kFolderMode) == 0) return {};
    }
    const int error = errno;
    const Result<FileInfo> info = Stat(folder);
    if (info.ok() && info->is_folder) return {};
    return SystemFailure("make folder", folder, error);
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (std::rename(from.c_str(), to.c_str()) != 0) return SystemFailure("rename to " + to, from);
    return SyncFolder(FolderOf(to));
  }

  Status RemoveFile(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return SystemFailure("remove", path);
    return {};
  }

  Status RemoveFolder(const std::string& folder) override {
    struct stat entry;
    if (::lstat(folder.c_str(), &entry) != 0) return errno == ENOENT ? Status() : SystemFailure("remove", folder);
    if (!S_ISDIR(entry.st_mode)) return Status(Reason::kIoError, "cannot remove: " + folder + ": it is no folder");
    LARDER_RETURN_IF_ERROR(RemoveEntries(folder));
    if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) return SystemFailure("remove", folder);
    return {};
  }

  Result<bool> RemoveIfAbandoned(const std::string& path) override {
    const Descriptor file(Retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW); }));
    if (file.number() < 0) return SystemFailure("open", path);
    if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
      return errno == EWOULDBLOCK ? Result<bool>(false) : Result<bool>(SystemFailure("lock", path));
    }
    LARDER_RETURN_IF_ERROR(RemoveFile(path));
    return true;
  }

  Result<std::int64_t> FreeBytes(const std::string& folder) override {
    struct statvfs space;
    if (::statvfs(folder.empty() ? "." : folder.c_str(), &space) == 0) {
      const std::uint64_t free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
      return static_cast<std::int64_t>(
          std::min(free_bytes, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
    }
    if (errno != ENOENT || FolderOf(folder) == folder) return SystemFailure("ask for the free space of", folder);
    return FreeBytes(FolderOf(folder));
  }

 private:
  /// Empties a folder; links are removed, never followed.
  Status RemoveEntries(const std::string& folder) {
    const Listing listing(folder);
    if (listing.stream() == nullptr) return SystemFailure("list", folder);
    while (const dirent* const entry = ::readdir(listing.stream())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      const std::string path = JoinPath(folder, name);
      struct stat info;
      if (::lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) continue;
        return SystemFailure("remove", path);
      }
      LARDER_RETURN_IF_ERROR(S_ISDIR(info.st_mode) ? RemoveFolder(path) : RemoveFile(path));
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<FileSystem> NewPosixFileSystem() { return std::make_unique<PosixFileSystem>(); }

bool Exists(FileSystem& files, const std::string& path) { return files.Stat(path).ok(); }

Result<std::string> ReadWholeFile(FileSystem& files, const std::string& path, std::int64_t limit_bytes) {
  LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file, files.OpenForRead(path));
  LARDER_ASSIGN_OR_RETURN(const std::int64_t size_bytes, file->Size());
  if (size_bytes > limit_bytes) {
    return Status(Reason::kLimitExceeded,
                  "file is too large: " + path + ": " + std::to_string(size_bytes) + " bytes, the limit is " +
                      std::to_string(limit_bytes),
                  "split it into several files, or make it smaller");
  }
  std::string content(static_cast<std::size_t>(size_bytes), '\0');
  LARDER_ASSIGN_OR_RETURN(const std::int64_t read_bytes, file->ReadAt(0, size_bytes, content.data()));
  content.resize(static_cast<std::size_t>(read_bytes));
  return content;
}

Status WriteFileAtomically(FileSystem& files, const std::string& path, std::string_view content) {
  const std::string beside = path + ".new";
  const auto write = [&]() -> Status {
    LARDER_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, files.OpenForWrite(beside));
    LARDER_RETURN_IF_ERROR(file->Append(content));
    LARDER_RETURN_IF_ERROR(file->Sync());
    LARDER_RETURN_IF_ERROR(file->Close());
    return files.Rename(beside, path);
  };
  Status status = write();
  // Best effort: what went wrong is told above, and what stays beside is overwritten by the next try.
  if (!status.ok() && Exists(files, beside)) static_cast<void>(files.RemoveFile(beside).ok());
  return status;
}

std::string JoinPath(std::string_view folder, std::string_view path) {
  if (folder.empty() || path.starts_with('/')) return std::string(path);
  if (path.empty()) return std::string(folder);
  std::string joined(folder);
  if (!joined.ends_with('/')) joined += '/';
  return joined.append(path);
}

}  // namespace larder
