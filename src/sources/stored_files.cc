#include "sources/stored_files.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>
#include <arrow/util/byte_size.h>

#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "columnar/convert.h"
#include "sources/row_mapping.h"

namespace larder {
namespace {

Status Changed(const std::string& path) {
  return Status(Reason::kFileChanged, "a file was replaced or written to while it was read: " + path,
                "run the command again; write new files beside the old ones instead of over them");
}

bool IsSameFile(const FileInfo& a, const FileInfo& b) {
  return a.size_bytes == b.size_bytes && a.modified_ns == b.modified_ns && a.inode == b.inode;
}

bool IsText(FileFormat format) { return format == FileFormat::kCsv || format == FileFormat::kCsvGz; }

// Files below it are read whole: opening one only to look how it could be cut costs as much as reading it.
constexpr std::int64_t kLeastSplitBytes = std::int64_t{16} << 20;
// What is worth a part of its own, of the columns wanted.
constexpr std::int64_t kPartBytes = std::int64_t{4} << 20;

/// Returns those of the ordinals (of one file) that lie between the first and the last of these row groups.
std::span<const std::uint64_t> RowsWithin(const TableFile& table, const std::vector<int>& row_groups,
                                          std::span<const std::uint64_t> rows) {
  const RowGroup& first = table.row_groups()[static_cast<std::size_t>(row_groups.front())];
  const RowGroup& last = table.row_groups()[static_cast<std::size_t>(row_groups.back())];
  const auto is_before = [](std::uint64_t ordinal, std::int64_t row) {
    return OrdinalRow(ordinal) < static_cast<std::uint64_t>(row);
  };
  const auto begin = std::lower_bound(rows.begin(), rows.end(), first.first_row, is_before);
  const auto end = std::lower_bound(begin, rows.end(), last.first_row + last.row_count, is_before);
  return rows.subspan(static_cast<std::size_t>(begin - rows.begin()), static_cast<std::size_t>(end - begin));
}

/// Gives columns that were kept.
class KeptRows final : public StoredBatchStream {
 public:
  KeptRows(std::shared_ptr<const DecodedFile> decoded, const std::vector<std::size_t>& columns)
      : decoded_(std::move(decoded)) {
    for (const std::size_t column : columns) {
      const auto found = std::lower_bound(decoded_->columns.begin(), decoded_->columns.end(), column);
      positions_.push_back(static_cast<std::size_t>(found - decoded_->columns.begin()));
    }
  }

  Result<std::optional<StoredBatch>> Next() override {
    if (next_ == decoded_->batches.size()) return std::optional<StoredBatch>();
    const StoredBatch& kept = decoded_->batches[next_++];
    StoredBatch batch{.columns = {}, .row_count = kept.row_count, .first_row = kept.first_row};
    for (const std::size_t position : positions_) batch.columns.push_back(kept.columns[position]);
    return std::optional(std::move(batch));
  }

 private:
  const std::shared_ptr<const DecodedFile> decoded_;
  std::vector<std::size_t> positions_;
  std::size_t next_ = 0;
};

}  // namespace

/// Reads a file and turns its columns into stored ones: converts, fills up what the file lacks, adds partition columns.
class TableRows final : public StoredBatchStream {
 public:
  TableRows(const StoredFiles& files, std::size_t file, const FileRead& read)
      : files_(files), file_(file), columns_(read.columns), read_columns_(read.columns) {
    if (read.rows && !read.rows->empty()) last_row_ = OrdinalRow(read.rows->back());
  }

  Status Open(const FileRead& read) {
    table_ = read.table;
    if (table_ == nullptr) {
      LARDER_ASSIGN_OR_RETURN(table_, files_.OpenPinned(file_));
    }
    if (IsText(table_->format()) && !read.rows) {
      if (std::optional<std::vector<std::size_t>> wide = files_.decoded_.Widen(columns_)) {
        read_columns_ = std::move(*wide);
        keep_ = std::make_shared<DecodedFile>();
        keep_->columns = read_columns_;
      }
    }
    return Begin(read);
  }

  Result<std::optional<StoredBatch>> Next() override {
    if (stream_ == nullptr) return std::optional<StoredBatch>();
    Result<std::optional<StoredBatch>> batch = ReadNext();
    if (!batch.ok() || !*batch) stream_ = nullptr;
    return batch;
  }

