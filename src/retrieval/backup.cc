#include "retrieval/backup.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/timestamp.h"
#include "registry/registry.h"
#include "registry/registry_copy.h"
#include "sources/pushed_rows.h"

namespace larder {
namespace {

constexpr const char* kListFile = "BACKUP";
constexpr std::string_view kHeadText = "larder backup, format ";
constexpr int kFormat = 1;
constexpr const char* kRegistryName = "registry.db";
constexpr const char* kOnlineName = "online";
constexpr const char* kPushedName = "pushed";
constexpr std::int64_t kMaxListBytes = 64 << 20;
constexpr std::int64_t kCopyBytes = 1 << 20;
constexpr int kTries = 3;

// One file of a backup; its path is relative to the backup's folder.
struct BackupFile {
  std::string path;
  std::int64_t size_bytes = 0;
  std::uint32_t checksum = 0;
};

Status Damaged(const std::string& what) {
  return Status(Reason::kDamaged, "the backup is damaged: " + what, "use another backup");
}

// Gives a file's bytes in pieces, and returns what it holds.
template <class Take>
Result<BackupFile> ReadPieces(FileSystem& files, const std::string& path, const Take& take) {
  LARDER_ASSIGN_OR_RETURN(const auto file, files.OpenForRead(path));
  BackupFile read;
  std::vector<char> bytes(static_cast<std::size_t>(kCopyBytes));
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const std::int64_t count, file->ReadAt(read.size_bytes, kCopyBytes, bytes.data()));
    if (count == 0) return read;
    const std::string_view piece(bytes.data(), static_cast<std::size_t>(count));
    read.checksum = ExtendCrc32c(read.checksum, piece);
    read.size_bytes += count;
    LARDER_RETURN_IF_ERROR(take(piece));
  }
}

// Copies a file, durably; returns what was copied.
Result<BackupFile> CopyFile(FileSystem& files, const std::string& from, const std::string& to) {
  LARDER_ASSIGN_OR_RETURN(const auto copy, files.OpenForWrite(to));
  LARDER_ASSIGN_OR_RETURN(const BackupFile copied,
                          ReadPieces(files, from, [&copy](std::string_view piece) { return copy->Append(piece); }));
  LARDER_RETURN_IF_ERROR(copy->Sync());
  LARDER_RETURN_IF_ERROR(copy->Close());
  return copied;
}

// All files below a folder, relative to it, by path; none when it is not there.
Result<std::vector<std::string>> FilesBelow(FileSystem& files, const std::string& folder) {
  std::vector<std::string> found;
  if (!Exists(files, folder)) return found;
  std::vector<std::string> folders = {""};
  while (!folders.empty()) {
    const std::string below = std::move(folders.back());
    folders.pop_back();
    LARDER_ASSIGN_OR_RETURN(const auto entries, files.List(folder + below));
    for (const FileInfo& entry : entries) {
      const std::string path = below + "/" + std::filesystem::path(entry.path).filename().string();
      (entry.is_folder ? folders : found).push_back(path);
    }
  }
  for (std::string& path : found) path.erase(0, 1);
  std::sort(found.begin(), found.end());
  return found;
}

// Copies all files below one folder to another.
Status CopyFolder(FileSystem& files, const std::string& from, const std::string& to) {
  LARDER_RETURN_IF_ERROR(files.MakeFolders(to));
  LARDER_ASSIGN_OR_RETURN(const auto paths, FilesBelow(files, from));
  for (const std::string& path : paths) {
    const std::string target = to + "/" + path;
    LARDER_RETURN_IF_ERROR(files.MakeFolders(std::filesystem::path(target).parent_path().string()));
    LARDER_RETURN_IF_ERROR(CopyFile(files, from + "/" + path, target).status());
  }
  return {};
}

std::string HexOf(std::uint32_t number) {
  std::string text(8, '0');
  for (std::size_t i = text.size(); i-- > 0; number >>= 4) text[i] = "0123456789abcdef"[number & 15u];
  return text;
}

// Writes the list of what is in the folder; it is what makes the folder a backup.
Result<BackupSummary> WriteList(Project& project, const std::string& folder) {
  FileSystem& files = project.files();
  BackupSummary summary{folder, project.clock().NowUs()};
  std::string text = std::string(kHeadText) + std::to_string(kFormat) + "\n";
  text += "created " + FormatInstantMicros(summary.created_us) + "\n";
  LARDER_ASSIGN_OR_RETURN(const auto paths, FilesBelow(files, folder));
  for (const std::string& path : paths) {
    LARDER_ASSIGN_OR_RETURN(const BackupFile file,
                            ReadPieces(files, folder + "/" + path, [](std::string_view) { return Status(); }));
    text += "file " + std::to_string(file.size_bytes) + " " + HexOf(file.checksum) + " " + path + "\n";
    ++summary.file_count;
    summary.byte_count += file.size_bytes;
  }
  text += "end " + HexOf(Crc32c(text)) + "\n";
  LARDER_RETURN_IF_ERROR(WriteFileAtomically(files, folder + "/" + kListFile, text));
  return summary;
}

