// Sorts cells that come in any order into files, within a bound of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>

#include "base/status.h"
#include "online/cell_buffer.h"
#include "online/online_store.h"

namespace larder {

/// Writes sorted cells to table files, a new file when one is full, and counts them. Not thread-safe.
class CellFileWriter {
 public:
  /// Writes files named `folder`/`prefix`N, of about `file_bytes` each. `options` must outlive it.
  CellFileWriter(const rocksdb::Options& options, std::string path_prefix, std::uint64_t file_bytes);

  /// Appends a cell whose stored key is greater than the last one's. `stored_cell` is what AppendStoredCell gave; it is
  /// not verified again.
  Status Append(std::string_view stored_key, std::string_view stored_cell);
  /// Ends the last file.
  Status Finish();

  const std::vector<std::string>& files() const { return files_; }
  /// Counts all cells appended; without a name.
  const TableStatistics& statistics() const { return statistics_; }

 private:
  const rocksdb::Options& options_;
  const std::string path_prefix_;
  const std::uint64_t file_bytes_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  std::vector<std::string> files_;
  TableStatistics statistics_;
};

/// Holds a run: sorted cells in files, one behind the other.
struct SortedRun {
  std::vector<std::string> files;
  std::string first_key;
  std::string last_key;
  std::vector<std::string> some_keys;  ///< ascending, evenly spread: where to divide the run
};

/// Says how runs are made.
struct RunOptions {
  std::int64_t memory_bytes = 0;
  int thread_count = 1;  ///< that write the last run; those before it are written beside the caller by one
};

/// Adds the counts of other cells of a table.
void AddStatistics(const TableStatistics& more, TableStatistics& statistics);

/// Collects cells, and each time half of the memory is full writes them, sorted, to a run of files, while the other
/// half takes what comes. Of the writes of one cell in a run the newest is kept. Not thread-safe.
class SortedRuns {
 public:
  SortedRuns(const rocksdb::Options& options, std::string folder, const RunOptions& runs);
  SortedRuns(const SortedRuns&) = delete;
  SortedRuns& operator=(const SortedRuns&) = delete;
  /// Waits for a run that is being written.
  ~SortedRuns();

  Status Add(const CellWrite& write);
  /// Writes what is still in memory.
  Status Finish();

  /// Returns the runs in the order in which they were added.
  const std::vector<SortedRun>& runs() const { return runs_; }
  /// Tells whether each run stands wholly behind the one before it, so that all of them are one sorted sequence.
  bool is_one_sequence() const;
  std::int64_t added_count() const { return added_count_; }
  /// Counts the cells of all runs; without a name.
  const TableStatistics& statistics() const { return statistics_; }

 private:
  /// Holds what became of writing a run.
  struct Written {
    Status status;
    SortedRun run;
    TableStatistics statistics;
  };

  Status TakeWritten();
  Written WriteRun(CellBuffer& cells, int thread_count) const;
  Written WritePart(const CellBuffer& cells, std::span<const CellBuffer::Entry> entries, int part) const;

  const rocksdb::Options& options_;
  const std::string folder_;
  const RunOptions run_options_;
  CellBuffer cells_;
  CellBuffer written_cells_;      // of the run that is being written
  std::future<Written> writing_;  // not valid: none is
  std::vector<SortedRun> runs_;
  std::int64_t added_count_ = 0;
  TableStatistics statistics_;
};

}  // namespace larder
