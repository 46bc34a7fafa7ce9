// Rows that were pushed, kept offline: one Parquet file for each push.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/file_system.h"
#include "definitions/entity.h"
#include "definitions/feature_view.h"
#include "sources/source_snapshot.h"

namespace larder {

/// Columns of pushed files beside those of the source or view. They are there only when a push has them.
inline constexpr std::string_view kPushedDeletedColumn = "__deleted";  ///< bool: the row deletes its key
inline constexpr std::string_view kPushedCreatedColumn = "__created";  ///< created time, when the source names none

enum class PushTarget : std::uint8_t { kSource, kView };

/// Names one pushed file.
struct PushedFile {
  FileInfo info;
  std::uint64_t sequence = 0;  ///< unique in a project; the order of pushes
};

/// Returns the folder of the rows pushed to a source or view: `<offline>/pushed/source/<name>` or `.../view/<name>`.
std::string PushedFolder(const std::string& offline_path, PushTarget target, const std::string& name);

/// Lists the pushed files of a folder in the order of their sequence; none when the folder is not there. Files with
/// other names (unfinished ones) are left out.
Result<std::vector<PushedFile>> ListPushedFiles(FileSystem& files, const std::string& folder);

/// Writes rows (internal types) as the push `sequence` of the folder, whole or not at all, durable. Rows of 0 length
/// write nothing. kAlreadyExists when the sequence is taken: nothing is changed.
Status AppendPushedRows(FileSystem& files, const std::string& folder, std::uint64_t sequence, const arrow::Table& rows);

/// Says how rows are pushed.
struct PushOptions {
  std::int64_t created_us = 0;  ///< created time of rows that bring none: the server's clock
  bool deletion = false;        ///< rows delete their keys: features (and columns that no key or time needs) may lack
};

/// Checks rows that someone pushes to a source, and returns them as they are kept: the stored columns (internal types),
/// created time filled in, deletion mark. Needs every stored column; for a deletion only those that join keys
/// (`key_columns`, after derive) and event time are made of. Other columns are ignored. kMissingColumn with the nearest
/// name, kTypeMismatch, or what conversion says, with the row.
Result<std::shared_ptr<arrow::Table>> CheckRowsForSource(const SourceSnapshot& source, const arrow::Table& rows,
                                                         const std::vector<std::string>& key_columns,
                                                         const PushOptions& options);

/// Names a plain view with all that its columns depend on.
struct ViewOfSource {
  std::shared_ptr<const FeatureView> view;
  std::vector<std::shared_ptr<const Entity>> entities;  ///< as in `view->entities`
  std::shared_ptr<const Source> source;
};

/// Checks rows that someone pushes to a plain view, and returns them as they are kept: join keys, event time (under the
/// name of the source's `timestamp`; none for a source without), created time, deletion mark, features. Errors as above.
Result<std::shared_ptr<arrow::Table>> CheckRowsForView(const ViewOfSource& view, const arrow::Table& rows,
                                                       const PushOptions& options);

}  // namespace larder
