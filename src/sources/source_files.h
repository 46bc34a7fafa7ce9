// Which files a source has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "columnar/value_type.h"

namespace larder {

/// The most files of a source; one more is kLimitExceeded.
inline constexpr std::int64_t kMaxSourceFiles = 1'000'000;
/// The most folders below each other that are searched; one more is kLimitExceeded.
inline constexpr int kMaxFolderDepth = 64;

/// Holds one file of a source.
struct SourceFile {
  FileInfo info;  ///< as it was when the source was listed; `info.path` can be opened
  /// What the folders above say of every row: one for each of the list's partition names; nullopt is null.
  std::vector<std::optional<std::string>> partition_values = {};
};

/// Holds the files of a source, sorted by path as bytes: their order is the order of the source's rows.
struct SourceFileList {
  std::vector<std::string> partition_names;  ///< columns that come from folders `name=value`, outermost first
  std::vector<SourceFile> files;             ///< at least one
};

/// Lists the files that `path` means, relative to `root`:
///  - a file: itself, whatever its name;
///  - a pattern (path_pattern.h) in any part: every file that matches; a part `**` is any number of folders;
///  - a folder: every file in it and below.
/// Hidden files and folders (`.`, `_`) are left out, unless named. Folders `name=value` below the part of the path that
/// is fixed become columns; name and value are URL-decoded, `__HIVE_DEFAULT_PARTITION__` is null; kInvalidData when two
/// files do not have the same names in the same order. Nothing found is kFileNotFound. Files of two formats, or of an
/// unknown one, are kInvalidFile naming a file. A file whose name has a known suffix is not opened.
Result<SourceFileList> ListSourceFiles(FileSystem& files, const std::string& root, const std::string& path);

/// Returns the types of the partition columns: int64 if every value is one without leading zeros, date if every value
/// is one, else string; nulls say nothing.
std::vector<ValueType> GuessPartitionTypes(const SourceFileList& list);

}  // namespace larder
