// A training set as a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/status.h"
#include "engine/execution_context.h"
#include "retrieval/historical.h"

namespace larder {

/// Says what file to write.
struct TrainingFile {
  std::string path;                                      ///< the suffix tells the format
  std::optional<std::int64_t> row_count = std::nullopt;  ///< that it will have, if that is known: for progress
};

/// Writes all rows to a file, which appears when the last one is written; returns its size in bytes. It is not made
/// durable: it can be made again. Uses the threads of `context`, tells its progress, stops when it is cancelled. Fails
/// as CreateTableFile, TableWriter and HistoricalRows::Next do.
Result<std::int64_t> WriteTrainingFile(FileSystem& files, HistoricalRows& rows, const TrainingFile& output,
                                       const ExecutionContext& context);

}  // namespace larder
