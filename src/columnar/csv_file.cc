#include "columnar/csv_file.h"

#include <arrow/array.h>
#include <arrow/io/compressed.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>

#include <array>
#include <map>
#include <utility>

#include "columnar/arrow_status.h"
#include "columnar/csv_lexer.h"
#include "columnar/csv_value_kernels.h"

namespace larder {
namespace {

Result<bool> IsGzip(const OpenedFile& opened) {
  std::array<unsigned char, 2> start{};
  LARDER_ASSIGN_OR_RETURN(const std::int64_t got, opened.file->ReadAt(0, start.size(), start.data()));
  return got == 2 && start[0] == 0x1f && start[1] == 0x8b;
}

// Owns the codec, which Arrow's stream only borrows.
class GunzippedStream final : public arrow::io::InputStream {
 public:
  static Result<std::shared_ptr<arrow::io::InputStream>> Make(std::shared_ptr<arrow::io::InputStream> raw) {
    auto stream = std::make_shared<GunzippedStream>();
    LARDER_ASSIGN_OR_RETURN(stream->codec_, FromArrow(arrow::util::Codec::Create(arrow::Compression::GZIP)));
    LARDER_ASSIGN_OR_RETURN(stream->stream_,
                            FromArrow(arrow::io::CompressedInputStream::Make(stream->codec_.get(), std::move(raw))));
    return std::shared_ptr<arrow::io::InputStream>(std::move(stream));
  }

  arrow::Status Close() override { return stream_->Close(); }
  bool closed() const override { return stream_->closed(); }
  arrow::Result<std::int64_t> Tell() const override { return stream_->Tell(); }
  arrow::Result<std::int64_t> Read(std::int64_t length, void* out) override { return stream_->Read(length, out); }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t length) override { return stream_->Read(length); }

 private:
  std::unique_ptr<arrow::util::Codec> codec_;
  std::shared_ptr<arrow::io::CompressedInputStream> stream_;
};

class CsvStream final : public TableBatchStream {
 public:
  CsvStream(const OpenedFile& opened, const TableFileOptions& options, std::shared_ptr<arrow::io::InputStream> input)
      : lexer_(std::move(input), opened.info.path),
        nulls_(options.null_texts),
        pool_(options.pool == nullptr ? arrow::default_memory_pool() : options.pool) {}

  Status Begin(std::vector<CsvColumn> columns, const ReadRequest& request) {
    arrow::FieldVector fields;
    for (const CsvColumn& column : columns) fields.push_back(arrow::field(column.name, ToArrow(column.type)));
    schema_ = arrow::schema(std::move(fields));
    columns_ = std::move(columns);
    row_limit_ = static_cast<std::size_t>(request.batch_row_count);
    done_ = request.row_groups && request.row_groups->empty();
    return lexer_.ReadHeader().status();
  }

  Result<std::optional<TableBatch>> Next() override {
    if (done_) return std::optional<TableBatch>();
    LARDER_RETURN_IF_ERROR(lexer_.ReadRows(row_limit_, rows_));
    if (rows_.row_count() == 0) return std::optional<TableBatch>();
    arrow::ArrayVector arrays;
    for (const CsvColumn& column : columns_) {
      LARDER_ASSIGN_OR_RETURN(arrays.emplace_back(), ConvertCsvColumn(rows_, column, nulls_, pool_));
    }
    const auto row_count = static_cast<std::int64_t>(rows_.row_count());
    const std::int64_t first_row = std::exchange(next_row_, next_row_ + row_count);
    return std::optional<TableBatch>(
        TableBatch{arrow::RecordBatch::Make(schema_, row_count, std::move(arrays)), first_row});
  }

 private:
  CsvLexer lexer_;
  const CsvNulls nulls_;
  arrow::MemoryPool* const pool_;
  std::vector<CsvColumn> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::size_t row_limit_ = 0;
  std::int64_t next_row_ = 0;
  bool done_ = false;
  CsvRows rows_;
};

class CsvFile final : public TableFile {
 public:
  CsvFile(OpenedFile opened, TableFileOptions options, FileFormat format)
      : opened_(std::move(opened)), options_(std::move(options)), format_(format) {}

