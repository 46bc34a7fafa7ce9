#include "columnar/table_file.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "columnar/arrow_io.h"
#include "columnar/arrow_status.h"
#include "columnar/csv_file.h"
#include "columnar/parquet_file.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

constexpr std::string_view kParquetMagic = "PAR1";
constexpr std::string_view kArrowFileMagic = "ARROW1";
constexpr std::string_view kArrowMessageMark("\xff\xff\xff\xff", 4);
constexpr std::string_view kArrowStreamEnd("\xff\xff\xff\xff\0\0\0\0", 8);

// Reads the file format and the stream format of Arrow alike: batches one after another.
class ArrowBatches {
 public:
  static Result<ArrowBatches> Open(const OpenedFile& opened, const arrow::ipc::IpcReadOptions& options,
                                   bool is_stream) {
    ArrowBatches batches;
    const auto file = ToArrowFile(opened, options.memory_pool);
    if (is_stream) {
      LARDER_ASSIGN_OR_RETURN(batches.stream_,
                              Translate(arrow::ipc::RecordBatchStreamReader::Open(file, options), opened));
    } else {
      LARDER_ASSIGN_OR_RETURN(batches.file_, Translate(arrow::ipc::RecordBatchFileReader::Open(file, options), opened));
    }
    return batches;
  }

  template <class T>
  static Result<T> Translate(arrow::Result<T> result, const OpenedFile& opened) {
    LARDER_RETURN_IF_ERROR(opened.Translate(result.status(), "Arrow"));
    return std::move(result).ValueUnsafe();
  }

  std::shared_ptr<arrow::Schema> schema() const { return stream_ != nullptr ? stream_->schema() : file_->schema(); }

  Result<std::int64_t> CountRows(const OpenedFile& opened) {
    if (stream_ != nullptr) return -1;
    return Translate(file_->CountRows(), opened);
  }

  // Returns nullptr at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Next(const OpenedFile& opened) {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (stream_ != nullptr) {
      LARDER_RETURN_IF_ERROR(opened.Translate(stream_->ReadNext(&batch), "Arrow"));
    } else if (next_batch_ < file_->num_record_batches()) {
      LARDER_ASSIGN_OR_RETURN(batch, Translate(file_->ReadRecordBatch(next_batch_++), opened));
    }
    if (batch != nullptr) {
      LARDER_RETURN_IF_ERROR(opened.Translate(batch->ValidateFull(), "Arrow"));
    }
    return batch;
  }

 private:
  std::shared_ptr<arrow::ipc::RecordBatchStreamReader> stream_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  int next_batch_ = 0;
};

class ArrowStream final : public TableBatchStream {
 public:
  ArrowStream(OpenedFile opened, ReadRequest request) : opened_(std::move(opened)), request_(std::move(request)) {}

  Status Begin(const arrow::Schema& schema, arrow::ipc::IpcReadOptions options, bool is_stream) {
    arrow::FieldVector fields;
    for (const std::string& column : request_.columns) {
      options.included_fields.push_back(schema.GetFieldIndex(column));
      fields.push_back(schema.GetFieldByName(column));
    }
    std::sort(options.included_fields.begin(), options.included_fields.end());
    // No included field would mean all of them; one is the least that tells how many rows there are.
    if (fields.empty() && schema.num_fields() > 0) options.included_fields.push_back(0);
    options.use_threads = request_.parallel;
    schema_ = arrow::schema(std::move(fields));
    LARDER_ASSIGN_OR_RETURN(batches_, ArrowBatches::Open(opened_, options, is_stream));
    return {};
  }

  Result<std::optional<TableBatch>> Next() override {
    if (request_.row_groups && request_.row_groups->empty()) return std::optional<TableBatch>();
    while (rest_ == nullptr || rest_->num_rows() == 0) {
      LARDER_ASSIGN_OR_RETURN(rest_, batches_.Next(opened_));
      if (rest_ == nullptr) return std::optional<TableBatch>();
    }
    const std::int64_t count = std::min(rest_->num_rows(), request_.batch_row_count);
    arrow::ArrayVector columns;
    for (const std::string& column : request_.columns) {
      columns.push_back(rest_->GetColumnByName(column)->Slice(0, count));
    }
    rest_ = rest_->Slice(count);
    const std::int64_t first_row = std::exchange(next_row_, next_row_ + count);
    return std::optional<TableBatch>(
        TableBatch{arrow::RecordBatch::Make(schema_, count, std::move(columns)), first_row});
  }

 private:
  const OpenedFile opened_;
  const ReadRequest request_;
  ArrowBatches batches_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatch> rest_;  // of the batch that was read last
  std::int64_t next_row_ = 0;
};

