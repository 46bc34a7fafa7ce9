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
  TableRows(const StoredFiles& files, std::size_t file, const StoredRead& read)
      : files_(files), file_(file), columns_(read.columns), read_columns_(read.columns) {
    if (read.rows && !read.rows->empty()) last_row_ = OrdinalRow(read.rows->back());
  }

  Status Open(const StoredRead& read) {
    const std::string& path = files_.files()[file_].info.path;
    auto opened = OpenTableFile(*files_.options_.files, path, files_.options_.table);
    // One that was replaced may make no sense either: that it was replaced is what helps.
    if (!opened.ok()) LARDER_RETURN_IF_ERROR(files_.CheckPinned(file_));
    LARDER_ASSIGN_OR_RETURN(table_, std::move(opened));
    if (!IsSameFile(table_->info(), files_.files()[file_].info)) return Changed(path);
    files_.counts_.files_opened += 1;
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
  Status Begin(const StoredRead& read) {
    ReadRequest request;
    for (const std::size_t column : read_columns_) {
      const std::string& name = files_.bound()->stored()[column].name;
      const bool in_file = !files_.PartitionOf(column) && table_->schema()->GetFieldIndex(name) >= 0;
      positions_.push_back(in_file ? std::optional(request.columns.size()) : std::nullopt);
      if (!in_file) continue;
      LARDER_RETURN_IF_ERROR(CheckType(files_.bound()->stored()[column]));
      request.columns.push_back(name);
    }
    std::vector<UsefulRange> ranges;
    for (const UsefulRange& range : read.ranges) {
      if (table_->schema()->GetFieldIndex(range.column) >= 0) ranges.push_back(range);
    }
    std::vector<int> row_groups = ChooseRowGroups(*table_, ranges, read.rows);
    const auto chosen = static_cast<std::int64_t>(row_groups.size());
    CountBytes(row_groups, request.columns);
    files_.counts_.row_groups_read += chosen;
    files_.counts_.row_groups_pruned += static_cast<std::int64_t>(table_->row_groups().size()) - chosen;
    if (chosen == 0) return {};
    files_.counts_.columns_read += static_cast<std::int64_t>(request.columns.size());
    request.row_groups = std::move(row_groups);
    LARDER_ASSIGN_OR_RETURN(stream_, table_->Read(request));
    return {};
  }

  void CountBytes(const std::vector<int>& chosen, const std::vector<std::string>& columns) const {
    std::size_t next = 0;
    for (int i = 0; i < static_cast<int>(table_->row_groups().size()); ++i) {
      const bool is_read = next < chosen.size() && chosen[next] == i;
      if (is_read) ++next;
      (is_read ? files_.counts_.bytes_read : files_.counts_.bytes_pruned) += table_->StoredBytes(i, columns);
    }
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
  std::unique_ptr<TableFile> table_;
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

Result<std::unique_ptr<StoredBatchStream>> StoredFiles::Open(std::size_t file, const StoredRead& read) const {
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