template <class Number>
bool ReadNumber(std::string_view text, int base, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string_view TakeUntil(std::string_view& text, char end) {
  const std::size_t size = std::min(text.find(end), text.size());
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return part;
}

// "file SIZE CHECKSUM PATH", the path inside the backup.
bool ReadFileLine(std::string_view line, BackupFile& file) {
  if (TakeUntil(line, ' ') != "file" || !ReadNumber(TakeUntil(line, ' '), 10, file.size_bytes)) return false;
  if (!ReadNumber(TakeUntil(line, ' '), 16, file.checksum)) return false;
  file.path = line;
  const std::filesystem::path path(file.path);
  return !file.path.empty() && path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

struct BackupList {
  std::int64_t created_us = 0;
  std::vector<BackupFile> files;
};

Result<BackupList> ReadList(FileSystem& files, const std::string& folder) {
  const std::string path = folder + "/" + kListFile;
  if (!Exists(files, path)) {
    return Status(Reason::kFileNotFound, "no backup is there: " + folder + " has no file BACKUP",
                  "name the folder that larder backup made");
  }
  LARDER_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(files, path, kMaxListBytes));
  std::string_view rest = text;
  std::string_view head = TakeUntil(rest, '\n');
  int format = 0;
  if (!head.starts_with(kHeadText) || !ReadNumber(head.substr(kHeadText.size()), 10, format) || format < 1) {
    return Damaged("BACKUP is not the list of a backup");
  }
  if (format > kFormat) {
    return Status(Reason::kNewerFormat, "a newer version of Larder made the backup: format " + std::to_string(format),
                  "use that version");
  }
  const std::size_t end = text.rfind("end ");
  std::uint32_t checksum = 0;
  if (end == std::string::npos || text.size() != end + 13 ||
      !ReadNumber(std::string_view(text).substr(end + 4, 8), 16, checksum) ||
      checksum != Crc32c(std::string_view(text).substr(0, end))) {
    return Damaged("BACKUP is not what was written");
  }
  BackupList list;
  std::string_view created = TakeUntil(rest, '\n');
  if (TakeUntil(created, ' ') != "created") return Damaged("BACKUP does not say when it was made");
  LARDER_ASSIGN_OR_RETURN(list.created_us, ParseInstant(created));
  for (rest = rest.substr(0, rest.rfind("end ")); !rest.empty();) {
    if (!ReadFileLine(TakeUntil(rest, '\n'), list.files.emplace_back())) return Damaged("BACKUP has a faulty line");
  }
  return list;
}

// A thing that a project stores, where it is, and where it is in a backup.
struct StoredThing {
  std::string path;
  std::string name;
};

std::vector<StoredThing> StoredThings(const Project& project) {
  return {{project.config().registry.path, kRegistryName},
          {project.config().online_store.path, kOnlineName},
          {JoinPath(project.config().offline_store.path, "pushed"), kPushedName}};
}

// Tells whether a file, or a folder with something in it, is there.
Result<bool> IsThere(FileSystem& files, const std::string& path) {
  if (!Exists(files, path)) return false;
  LARDER_ASSIGN_OR_RETURN(const FileInfo info, files.Stat(path));
  if (!info.is_folder) return true;
  LARDER_ASSIGN_OR_RETURN(const auto paths, FilesBelow(files, path));
  return !paths.empty();
}

Status RemoveAny(FileSystem& files, const std::string& path) {
  if (!Exists(files, path)) return {};
  LARDER_ASSIGN_OR_RETURN(const FileInfo info, files.Stat(path));
  return info.is_folder ? files.RemoveFolder(path) : files.RemoveFile(path);
}

// The greatest sequence of the pushed files below a folder; 0 when there is none.
Result<std::uint64_t> LastPush(FileSystem& files, const std::string& folder) {
  std::uint64_t last = 0;
  LARDER_ASSIGN_OR_RETURN(const auto paths, FilesBelow(files, folder));
  std::set<std::string> folders;
  for (const std::string& path : paths) folders.insert(std::filesystem::path(folder + "/" + path).parent_path());
  for (const std::string& below : folders) {
    LARDER_ASSIGN_OR_RETURN(const auto pushed, ListPushedFiles(files, below));
    for (const PushedFile& file : pushed) last = std::max(last, file.sequence);
  }
  return last;
}

// Makes the copied registry count on behind the pushes that came while it was copied.
Status PassPushes(Project& project, const std::string& path, std::uint64_t last_push) {
  LARDER_ASSIGN_OR_RETURN(const auto registry, Registry::Open({path, false}, project.clock()));
  for (std::uint64_t next = 0; next <= last_push;) {
    LARDER_ASSIGN_OR_RETURN(const std::int64_t taken, registry->NextPushSequence());
    next = static_cast<std::uint64_t>(taken);
  }
  return {};
}

Status CopyParts(Project& project, OnlineTables& tables, const std::string& folder) {
  FileSystem& files = project.files();
  const std::string& registry = project.config().registry.path;
  const std::string working = folder + "/" + kRegistryName + ".copy";
  const bool has_registry = Exists(files, registry);
  if (has_registry) LARDER_RETURN_IF_ERROR(CopyRegistry(registry, working));
  // The registry first: rows that are online before their mark says so are read again, the other way they would be
  // missed. Pushed rows last: a push is there before its rows are online.
  if (project.config().online_store.type == OnlineStoreType::kRocksDb) {
    LARDER_RETURN_IF_ERROR(tables.store().Checkpoint(folder + "/" + kOnlineName));
  }
  const std::string pushed = folder + "/" + kPushedName;
  LARDER_RETURN_IF_ERROR(CopyFolder(files, JoinPath(project.config().offline_store.path, kPushedName), pushed));
  if (!has_registry) return {};
  LARDER_ASSIGN_OR_RETURN(const std::uint64_t last_push, LastPush(files, pushed));
  LARDER_RETURN_IF_ERROR(PassPushes(project, working, last_push));
  LARDER_RETURN_IF_ERROR(CopyFile(files, working, folder + "/" + kRegistryName).status());
  return files.RemoveFile(working);
}

}  // namespace