 private:
  Status Begin(const FileRead& read) {
    ReadRequest request;
    for (const std::size_t column : read_columns_) {
      const std::string& name = files_.bound()->stored()[column].name;
      const bool in_file = !files_.PartitionOf(column) && table_->schema()->GetFieldIndex(name) >= 0;
      positions_.push_back(in_file ? std::optional(request.columns.size()) : std::nullopt);
      if (!in_file) {
        LARDER_RETURN_IF_ERROR(CheckOptional(column, read));
        continue;
      }
      LARDER_RETURN_IF_ERROR(CheckType(files_.bound()->stored()[column]));
      request.columns.push_back(name);
    }
    const bool is_part = read.table != nullptr;
    request.row_groups = is_part ? read.row_groups : files_.ChooseGroups(*table_, read);
    if (!is_part) files_.CountPruned(*table_, *request.row_groups, request.columns);
    if (request.row_groups->empty()) return {};
    files_.counts_.row_groups_read += static_cast<std::int64_t>(request.row_groups->size());
    files_.counts_.columns_read += static_cast<std::int64_t>(request.columns.size());
    for (const int group : *request.row_groups) {
      files_.counts_.bytes_read += table_->StoredBytes(group, request.columns);
    }
    request.parallel = read.parallel;
    LARDER_ASSIGN_OR_RETURN(stream_, table_->Read(request));
    return {};
  }

  /// Rows of nobody or of no time would be ignored, all of them, without a word.
  Status CheckOptional(std::size_t column, const FileRead& read) const {
    if (files_.PartitionOf(column) || !std::ranges::binary_search(read.required, column)) return {};
    const std::string& name = files_.bound()->stored()[column].name;
    return Status(Reason::kMissingColumn,
                  "no column '" + name +
                      "', which is a join key or the time of rows, as other files have it: " + table_->info().path,
                  "write the file again with it, or move it away");
  }

  /// Pushed files are not looked into before they are read; an older one may have other types.
  Status CheckType(const SourceColumn& column) const {
    const arrow::DataType& type = *table_->schema()->GetFieldByName(column.name)->type();
    if (type.id() == arrow::Type::NA || CanConvert(type, *column.type)) return {};
    return Status(Reason::kTypeMismatch,
                  "column '" + column.name + "' has another type than wanted: " + type.ToString() + " in " +
                      table_->info().path + ", wanted is " + TypeName(*column.type),
                  "write the file again with that type, or move it away");
  }

  Result<std::optional<StoredBatch>> ReadNext() {
    LARDER_ASSIGN_OR_RETURN(std::optional<TableBatch> table_batch, stream_->Next());
    if (!table_batch || (last_row_ && static_cast<std::uint64_t>(table_batch->first_row) > *last_row_)) {
      LARDER_RETURN_IF_ERROR(table_->CheckUnchanged());
      LARDER_RETURN_IF_ERROR(files_.CheckPinned(file_));
      if (keep_ != nullptr) files_.decoded_.Keep(file_, std::move(keep_));
      return std::optional<StoredBatch>();
    }
    StoredBatch wide{.columns = {}, .row_count = table_batch->rows->num_rows(), .first_row = table_batch->first_row};
    files_.counts_.rows_decoded += wide.row_count;
    for (std::size_t i = 0; i < read_columns_.size(); ++i) {
      LARDER_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> column, Column(i, *table_batch));
      wide.columns.push_back(std::move(column));
    }
    LARDER_RETURN_IF_ERROR(Remember(wide));
    return std::optional(Narrow(std::move(wide)));
  }