class ArrowTableFile final : public TableFile {
 public:
  ArrowTableFile(OpenedFile opened, const TableFileOptions& options, bool is_stream)
      : opened_(std::move(opened)), is_stream_(is_stream) {
    options_.memory_pool = options.pool == nullptr ? arrow::default_memory_pool() : options.pool;
    options_.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  }

  Status ReadShape() {
    LARDER_ASSIGN_OR_RETURN(ArrowBatches batches, ArrowBatches::Open(opened_, options_, is_stream_));
    schema_ = batches.schema()->RemoveMetadata();
    LARDER_ASSIGN_OR_RETURN(const std::int64_t row_count, batches.CountRows(opened_));
    row_groups_ = {{0, row_count}};
    return {};
  }

  const FileInfo& info() const override { return opened_.info; }
  FileFormat format() const override { return FileFormat::kArrow; }
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  const std::vector<RowGroup>& row_groups() const override { return row_groups_; }
  ColumnBounds Bounds(int, const std::string&) const override { return {}; }
  std::int64_t StoredBytes(int, const std::vector<std::string>&) const override { return opened_.info.size_bytes; }
  Status CheckUnchanged() const override { return opened_.CheckUnchanged(); }

  Result<std::unique_ptr<TableBatchStream>> Read(const ReadRequest& request) const override {
    auto stream = std::make_unique<ArrowStream>(opened_, request);
    LARDER_RETURN_IF_ERROR(stream->Begin(*schema_, options_, is_stream_));
    return std::unique_ptr<TableBatchStream>(std::move(stream));
  }

 private:
  const OpenedFile opened_;
  const bool is_stream_;
  arrow::ipc::IpcReadOptions options_ = arrow::ipc::IpcReadOptions::Defaults();
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<RowGroup> row_groups_;
};

// Looks whether the file is still the same, at the end and when the content made no sense.
class WatchedStream final : public TableBatchStream {
 public:
  WatchedStream(std::unique_ptr<TableBatchStream> stream, std::shared_ptr<const TableFile> file)
      : stream_(std::move(stream)), file_(std::move(file)) {}

  Result<std::optional<TableBatch>> Next() override {
    if (done_) return std::optional<TableBatch>();
    Result<std::optional<TableBatch>> next = stream_->Next();
    if (next.ok() && next->has_value()) return next;
    done_ = true;
    LARDER_RETURN_IF_ERROR(file_->CheckUnchanged());
    return next;
  }

 private:
  const std::unique_ptr<TableBatchStream> stream_;
  const std::shared_ptr<const TableFile> file_;
  bool done_ = false;
};

// Does for every format alike what none of them has to know: names checked, changes noticed.
class CheckedTableFile final : public TableFile {
 public:
  explicit CheckedTableFile(std::shared_ptr<const TableFile> file) : file_(std::move(file)) {}

  const FileInfo& info() const override { return file_->info(); }
  FileFormat format() const override { return file_->format(); }
  const std::shared_ptr<arrow::Schema>& schema() const override { return file_->schema(); }
  const std::vector<RowGroup>& row_groups() const override { return file_->row_groups(); }
  Status CheckUnchanged() const override { return file_->CheckUnchanged(); }
  ColumnBounds Bounds(int row_group, const std::string& column) const override {
    return file_->Bounds(row_group, column);
  }
  std::int64_t StoredBytes(int row_group, const std::vector<std::string>& columns) const override {
    return file_->StoredBytes(row_group, columns);
  }

  Result<std::unique_ptr<TableBatchStream>> Read(const ReadRequest& request) const override {
    LARDER_CHECK(request.batch_row_count > 0);
    for (const std::string& column : request.columns) LARDER_RETURN_IF_ERROR(CheckColumn(column));
    for (const int group : request.row_groups.value_or(std::vector<int>())) {
      LARDER_CHECK(group >= 0 && static_cast<std::size_t>(group) < row_groups().size());
    }
    LARDER_ASSIGN_OR_RETURN(std::unique_ptr<TableBatchStream> stream, file_->Read(request));
    return std::unique_ptr<TableBatchStream>(std::make_unique<WatchedStream>(std::move(stream), file_));
  }

 private:
  Status CheckColumn(const std::string& column) const {
    if (schema()->GetFieldIndex(column) >= 0) return {};
    const std::vector<std::string> names = schema()->field_names();
    return Status(Reason::kMissingColumn, "no column '" + column + "': " + info().path, DidYouMean(column, names));
  }

  const std::shared_ptr<const TableFile> file_;
};

Result<std::unique_ptr<TableFile>> Checked(Result<std::unique_ptr<TableFile>> opened) {
  LARDER_RETURN_IF_ERROR(opened.status());
  const std::shared_ptr<const TableFile> file = std::move(*opened);
  LARDER_RETURN_IF_ERROR(CheckCsvNames(file->schema()->field_names(), file->info().path));
  return std::unique_ptr<TableFile>(std::make_unique<CheckedTableFile>(file));
}

