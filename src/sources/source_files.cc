#include "sources/source_files.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/timestamp.h"
#include "columnar/file_format.h"
#include "sources/path_pattern.h"

namespace larder {
namespace {

constexpr std::string_view kNullPartition = "__HIVE_DEFAULT_PARTITION__";
constexpr std::string_view kAnyFolders = "**";

bool IsHidden(std::string_view name) { return !name.empty() && (name.front() == '.' || name.front() == '_'); }

std::string_view NameOf(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) parts.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

int HexDigit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

/// Decodes %XX; what is not such a triple stays as it is.
std::string DecodeUrl(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        decoded.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    decoded.push_back(text[i]);
  }
  return decoded;
}

/// Collects the files that match; one walk of the folders.
class FileSearch {
 public:
  explicit FileSearch(FileSystem& files) : files_(files) {}

  std::vector<FileInfo> found;

  Status AddAllBelow(const std::string& folder, int depth) {
    LARDER_ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, ListFolder(folder, depth));
    for (const FileInfo& entry : entries) {
      if (IsHidden(NameOf(entry.path))) continue;
      LARDER_RETURN_IF_ERROR(entry.is_folder ? AddAllBelow(entry.path, depth + 1) : Add(entry));
    }
    return {};
  }

  /// Adds the files below `folder` that match the parts of a pattern.
  Status AddMatches(const std::string& folder, const std::vector<std::string>& parts, std::size_t part, int depth) {
    if (part >= parts.size()) return {};
    if (parts[part] == kAnyFolders) return AddBelowAnyFolders(folder, parts, part, depth);
    LARDER_ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, ListFolder(folder, depth));
    const bool is_last = part + 1 == parts.size();
    for (const FileInfo& entry : entries) {
      if (!MatchesPathPattern(parts[part], NameOf(entry.path))) continue;
      if (is_last && !entry.is_folder) LARDER_RETURN_IF_ERROR(Add(entry));
      if (!is_last && entry.is_folder) LARDER_RETURN_IF_ERROR(AddMatches(entry.path, parts, part + 1, depth + 1));
    }
    return {};
  }

 private:
  Status AddBelowAnyFolders(const std::string& folder, const std::vector<std::string>& parts, std::size_t part,
                            int depth) {
    // A pattern that ends in ** means every file below.
    if (part + 1 == parts.size()) return AddAllBelow(folder, depth);
    LARDER_RETURN_IF_ERROR(AddMatches(folder, parts, part + 1, depth));
    LARDER_ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, ListFolder(folder, depth));
    for (const FileInfo& entry : entries) {
      if (!entry.is_folder || IsHidden(NameOf(entry.path))) continue;
      LARDER_RETURN_IF_ERROR(AddMatches(entry.path, parts, part, depth + 1));
    }
    return {};
  }

  Result<std::vector<FileInfo>> ListFolder(const std::string& folder, int depth) {
    if (depth > kMaxFolderDepth) {
      return Status(Reason::kLimitExceeded,
                    "folders are nested too deep: more than " + std::to_string(kMaxFolderDepth) + " at " + folder,
                    "is there a link that leads back up?");
    }
    return files_.List(folder);
  }

  Status Add(const FileInfo& file) {
    if (static_cast<std::int64_t>(found.size()) >= kMaxSourceFiles) {
      return Status(Reason::kLimitExceeded,
                    "a source has more than " + std::to_string(kMaxSourceFiles) + " files, the last at " + file.path,
                    "name a smaller part of them, or join small files into larger ones");
    }
    found.push_back(file);
    return {};
  }

  FileSystem& files_;
};

/// Cuts a path into what is fixed and the parts from the first pattern on.
struct PathParts {
  std::string fixed;
  std::vector<std::string> patterns;
};

PathParts CutAtPattern(const std::string& path) {
  PathParts cut;
  if (!path.empty() && path.front() == '/') cut.fixed = "/";
  for (const std::string& part : SplitPath(path)) {
    if (!cut.patterns.empty() || IsPathPattern(part)) {
      cut.patterns.push_back(part);
      continue;
    }
    if (!cut.fixed.empty() && cut.fixed.back() != '/') cut.fixed += '/';
    cut.fixed += part;
  }
  if (cut.fixed.empty()) cut.fixed = ".";
  return cut;
}

Status NothingFound(const std::string& path, const std::string& searched) {
  return Status(Reason::kFileNotFound, "no file matches the path of the source: " + path,
                "put files under " + searched + ", or correct `path` (it is relative to larder.yaml)");
}

