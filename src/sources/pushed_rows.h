// Rows that were pushed, kept offline: one Parquet file for each push.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/file_system.h"

namespace larder {

/// Columns of pushed files beside those of the source or view. They are there only when a push has them.
inline constexpr std::string_view kPushedDeletedColumn = "larder:deleted";  ///< bool: the row deletes its key
inline constexpr std::string_view kPushedCreatedColumn = "larder:created";  ///< created time, when the source names none

/// Names one pushed file.
struct PushedFile {
  FileInfo info;
  std::uint64_t sequence = 0;  ///< unique in a project; the order of pushes
};

/// Returns the folder of the raw rows pushed to a source: `<offline>/pushed/source/<name>`.
std::string PushedToSourceFolder(const std::string& offline_path, const std::string& source);
/// Returns the folder of the rows pushed to a generation of a view: `<offline>/pushed/view/<name>/<generation>`. What
/// was pushed to another generation meant something else.
std::string PushedToViewFolder(const std::string& offline_path, const std::string& view, std::int64_t generation);

/// Lists the pushed files of a folder in the order of their sequence; none when the folder is not there. Files with
/// other names (unfinished ones) are left out.
Result<std::vector<PushedFile>> ListPushedFiles(FileSystem& files, const std::string& folder);

/// Writes rows (internal types) as the push `sequence` of the folder, whole or not at all, durable. Rows of 0 length
/// write nothing. kAlreadyExists when the sequence is taken: nothing is changed.
Status AppendPushedRows(FileSystem& files, const std::string& folder, std::uint64_t sequence, const arrow::Table& rows);

}  // namespace larder
