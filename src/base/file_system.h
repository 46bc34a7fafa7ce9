// The operating system's files behind an interface that tests can make fail.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace larder {

/// Tells what a path is, and enough to notice that a file was replaced.
struct FileInfo {
  std::string path;
  bool is_folder = false;
  std::int64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  ///< modification time since the epoch
  std::uint64_t inode = 0;

  friend bool operator==(const FileInfo&, const FileInfo&) = default;
};

/// Reads one open file at any offset. Thread-safe.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  virtual Result<std::int64_t> Size() const = 0;
  /// Reads up to `length` bytes at `offset` into `out`; returns how many, fewer only at the end of the file.
  virtual Result<std::int64_t> ReadAt(std::int64_t offset, std::int64_t length, void* out) const = 0;
  /// Tells what this open file is now (not what stands at its path).
  virtual Result<FileInfo> Info() const = 0;
};

/// Writes one file from front to back. Not thread-safe. Going without Close leaves the file as it was written so far.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status Append(std::string_view bytes) = 0;
  /// Makes all bytes durable (fsync). A failure is final for this file.
  virtual Status Sync() = 0;
  virtual Status Close() = 0;
};

/// Opens and arranges files. Errors name the path; a missing file is kFileNotFound, a full disk kNoSpace, missing
/// rights kPermissionDenied, a folder in place of a file kInvalidFile, all else kIoError. Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) = 0;
  /// Creates the file, or empties it. While it is open it is locked, as far as its file system can lock, so that other
  /// processes can tell that somebody writes it (RemoveIfAbandoned).
  virtual Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) = 0;
  virtual Result<FileInfo> Stat(const std::string& path) = 0;
  /// Lists a folder's entries, sorted by path as bytes; not the folders below it.
  virtual Result<std::vector<FileInfo>> List(const std::string& folder) = 0;
  /// Makes the folder and those above it; ok when it is there.
  virtual Status MakeFolders(const std::string& folder) = 0;
  /// Renames over what is there, and makes the folder's entry durable.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status RemoveFile(const std::string& path) = 0;
  /// Removes a folder and all below it; ok when it is not there.
  virtual Status RemoveFolder(const std::string& folder) = 0;
  /// Removes a file unless some process, this one included, has it open for writing; returns whether it was removed.
  virtual Result<bool> RemoveIfAbandoned(const std::string& path) = 0;
  /// Returns how many bytes this user may still write below `folder`, or below the first folder above it that exists.
  virtual Result<std::int64_t> FreeBytes(const std::string& folder) = 0;
};

/// Returns the operating system's files.
std::unique_ptr<FileSystem> NewPosixFileSystem();

/// Returns whether something stands at `path`.
bool Exists(FileSystem& files, const std::string& path);
/// Reads a whole file of at most `limit_bytes`; a larger one is kLimitExceeded.
Result<std::string> ReadWholeFile(FileSystem& files, const std::string& path, std::int64_t limit_bytes);
/// Writes a file beside `path`, makes it durable and renames it over: the old or the new content, nothing between.
Status WriteFileAtomically(FileSystem& files, const std::string& path, std::string_view content);
/// Joins two parts of a path; an absolute `path` stays as it is.
std::string JoinPath(std::string_view folder, std::string_view path);

}  // namespace larder