Result<std::vector<FileInfo>> FindFiles(FileSystem& files, const std::string& path, std::string& base) {
  FileSearch search(files);
  // A file may be called like a pattern: what stands there is meant first.
  if (Result<FileInfo> there = files.Stat(path); there.ok()) {
    base = path;
    if (!there->is_folder) return std::vector<FileInfo>{*there};
    LARDER_RETURN_IF_ERROR(search.AddAllBelow(path, 0));
  } else if (there.status().reason() != Reason::kFileNotFound) {
    return there.status();
  } else {
    const PathParts cut = CutAtPattern(path);
    base = cut.fixed;
    if (cut.patterns.empty()) return NothingFound(path, base);
    const Status begin = files.Stat(cut.fixed).status();
    if (begin.reason() == Reason::kFileNotFound) return NothingFound(path, base);
    LARDER_RETURN_IF_ERROR(begin);
    LARDER_RETURN_IF_ERROR(search.AddMatches(cut.fixed, cut.patterns, 0, 0));
  }
  if (search.found.empty()) return NothingFound(path, base);
  std::sort(search.found.begin(), search.found.end(),
            [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
  // `**` can reach one file in two ways.
  search.found.erase(std::unique(search.found.begin(), search.found.end(),
                                 [](const FileInfo& a, const FileInfo& b) { return a.path == b.path; }),
                     search.found.end());
  return std::move(search.found);
}

/// Reads the folders `name=value` of a path below `base`.
Status ReadPartitions(const std::string& base, SourceFile& file, std::vector<std::string>& names) {
  const std::vector<std::string> parts = SplitPath(std::string_view(file.info.path).substr(base.size()));
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals == std::string::npos || equals == 0) continue;
    const std::string name = DecodeUrl(std::string_view(parts[i]).substr(0, equals));
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return Status(Reason::kInvalidData, "two folders of a path have one name: '" + name + "' in " + file.info.path,
                    "rename one of the folders");
    }
    const std::string_view value = std::string_view(parts[i]).substr(equals + 1);
    names.push_back(name);
    file.partition_values.push_back(value == kNullPartition ? std::nullopt : std::optional(DecodeUrl(value)));
  }
  return {};
}

Status CheckFormats(const SourceFileList& list) {
  std::optional<FileFormat> first;
  for (const SourceFile& file : list.files) {
    Result<FileFormat> format = FileFormatOf(file.info.path);
    if (!format.ok()) {
      return format.status().WithHint(std::string(format.status().hint()) +
                                      (list.files.size() > 1 ? "; name the files by a pattern such as *.parquet" : ""));
    }
    // Compressed and plain CSV are one format to their readers' users.
    const FileFormat kind = *format == FileFormat::kCsvGz ? FileFormat::kCsv : *format;
    if (!first) first = kind;
    if (*first != kind) {
      return Status(
          Reason::kInvalidFile,
          "the files of a source have different formats: " + list.files.front().info.path + " and " + file.info.path,
          "name the files of one format by a pattern such as *.parquet");
    }
  }
  return {};
}

bool IsWholeNumber(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::to_string(value) == text;
}

}  // namespace

Result<SourceFileList> ListSourceFiles(FileSystem& files, const std::string& root, const std::string& path) {
  std::string base;
  LARDER_ASSIGN_OR_RETURN(std::vector<FileInfo> found, FindFiles(files, JoinPath(root, path), base));
  SourceFileList list;
  list.files.reserve(found.size());
  for (FileInfo& info : found) {
    SourceFile file{.info = std::move(info)};
    std::vector<std::string> names;
    LARDER_RETURN_IF_ERROR(ReadPartitions(base, file, names));
    if (list.files.empty()) {
      list.partition_names = std::move(names);
    } else if (names != list.partition_names) {
      return Status(Reason::kInvalidData,
                    "the files of a source stand in different partition folders: " + list.files.front().info.path +
                        " and " + file.info.path,
                    "every file needs the same folders name=value, in the same order");
    }
    list.files.push_back(std::move(file));
  }
  LARDER_RETURN_IF_ERROR(CheckFormats(list));
  return list;
}

std::vector<ValueType> GuessPartitionTypes(const SourceFileList& list) {
  std::vector<ValueType> types;
  for (std::size_t column = 0; column < list.partition_names.size(); ++column) {
    bool is_number = true;
    bool is_date = true;
    bool seen = false;
    for (const SourceFile& file : list.files) {
      const std::optional<std::string>& value = file.partition_values[column];
      if (!value) continue;
      seen = true;
      is_number = is_number && IsWholeNumber(*value);
      is_date = is_date && ParseDate(*value).ok();
    }
    const TypeKind kind = !seen       ? TypeKind::kString
                          : is_number ? TypeKind::kInt64
                          : is_date   ? TypeKind::kDate
                                      : TypeKind::kString;
    types.push_back(ValueType::Of(kind));
  }
  return types;
}

}  // namespace larder