Result<BackupSummary> BackUp(Project& project, OnlineTables& tables, const std::string& folder) {
  FileSystem& files = project.files();
  if (Exists(files, folder)) {
    return Status(Reason::kAlreadyExists, "the backup's folder is there already: " + folder, "name a new folder");
  }
  const std::string unfinished = folder + ".unfinished";
  for (int i = 0; i < kTries; ++i) {
    LARDER_RETURN_IF_ERROR(files.RemoveFolder(unfinished));
    LARDER_RETURN_IF_ERROR(files.MakeFolders(unfinished));
    LARDER_ASSIGN_OR_RETURN(const auto before, project.Snapshot());
    Status status = CopyParts(project, tables, unfinished);
    if (status.ok()) {
      LARDER_ASSIGN_OR_RETURN(const auto after, project.Snapshot());
      if (after->revision() != before->revision()) continue;
      LARDER_ASSIGN_OR_RETURN(BackupSummary summary, WriteList(project, unfinished));
      LARDER_RETURN_IF_ERROR(files.Rename(unfinished, folder));
      summary.folder = folder;
      return summary;
    }
    (void)files.RemoveFolder(unfinished);
    return status.WithContext("backup to " + folder);
  }
  (void)files.RemoveFolder(unfinished);
  return Status(Reason::kConflict, "the definitions changed while they were backed up", "try again");
}

Result<BackupSummary> VerifyBackup(FileSystem& files, const std::string& folder) {
  LARDER_ASSIGN_OR_RETURN(const BackupList list, ReadList(files, folder));
  BackupSummary summary{folder, list.created_us};
  for (const BackupFile& expected : list.files) {
    const std::string path = folder + "/" + expected.path;
    if (!Exists(files, path)) return Damaged("a file is missing: " + expected.path);
    LARDER_ASSIGN_OR_RETURN(const BackupFile found, ReadPieces(files, path, [](std::string_view) { return Status(); }));
    if (found.size_bytes != expected.size_bytes || found.checksum != expected.checksum) {
      return Damaged("a file is not what was written: " + expected.path);
    }
    ++summary.file_count;
    summary.byte_count += expected.size_bytes;
  }
  return summary;
}

Result<BackupSummary> RestoreBackup(Project& project, const std::string& folder, bool replace) {
  FileSystem& files = project.files();
  LARDER_ASSIGN_OR_RETURN(const BackupSummary summary, VerifyBackup(files, folder));
  const std::vector<StoredThing> things = StoredThings(project);
  for (const StoredThing& thing : things) {
    LARDER_ASSIGN_OR_RETURN(const bool is_there, IsThere(files, thing.path));
    if (is_there && !replace) {
      return Status(Reason::kAlreadyExists, "the project stores something already: " + thing.path,
                    "give --replace to put the backup in its place, or restore to a new project");
    }
  }
  // All copies are made before anything is given up.
  for (const StoredThing& thing : things) {
    LARDER_RETURN_IF_ERROR(RemoveAny(files, thing.path + ".restored"));
    const std::string from = folder + "/" + thing.name;
    if (!Exists(files, from)) continue;
    LARDER_RETURN_IF_ERROR(files.MakeFolders(std::filesystem::path(thing.path).parent_path().string()));
    LARDER_ASSIGN_OR_RETURN(const FileInfo info, files.Stat(from));
    const Status copied = info.is_folder ? CopyFolder(files, from, thing.path + ".restored")
                                         : CopyFile(files, from, thing.path + ".restored").status();
    LARDER_RETURN_IF_ERROR(copied);
  }
  for (const StoredThing& thing : things) {
    LARDER_RETURN_IF_ERROR(RemoveAny(files, thing.path));
    // A log of the registry that is gone would be read into the new one.
    for (const char* suffix : {"-wal", "-shm"}) LARDER_RETURN_IF_ERROR(RemoveAny(files, thing.path + suffix));
    if (Exists(files, thing.path + ".restored")) {
      LARDER_RETURN_IF_ERROR(files.Rename(thing.path + ".restored", thing.path));
    }
  }
  return summary;
}

}  // namespace larder