  Result<std::shared_ptr<arrow::Array>> Column(std::size_t i, const TableBatch& batch) {
    const SourceColumn& column = files_.bound()->stored()[read_columns_[i]];
    const std::int64_t row_count = batch.rows->num_rows();
    if (const std::optional<std::size_t> partition = files_.PartitionOf(read_columns_[i])) {
      LARDER_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Scalar> scalar,
                              PartitionScalar(files_.files()[file_], *partition, column));
      return FromArrow(arrow::MakeArrayFromScalar(*scalar, row_count));
    }
    if (!positions_[i]) return NullArray(*column.type, row_count);
    const auto name_row = [this, first = batch.first_row](std::int64_t row) {
      return files_.NameRow(file_, static_cast<std::uint64_t>(first + row));
    };
    return Convert(
        batch.rows->column(static_cast<int>(*positions_[i])),
        {.target = *column.type, .column = column.name, .name_row = name_row, .pool = files_.options_.table.pool});
  }

  Status Remember(const StoredBatch& batch) {
    if (keep_ == nullptr) return {};
    for (const std::shared_ptr<arrow::Array>& column : batch.columns) {
      LARDER_ASSIGN_OR_RETURN(const std::int64_t byte_count,
                              FromArrow(arrow::util::ReferencedBufferSize(*column->data())));
      keep_->byte_count += byte_count;
    }
    if (!files_.decoded_.HasRoomFor(keep_->byte_count)) {
      keep_ = nullptr;
      return {};
    }
    keep_->batches.push_back(batch);
    return {};
  }

  /// Returns the columns that were asked for out of those that were read.
  StoredBatch Narrow(StoredBatch wide) const {
    if (read_columns_.size() == columns_.size()) return wide;
    StoredBatch batch{.columns = {}, .row_count = wide.row_count, .first_row = wide.first_row};
    std::size_t position = 0;
    for (const std::size_t column : columns_) {
      while (read_columns_[position] != column) ++position;
      batch.columns.push_back(wide.columns[position]);
    }
    return batch;
  }

  const StoredFiles& files_;
  const std::size_t file_;
  const std::vector<std::size_t> columns_;             // asked for, ascending
  std::vector<std::size_t> read_columns_;              // read, ascending: these and what is to be kept
  std::vector<std::optional<std::size_t>> positions_;  // of each in the batches of the file
  std::optional<std::uint64_t> last_row_;              // rows behind are not wanted
  std::shared_ptr<const TableFile> table_;
  std::unique_ptr<TableBatchStream> stream_;
  std::shared_ptr<DecodedFile> keep_;
};

ReadStatistics ReadCounts::Total() const {
  return {.files_opened = files_opened.load(),
          .row_groups_read = row_groups_read.load(),
          .row_groups_pruned = row_groups_pruned.load(),
          .bytes_read = bytes_read.load(),
          .bytes_pruned = bytes_pruned.load(),
          .columns_read = columns_read.load(),
          .rows_decoded = rows_decoded.load(),
          .decoded_hits = decoded_hits.load()};
}

StoredFiles::StoredFiles(StoredFilesOptions options, std::shared_ptr<const BoundSource> bound, SourceFileList list)
    : options_(std::move(options)),
      bound_(std::move(bound)),
      list_(std::move(list)),
      decoded_(options_.decoded_limit_bytes) {}