Result<std::string> ReadPiece(const OpenedFile& opened, std::int64_t offset, std::size_t length) {
  std::string piece(length, '\0');
  LARDER_ASSIGN_OR_RETURN(const std::int64_t got, opened.file->ReadAt(std::max<std::int64_t>(offset, 0),
                                                                      static_cast<std::int64_t>(length), piece.data()));
  piece.resize(static_cast<std::size_t>(got));
  return piece;
}

Status NotOfFormat(const OpenedFile& opened, std::string_view what, std::string hint) {
  return Status(Reason::kInvalidFile, std::string(what) + ": " + opened.info.path, std::move(hint));
}

Result<std::unique_ptr<TableFile>> OpenParquet(const OpenedFile& opened, const TableFileOptions& options) {
  LARDER_ASSIGN_OR_RETURN(const std::string end, ReadPiece(opened, opened.info.size_bytes - 4, kParquetMagic.size()));
  if (end != kParquetMagic)
    return NotOfFormat(opened, "Parquet file is cut short", "write the file again").WithReason(opened.damage);
  return OpenParquetFile(opened, options);
}

Result<std::unique_ptr<TableFile>> OpenArrow(const OpenedFile& opened, const TableFileOptions& options,
                                             bool is_stream) {
  // Arrow itself takes a stream that ends between two batches for a whole one.
  if (is_stream) {
    LARDER_ASSIGN_OR_RETURN(const std::string end, ReadPiece(opened, opened.info.size_bytes - 8, 8));
    if (end != kArrowStreamEnd)
      return NotOfFormat(opened, "Arrow stream is cut short", "write it again").WithReason(opened.damage);
  }
  auto file = std::make_unique<ArrowTableFile>(opened, options, is_stream);
  LARDER_RETURN_IF_ERROR(file->ReadShape());
  return std::unique_ptr<TableFile>(std::move(file));
}

// Opens by the first bytes where they tell, and by the suffix where the text could be anything.
Result<std::unique_ptr<TableFile>> OpenByContent(const OpenedFile& opened, const TableFileOptions& options) {
  const std::string& path = opened.info.path;
  LARDER_ASSIGN_OR_RETURN(const std::string start, ReadPiece(opened, 0, 8));
  const bool is_parquet = start.starts_with(kParquetMagic);
  const bool is_arrow = start.starts_with(kArrowFileMagic);
  const bool is_stream = start.starts_with(kArrowMessageMark);
  const bool has_suffix = HasKnownSuffix(path);
  if (!has_suffix && is_parquet) return OpenParquet(opened, options);
  if (!has_suffix && (is_arrow || is_stream)) return OpenArrow(opened, options, is_stream);
  LARDER_ASSIGN_OR_RETURN(const FileFormat format, FileFormatOf(path));
  switch (format) {
    case FileFormat::kParquet:
      if (is_parquet) return OpenParquet(opened, options);
      return NotOfFormat(opened, "not a Parquet file", "it does not begin as one does; name it by its real format");
    case FileFormat::kArrow:
      if (is_arrow || is_stream) return OpenArrow(opened, options, is_stream);
      return NotOfFormat(opened, "not an Arrow file", "it does not begin as one does; name it by its real format");
    case FileFormat::kCsv:
    case FileFormat::kCsvGz:
      break;
  }
  return OpenCsvFile(opened, options);
}

}  // namespace

Result<std::unique_ptr<TableFile>> OpenTableFile(FileSystem& files, const std::string& path,
                                                 const TableFileOptions& options) {
  LARDER_ASSIGN_OR_RETURN(const OpenedFile opened, OpenForReading(files, path));
  if (opened.info.size_bytes == 0) return NotOfFormat(opened, "file is empty", "a file without rows has a header");
  Result<std::unique_ptr<TableFile>> table = Checked(OpenByContent(opened, options));
  // Content that makes no sense may be that of a file which somebody is writing just now.
  if (!table.ok()) LARDER_RETURN_IF_ERROR(opened.CheckUnchanged());
  return table;
}

Result<std::unique_ptr<TableFile>> OpenArrowBytes(std::shared_ptr<arrow::Buffer> bytes, const std::string& name,
                                                  const TableFileOptions& options) {
  const OpenedFile opened = OpenBytes(std::move(bytes), name);
  LARDER_ASSIGN_OR_RETURN(const std::string start, ReadPiece(opened, 0, 8));
  const bool is_stream = start.starts_with(kArrowMessageMark);
  if (!is_stream && !start.starts_with(kArrowFileMagic)) {
    return NotOfFormat(opened, "not Arrow IPC", "send the stream format of Arrow IPC");
  }
  return Checked(OpenArrow(opened, options, is_stream));
}

}  // namespace larder
