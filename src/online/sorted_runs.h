// Sorts cells that come in any order into files, within a bound of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>

#include "base/status.h"
#include "online/online_store.h"

namespace larder {

/// Writes sorted cells to table files, a new file when one is full, and counts them. Not thread-safe.
class CellFileWriter {
 public:
  /// Writes files named `folder`/`prefix`N, of about `file_bytes` each. `options` must outlive it.
  CellFileWriter(const rocksdb::Options& options, std::string path_prefix, std::uint64_t file_bytes);

  /// Appends a cell whose stored key is greater than the last one's. `stored_cell` is what AppendStoredCell gave.
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

/// Collects cells, and each time the memory is full writes them, sorted, to a run of files. Of the writes of one cell
/// in a run the newest is kept. Not thread-safe.
class SortedRuns {
 public:
  SortedRuns(const rocksdb::Options& options, std::string folder, std::int64_t memory_bytes);

  Status Add(const CellWrite& write);
  /// Writes what is still in memory.
  Status Finish();

  /// Returns the runs, each the files of one, in the order in which they were added.
  const std::vector<std::vector<std::string>>& runs() const { return runs_; }
  /// Tells whether each run stands wholly behind the one before it, so that all of them are one sorted sequence.
  bool is_one_sequence() const { return is_one_sequence_; }
  std::int64_t added_count() const { return added_count_; }
  /// Counts the cells of all runs; without a name.
  const TableStatistics& statistics() const { return statistics_; }

 private:
  struct Entry {
    std::uint64_t key_head;  ///< first bytes of the stored key, greatest byte first: settles most comparisons
    std::size_t offset;
    std::uint32_t key_size;
    std::uint32_t cell_size;
    CellTime time;
  };

  std::string_view Key(const Entry& entry) const { return {bytes_.data() + entry.offset, entry.key_size}; }
  std::string_view Cell(const Entry& entry) const {
    return {bytes_.data() + entry.offset + entry.key_size, entry.cell_size};
  }
  void Sort();
  Status WriteRun();

  const rocksdb::Options& options_;
  const std::string folder_;
  const std::size_t memory_bytes_;
  std::string bytes_;
  std::vector<Entry> entries_;
  bool is_sorted_ = true;
  bool is_one_sequence_ = true;
  std::string last_key_;
  std::vector<std::vector<std::string>> runs_;
  std::int64_t added_count_ = 0;
  TableStatistics statistics_;
};

}  // namespace larder
