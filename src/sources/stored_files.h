// Pinned files and their stored columns, read as internal arrays.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "columnar/table_file.h"
#include "sources/bound_source.h"
#include "sources/decoded_columns.h"
#include "sources/row_group_choice.h"
#include "sources/source_files.h"
#include "sources/source_snapshot.h"

namespace larder {

/// Gives stored rows of one file, in file order. Not thread-safe.
class StoredBatchStream {
 public:
  virtual ~StoredBatchStream() = default;
  /// Returns the next rows, or nullopt at the end; kFileChanged when the file was replaced meanwhile.
  virtual Result<std::optional<StoredBatch>> Next() = 0;
};

/// Says what to read of a file.
struct FileRead {
  std::vector<std::size_t> columns = {};   ///< indexes of stored columns, ascending
  std::vector<std::size_t> required = {};  ///< those of them that the file must have, ascending
  std::vector<UsefulRange> ranges = {};    ///< by names of stored columns
  /// Rows that are wanted: ordinals, ascending, of which only OrdinalRow counts. Rows that nobody wants may come along.
  std::optional<std::span<const std::uint64_t>> rows = std::nullopt;
  /// A part of the file, as `Split` gives it: the open file and the row groups to read.
  std::shared_ptr<const TableFile> table = nullptr;
  std::vector<int> row_groups = {};
  bool parallel = true;  ///< decodes columns on Arrow's threads

  /// Returns about how many rows `row_groups` hold.
  std::int64_t RowsOfGroups() const;
};

/// Says what all files of a snapshot are read with.
struct StoredFilesOptions {
  FileSystem* files = nullptr;
  TableFileOptions table = {};
  std::int64_t decoded_limit_bytes = 0;
  bool own = false;  ///< Larder wrote the files: one that is not of its format is damaged, not named wrongly
};

/// Counts what reads cost. Thread-safe.
struct ReadCounts {
  std::atomic<std::int64_t> files_opened{0};
  std::atomic<std::int64_t> row_groups_read{0};
  std::atomic<std::int64_t> row_groups_pruned{0};
  std::atomic<std::int64_t> bytes_read{0};
  std::atomic<std::int64_t> bytes_pruned{0};
  std::atomic<std::int64_t> columns_read{0};
  std::atomic<std::int64_t> rows_decoded{0};
  std::atomic<std::int64_t> decoded_hits{0};

  ReadStatistics Total() const;
};

/// Holds pinned files of one kind: of a source, or pushed ones. Immutable but for counts and kept columns; thread-safe.
/// Must outlive its streams.
class StoredFiles {
 public:
  /// `bound.stored()` names the columns; those of `list.partition_names` come from folders.
  StoredFiles(StoredFilesOptions options, std::shared_ptr<const BoundSource> bound, SourceFileList list);

  const std::shared_ptr<const BoundSource>& bound() const { return bound_; }
  const std::vector<SourceFile>& files() const { return list_.files; }
  ReadStatistics statistics() const { return counts_.Total(); }

  /// Opens one file. Fails with kFileChanged, naming it, when it is not the one that was pinned.
  Result<std::unique_ptr<StoredBatchStream>> Open(std::size_t file, const FileRead& read) const;

  /// Cuts a read into parts that can be read at the same time and together give what it gives, in this order. A small
  /// file stays whole and is not opened; no part when no row group is of use. Fails as `Open` does.
  Result<std::vector<FileRead>> Split(std::size_t file, const FileRead& read) const;

  /// Says which stored columns will be asked for: CSV files are decoded for all of them at once and kept.
  void KeepDecoded(std::span<const std::size_t> columns) const { decoded_.Want(columns); }

  /// Returns "FILE, row N" (rows count from 1).
  std::string NameRow(std::size_t file, std::uint64_t row) const;

  /// Fails with kFileChanged unless what stands at the file's path is the pinned file.
  Status CheckPinned(std::size_t file) const;
  /// Returns the position of a stored column among the partition columns, if it is one.
  std::optional<std::size_t> PartitionOf(std::size_t column) const;

 private:
  friend class TableRows;

  Result<std::shared_ptr<const TableFile>> OpenPinned(std::size_t file) const;
  std::vector<int> ChooseGroups(const TableFile& table, const FileRead& read) const;
  /// Returns the names of the columns that stand in the file itself.
  std::vector<std::string> NamesInFile(const TableFile& table, const std::vector<std::size_t>& columns) const;
  void CountPruned(const TableFile& table, const std::vector<int>& chosen, const std::vector<std::string>& names) const;

  const StoredFilesOptions options_;
  const std::shared_ptr<const BoundSource> bound_;
  const SourceFileList list_;
  mutable ReadCounts counts_;
  mutable DecodedColumns decoded_;
};

/// Returns the value that a partition folder gives to the rows below it; kInvalidData naming file and value when the
/// text is not of the type.
Result<std::shared_ptr<arrow::Scalar>> PartitionScalar(const SourceFile& file, std::size_t partition,
                                                       const SourceColumn& column);

}  // namespace larder
