// Entity rows that a command was given: as key=value texts, or as a file.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"

namespace larder {

/// Holds entity rows as the JSON lists of a request, column by column.
struct EntityRows {
  std::vector<std::pair<std::string, std::string>> columns;  ///< name -> JSON list
  std::int64_t row_count = 0;

  /// Returns {"name": [...], ...}.
  std::string Json() const;
};

/// Reads one row for each of `keys`, each a list of NAME=VALUE; `request` adds columns: its one group to every row, or
/// one group to each row. Fails with kUsage for a text without '=', rows with different names, a name twice.
Result<EntityRows> ParseEntityRows(const std::vector<std::vector<std::string>>& keys,
                                   const std::vector<std::vector<std::string>>& request);

/// Reads all columns of a file that a request can carry; values travel as the texts that the API reads back exactly.
Result<EntityRows> ReadEntityRows(FileSystem& files, const std::string& path);

}  // namespace larder
