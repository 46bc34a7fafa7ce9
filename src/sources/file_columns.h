// What plan and apply ask of sources: the columns that their files really have.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "definitions/source_check.h"

namespace larder {

/// Says where sources lie and what is recorded of them.
struct FileColumnsRequest {
  FileSystem& files;
  std::string project_root;
  /// CSV types recorded at earlier applies: by source, by column.
  std::map<std::string, std::map<std::string, ValueType>> recorded_csv_types = {};
};

/// Reads the columns of sources' files, each source once. Not thread-safe.
class FileColumns : public SourceSchemaProvider {
 public:
  /// Returns the types of CSV columns that had to be guessed, by source: `apply` records them.
  virtual const std::map<std::string, std::map<std::string, ValueType>>& guessed_csv_types() const = 0;
};

/// Makes a provider. `request.files` must outlive it.
std::unique_ptr<FileColumns> NewFileColumns(FileColumnsRequest request);

}  // namespace larder
