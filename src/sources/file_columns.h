// The columns that a source's files really have: what plan, apply and a snapshot begin with.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "definitions/source_check.h"
#include "sources/source_files.h"
#include "sources/source_snapshot.h"

namespace larder {

/// Holds a source's files and columns at one moment.
struct PinnedColumns {
  SourceFileList list;
  std::vector<SourceColumn> columns;                   ///< of the files, then of partition folders
  std::map<std::string, ValueType> guessed_csv_types;  ///< of columns that were neither declared nor recorded
  TableFileOptions table_options;                      ///< to read the files with
};

/// Lists the files and reads their columns; binds nothing. Errors as for SourceSnapshot::Take.
Result<PinnedColumns> ReadFileColumns(const SnapshotRequest& request);

/// Says where sources lie and what is recorded of them.
struct FileColumnsRequest {
  FileSystem& files;
  std::string project_root;
  /// CSV types recorded at earlier applies: by source, by column.
  std::map<std::string, std::map<std::string, ValueType>> recorded_csv_types = {};
  Environment environment = {};  ///< as in SnapshotRequest
};

/// Tells definitions what columns sources' files have; reads each source once. Not thread-safe.
class FileColumns : public SourceSchemaProvider {
 public:
  /// Returns the types of CSV columns that had to be guessed, by source: `apply` records them beside those it knows.
  virtual const std::map<std::string, std::map<std::string, ValueType>>& guessed_csv_types() const = 0;
};

/// Makes a provider. `request.files` must outlive it.
std::unique_ptr<FileColumns> NewFileColumns(FileColumnsRequest request);

}  // namespace larder