std::optional<std::size_t> StoredFiles::PartitionOf(std::size_t column) const {
  const std::vector<std::string>& names = list_.partition_names;
  const auto found = std::find(names.begin(), names.end(), bound_->stored()[column].name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

std::string StoredFiles::NameRow(std::size_t file, std::uint64_t row) const {
  return list_.files[file].info.path + ", row " + std::to_string(row + 1);
}

Status StoredFiles::CheckPinned(std::size_t file) const {
  const FileInfo& pinned = list_.files[file].info;
  Result<FileInfo> now = options_.files->Stat(pinned.path);
  if (!now.ok() && now.status().reason() != Reason::kFileNotFound) return now.status();
  if (!now.ok() || !IsSameFile(*now, pinned)) return Changed(pinned.path);
  return {};
}

std::int64_t FileRead::RowsOfGroups() const {
  std::int64_t row_count = 0;
  for (const int group : row_groups) row_count += table->row_groups()[static_cast<std::size_t>(group)].row_count;
  return row_count;
}

Result<std::shared_ptr<const TableFile>> StoredFiles::OpenPinned(std::size_t file) const {
  const std::string& path = list_.files[file].info.path;
  auto opened = OpenTableFile(*options_.files, path, options_.table);
  // One that was replaced may make no sense either: that it was replaced is what helps.
  if (!opened.ok()) LARDER_RETURN_IF_ERROR(CheckPinned(file));
  if (options_.own && opened.status().reason() == Reason::kInvalidFile) {
    return opened.status().WithReason(Reason::kDamaged);
  }
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<const TableFile> table, std::move(opened));
  if (!IsSameFile(table->info(), list_.files[file].info)) return Changed(path);
  counts_.files_opened += 1;
  return table;
}

std::vector<int> StoredFiles::ChooseGroups(const TableFile& table, const FileRead& read) const {
  std::vector<UsefulRange> ranges;
  for (const UsefulRange& range : read.ranges) {
    if (table.schema()->GetFieldIndex(range.column) >= 0) ranges.push_back(range);
  }
  return ChooseRowGroups(table, ranges, read.rows);
}

std::vector<std::string> StoredFiles::NamesInFile(const TableFile& table,
                                                  const std::vector<std::size_t>& columns) const {
  std::vector<std::string> names;
  for (const std::size_t column : columns) {
    const std::string& name = bound_->stored()[column].name;
    if (!PartitionOf(column) && table.schema()->GetFieldIndex(name) >= 0) names.push_back(name);
  }
  return names;
}

void StoredFiles::CountPruned(const TableFile& table, const std::vector<int>& chosen,
                              const std::vector<std::string>& names) const {
  const int group_count = static_cast<int>(table.row_groups().size());
  counts_.row_groups_pruned += group_count - static_cast<std::int64_t>(chosen.size());
  for (int group = 0; group < group_count; ++group) {
    if (std::binary_search(chosen.begin(), chosen.end(), group)) continue;
    counts_.bytes_pruned += table.StoredBytes(group, names);
  }
}

Result<std::vector<FileRead>> StoredFiles::Split(std::size_t file, const FileRead& read) const {
  const bool is_small = list_.files[file].info.size_bytes < kLeastSplitBytes;
  if (is_small || decoded_.Find(file, read.columns) != nullptr) return std::vector<FileRead>{read};
  LARDER_RETURN_IF_ERROR(CheckPinned(file));
  LARDER_ASSIGN_OR_RETURN(const std::shared_ptr<const TableFile> table, OpenPinned(file));
  if (table->format() != FileFormat::kParquet) return std::vector<FileRead>{read};
  const std::vector<int> chosen = ChooseGroups(*table, read);
  const std::vector<std::string> names = NamesInFile(*table, read.columns);
  CountPruned(*table, chosen, names);
  std::vector<FileRead> parts;
  std::int64_t part_bytes = 0;
  for (const int group : chosen) {
    if (parts.empty() || part_bytes >= kPartBytes) {
      parts.push_back({.columns = read.columns, .rows = read.rows, .table = table});
      part_bytes = 0;
    }
    parts.back().row_groups.push_back(group);
    part_bytes += table->StoredBytes(group, names);
  }
  for (FileRead& part : parts) {
    if (part.rows) part.rows = RowsWithin(*table, part.row_groups, *part.rows);
  }
  return parts;
}

Result<std::unique_ptr<StoredBatchStream>> StoredFiles::Open(std::size_t file, const FileRead& read) const {
  LARDER_RETURN_IF_ERROR(CheckPinned(file));
  if (std::shared_ptr<const DecodedFile> decoded = decoded_.Find(file, read.columns)) {
    counts_.decoded_hits += 1;
    return std::unique_ptr<StoredBatchStream>(std::make_unique<KeptRows>(std::move(decoded), read.columns));
  }
  auto rows = std::make_unique<TableRows>(*this, file, read);
  LARDER_RETURN_IF_ERROR(rows->Open(read));
  return std::unique_ptr<StoredBatchStream>(std::move(rows));
}

Result<std::shared_ptr<arrow::Scalar>> PartitionScalar(const SourceFile& file, std::size_t partition,
                                                       const SourceColumn& column) {
  const std::shared_ptr<arrow::DataType> type = ToArrow(*column.type);
  const std::optional<std::string>& value = file.partition_values[partition];
  if (!value) return arrow::MakeNullScalar(type);
  const Status misfit(Reason::kInvalidData,
                      "a partition folder does not fit its type: '" + column.name + "=" + *value + "' is not " +
                          TypeName(*column.type) + ", at " + file.info.path,
                      "rename the folder, or declare another type in `columns`");
  if (column.type->kind == TypeKind::kTimestamp) {
    Result<std::int64_t> instant = ParseInstant(*value);
    if (!instant.ok()) return misfit;
    return std::shared_ptr<arrow::Scalar>(std::make_shared<arrow::TimestampScalar>(*instant, type));
  }
  if (column.type->kind == TypeKind::kString) {
    return std::shared_ptr<arrow::Scalar>(std::make_shared<arrow::StringScalar>(*value));
  }
  arrow::Result<std::shared_ptr<arrow::Scalar>> scalar = arrow::Scalar::Parse(type, *value);
  if (!scalar.ok()) return misfit;
  return std::move(scalar).ValueUnsafe();
}

}  // namespace larder