  Status ReadShape() {
    LARDER_ASSIGN_OR_RETURN(auto input, OpenCsvInput(opened_));
    CsvLexer lexer(std::move(input), opened_.info.path);
    LARDER_ASSIGN_OR_RETURN(const std::vector<std::string> names, lexer.ReadHeader());
    LARDER_RETURN_IF_ERROR(CheckCsvNames(names, opened_.info.path));
    arrow::FieldVector fields;
    for (const std::string& name : names) {
      const auto declared = options_.column_types.find(name);
      const ValueType type = declared == options_.column_types.end() ? CsvColumn().type : declared->second;
      if (type.is_list() && type.element == TypeKind::kBytes) {
        return Status(Reason::kTypeMismatch,
                      "CSV cannot hold " + TypeName(type) + ": column '" + name + "' of " + opened_.info.path,
                      "write the file as Parquet");
      }
      fields.push_back(arrow::field(name, ToArrow(type)));
      columns_.emplace(name, CsvColumn{columns_.size(), name, type, opened_.info.path});
    }
    schema_ = arrow::schema(std::move(fields));
    return {};
  }

  const FileInfo& info() const override { return opened_.info; }
  FileFormat format() const override { return format_; }
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  const std::vector<RowGroup>& row_groups() const override { return row_groups_; }
  ColumnBounds Bounds(int, const std::string&) const override { return {}; }
  std::int64_t StoredBytes(int, const std::vector<std::string>&) const override { return info().size_bytes; }
  Status CheckUnchanged() const override { return opened_.CheckUnchanged(); }

  Result<std::unique_ptr<TableBatchStream>> Read(const ReadRequest& request) const override {
    LARDER_ASSIGN_OR_RETURN(auto input, OpenCsvInput(opened_));
    std::vector<CsvColumn> columns;
    for (const std::string& name : request.columns) columns.push_back(columns_.at(name));
    auto stream = std::make_unique<CsvStream>(opened_, options_, std::move(input));
    LARDER_RETURN_IF_ERROR(stream->Begin(std::move(columns), request));
    return std::unique_ptr<TableBatchStream>(std::move(stream));
  }

 private:
  const OpenedFile opened_;
  const TableFileOptions options_;
  const FileFormat format_;
  const std::vector<RowGroup> row_groups_ = {{0, -1}};
  std::shared_ptr<arrow::Schema> schema_;
  std::map<std::string, CsvColumn> columns_;
};

}  // namespace

Result<std::shared_ptr<arrow::io::InputStream>> OpenCsvInput(const OpenedFile& opened) {
  std::shared_ptr<arrow::io::InputStream> raw = ToArrowFile(opened, nullptr);
  LARDER_ASSIGN_OR_RETURN(const bool is_gzip, IsGzip(opened));
  if (!is_gzip) return raw;
  return GunzippedStream::Make(std::move(raw));
}

Status CheckCsvNames(const std::vector<std::string>& names, const std::string& path) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto [earlier, is_new] = places.emplace(names[i], i + 1);
    if (is_new) continue;
    return Status(Reason::kInvalidFile,
                  "two columns have the name '" + names[i] + "': columns " + std::to_string(earlier->second) + " and " +
                      std::to_string(i + 1) + " of " + path,
                  "give every column a name of its own");
  }
  return {};
}

Result<std::unique_ptr<TableFile>> OpenCsvFile(const OpenedFile& opened, const TableFileOptions& options) {
  LARDER_ASSIGN_OR_RETURN(const bool is_gzip, IsGzip(opened));
  auto file = std::make_unique<CsvFile>(opened, options, is_gzip ? FileFormat::kCsvGz : FileFormat::kCsv);
  LARDER_RETURN_IF_ERROR(file->ReadShape());
  return std::unique_ptr<TableFile>(std::move(file));
}

}  // namespace larder
