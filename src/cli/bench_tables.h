// Tables that larder bench reads: the keys to ask for, and the values to expect.
#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "load/answer_check.h"
#include "load/request_bodies.h"

namespace larder {

/// The most values (rows x columns) that such a table may have.
inline constexpr std::int64_t kMaxBenchValues = 100'000'000;

/// Reads all columns of a table as keys, row by row. Fails as OpenTableFile, with kLimitExceeded, and with kInvalidData
/// for a table without rows.
Result<std::vector<KeyColumn>> ReadKeyColumns(FileSystem& files, const std::string& path);

/// Reads all columns of a table as expected values of the features of their names. Fails as ReadKeyColumns, and with
/// kTypeMismatch for a column of lists.
Result<ExpectedValues> ReadExpectedValues(FileSystem& files, const std::string& path);

}  // namespace larder
