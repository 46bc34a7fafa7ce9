#include "columnar/parquet_file.h"

#include <arrow/compute/cast.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/compression.h>
#include <arrow/util/parallel.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/column_page.h>
#include <parquet/column_writer.h>
#include <parquet/file_reader.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <utility>

#include "columnar/arrow_status.h"
#include "columnar/parquet_page_kernels.h"

namespace larder {
namespace {

// Runs a call of the Parquet library, whose failures are partly thrown.
template <class Call>
auto CatchThrown(const OpenedFile& opened, Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& thrown) {
    return opened.Translate(arrow::Status::Invalid(thrown.what()), "Parquet");
  }
}

parquet::ArrowReaderProperties ReaderProperties(bool parallel, std::int64_t batch_row_count,
                                                arrow::TimeUnit::type int96_unit = arrow::TimeUnit::MICRO) {
  parquet::ArrowReaderProperties properties(parallel);
  properties.set_batch_size(batch_row_count);
  // Reading ahead on threads of its own would hold buffers after the stream has gone.
  properties.set_pre_buffer(false);
  properties.set_coerce_int96_timestamp_unit(int96_unit);
  return properties;
}

// Of a column in a row group: so much of it is read at once.
constexpr std::int64_t kReadAhead = std::int64_t{256} << 10;

void AddLeaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.is_leaf()) leaves.push_back(field.column_index);
  for (const auto& child : field.children) AddLeaves(child, leaves);
}

// What streams and the file share: all of it immutable.
struct ParquetState {
  OpenedFile opened;
  arrow::MemoryPool* pool = nullptr;
  std::shared_ptr<parquet::FileMetaData> metadata = nullptr;
  std::shared_ptr<arrow::Schema> schema = nullptr;
  std::map<std::string, std::vector<int>> leaves = {};  // column chunks of a top-level column
  std::vector<RowGroup> row_groups = {};

  Result<std::unique_ptr<parquet::arrow::FileReader>> NewReader(
      const parquet::ArrowReaderProperties& properties) const {
    parquet::arrow::FileReaderBuilder builder;
    parquet::ReaderProperties file_properties(pool);
    // Else a column of a row group would be in memory whole, as it is stored.
    file_properties.enable_buffered_stream();
    file_properties.set_buffer_size(kReadAhead);
    LARDER_RETURN_IF_ERROR(Translate(builder.Open(ToArrowFile(opened, pool), file_properties, metadata)));
    auto reader = builder.memory_pool(pool)->properties(properties)->Build();
    LARDER_RETURN_IF_ERROR(Translate(reader.status()));
    return std::move(reader).ValueUnsafe();
  }
  Status Translate(const arrow::Status& status) const { return opened.Translate(status, "Parquet"); }
};

// Returns the first row in which nanoseconds are no whole microseconds, or the length. Both arrays hold the same INT96
// instants, and the library counts modulo 2^64: so equal is equal, however far the nanoseconds overflow.
std::int64_t FirstCutRow(const arrow::Array& micros, const arrow::Array& nanos) {
  const auto* const micros_values = micros.data()->GetValues<std::uint64_t>(1);
  const auto* const nanos_values = nanos.data()->GetValues<std::uint64_t>(1);
  for (std::int64_t row = 0; row < micros.length(); ++row) {
    if (micros_values[row] * 1000 != nanos_values[row] && micros.IsValid(row)) return row;
  }
  return micros.length();
}

/// Reads the INT96 columns of row groups once more, as nanoseconds: as microseconds alone, digits would go in silence.
class Int96Check {
 public:
  static Result<std::unique_ptr<Int96Check>> Begin(const ParquetState& state, std::vector<int> leaves,
                                                   std::int64_t batch_row_count) {
    std::unique_ptr<Int96Check> check(new Int96Check(state, std::move(leaves)));
    LARDER_ASSIGN_OR_RETURN(check->reader_,
                            state.NewReader(ReaderProperties(false, batch_row_count, arrow::TimeUnit::NANO)));
    return check;
  }

  Status BeginGroup(int group) {
    auto batches = reader_->GetRecordBatchReader({group}, leaves_);
    LARDER_RETURN_IF_ERROR(state_.Translate(batches.status()));
    batches_ = std::move(batches).ValueUnsafe();
    return {};
  }

  // `rows` are the next rows of the group; the first has this index in the file. Lists of instants are not looked at.
  Status Check(const arrow::RecordBatch& rows, std::int64_t first_row) {
    std::shared_ptr<arrow::RecordBatch> exact;
    LARDER_RETURN_IF_ERROR(state_.Translate(batches_->ReadNext(&exact)));
    if (exact == nullptr || exact->num_rows() != rows.num_rows()) {
      return state_.Translate(arrow::Status::Invalid("columns of one row group have unequal lengths"));
    }
    for (const auto& field : exact->schema()->fields()) {
      const auto nanos = exact->GetColumnByName(field->name());
      if (field->type()->id() != arrow::Type::TIMESTAMP) continue;
      const std::int64_t row = FirstCutRow(*rows.GetColumnByName(field->name()), *nanos);
      if (row < rows.num_rows()) return Cut(field->name(), first_row + row);
    }
    return {};
  }

 private:
  Int96Check(const ParquetState& state, std::vector<int> leaves) : state_(state), leaves_(std::move(leaves)) {}

  Status Cut(const std::string& column, std::int64_t row) const {
    return Status(Reason::kInexactValue,
                  "INT96 timestamp has digits below the microsecond: column '" + column + "', " +
                      state_.opened.info.path + ", row " + std::to_string(row + 1),
                  "round it to microseconds where it is made");
  }

  const ParquetState& state_;  // outlives this object, as the stream does that holds both
  const std::vector<int> leaves_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
};

class ParquetStream final : public TableBatchStream {
 public:
  ParquetStream(std::shared_ptr<const ParquetState> state, ReadRequest request, std::vector<int> groups)
      : state_(std::move(state)), request_(std::move(request)), groups_(std::move(groups)) {}

  Status Begin() {
    arrow::FieldVector fields;
    for (const std::string& column : request_.columns) {
      fields.push_back(state_->schema->GetFieldByName(column));
      const std::vector<int>& leaves = state_->leaves.at(column);
      leaves_.insert(leaves_.end(), leaves.begin(), leaves.end());
    }
    schema_ = arrow::schema(std::move(fields));
    if (leaves_.empty()) return {};
    auto reader = CatchThrown(state_->opened, [this] {
      return state_->NewReader(ReaderProperties(request_.parallel, request_.batch_row_count));
    });
    LARDER_ASSIGN_OR_RETURN(reader_, std::move(reader));
    return BeginInt96Check();
  }

  Result<std::optional<TableBatch>> Next() override {
    return CatchThrown(state_->opened, [this]() -> Result<std::optional<TableBatch>> {
      while (true) {
        if (!in_group_ && next_group_ == groups_.size()) return std::optional<TableBatch>();
        if (!in_group_) LARDER_RETURN_IF_ERROR(BeginGroup());
        LARDER_ASSIGN_OR_RETURN(std::optional<TableBatch> batch, NextOfGroup());
        if (batch) return batch;
        LARDER_RETURN_IF_ERROR(EndGroup());
      }
    });
  }

 private:
  const RowGroup& group() const { return state_->row_groups[static_cast<std::size_t>(groups_[next_group_])]; }

  Status BeginInt96Check() {
    std::vector<int> leaves;
    std::copy_if(leaves_.begin(), leaves_.end(), std::back_inserter(leaves), [this](int leaf) {
      return state_->metadata->schema()->Column(leaf)->physical_type() == parquet::Type::INT96;
    });
    if (leaves.empty()) return {};
    auto check = CatchThrown(state_->opened,
                             [&] { return Int96Check::Begin(*state_, std::move(leaves), request_.batch_row_count); });
    LARDER_ASSIGN_OR_RETURN(int96_check_, std::move(check));
    return {};
  }

  Status BeginGroup() {
    in_group_ = true;
    rows_done_ = 0;
    if (leaves_.empty()) return {};
    auto batches = reader_->GetRecordBatchReader({groups_[next_group_]}, leaves_);
    LARDER_RETURN_IF_ERROR(state_->Translate(batches.status()));
    batches_ = std::move(batches).ValueUnsafe();
    return int96_check_ == nullptr ? Status() : int96_check_->BeginGroup(groups_[next_group_]);
  }

  Status EndGroup() {
    if (rows_done_ != group().row_count) {
      return state_->Translate(
          arrow::Status::Invalid("a row group has ", rows_done_, " rows instead of ", group().row_count));
    }
    batches_.reset();
    in_group_ = false;
    ++next_group_;
    return {};
  }

  Result<std::optional<TableBatch>> NextOfGroup() {
    std::shared_ptr<arrow::RecordBatch> rows;
    if (leaves_.empty()) {
      const std::int64_t count = std::min(group().row_count - rows_done_, request_.batch_row_count);
      if (count > 0) rows = arrow::RecordBatch::Make(schema_, count, arrow::ArrayVector());
    } else {
      LARDER_RETURN_IF_ERROR(state_->Translate(batches_->ReadNext(&rows)));
    }
    if (rows == nullptr || rows->num_rows() == 0) return std::optional<TableBatch>();
    arrow::ArrayVector columns;
    for (const std::string& column : request_.columns) columns.push_back(rows->GetColumnByName(column));
    const std::int64_t first_row = group().first_row + rows_done_;
    if (int96_check_ != nullptr) LARDER_RETURN_IF_ERROR(int96_check_->Check(*rows, first_row));
    rows_done_ += rows->num_rows();
    return std::optional<TableBatch>(
        TableBatch{arrow::RecordBatch::Make(schema_, rows->num_rows(), std::move(columns)), first_row});
  }

  const std::shared_ptr<const ParquetState> state_;
  const ReadRequest request_;
  const std::vector<int> groups_;
  std::vector<int> leaves_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::unique_ptr<Int96Check> int96_check_;  // nullptr: no such column is read
  std::size_t next_group_ = 0;
  std::int64_t rows_done_ = 0;
  bool in_group_ = false;
};

class ParquetFile final : public TableFile {
 public:
  explicit ParquetFile(std::shared_ptr<const ParquetState> state) : state_(std::move(state)) {}

  const FileInfo& info() const override { return state_->opened.info; }
  FileFormat format() const override { return FileFormat::kParquet; }
  const std::shared_ptr<arrow::Schema>& schema() const override { return state_->schema; }
  const std::vector<RowGroup>& row_groups() const override { return state_->row_groups; }
  Status CheckUnchanged() const override { return state_->opened.CheckUnchanged(); }

  ColumnBounds Bounds(int row_group, const std::string& column) const override {
    const auto leaves = state_->leaves.find(column);
    LARDER_CHECK(row_group >= 0 && static_cast<std::size_t>(row_group) < state_->row_groups.size());
    if (leaves == state_->leaves.end() || leaves->second.size() != 1) return {};
    const auto& type = state_->schema->GetFieldByName(column)->type();
    if (type->num_fields() > 0) return {};  // a list: the bounds are those of its values
    try {
      return ReadBounds(row_group, leaves->second.front(), *type);
    } catch (const std::exception&) {
      return {};  // damaged statistics only cost speed: the rows are read
    }
  }

  std::int64_t StoredBytes(int row_group, const std::vector<std::string>& columns) const override {
    const auto group = state_->metadata->RowGroup(row_group);
    std::int64_t bytes = 0;
    for (const std::string& column : columns) {
      const auto leaves = state_->leaves.find(column);
      if (leaves == state_->leaves.end()) continue;
      for (const int leaf : leaves->second) bytes += group->ColumnChunk(leaf)->total_compressed_size();
    }
    return bytes;
  }

  Result<std::unique_ptr<TableBatchStream>> Read(const ReadRequest& request) const override {
    std::vector<int> groups;
    if (request.row_groups) {
      groups = *request.row_groups;
    } else {
      for (std::size_t i = 0; i < state_->row_groups.size(); ++i) groups.push_back(static_cast<int>(i));
    }
    auto stream = std::make_unique<ParquetStream>(state_, request, std::move(groups));
    LARDER_RETURN_IF_ERROR(stream->Begin());
    return std::unique_ptr<TableBatchStream>(std::move(stream));
  }

 private:
  ColumnBounds ReadBounds(int row_group, int leaf, const arrow::DataType& type) const {
    ColumnBounds bounds;
    const auto chunk = state_->metadata->RowGroup(row_group)->ColumnChunk(leaf);
    const auto statistics = chunk->is_stats_set() ? chunk->statistics() : nullptr;
    if (statistics == nullptr) return bounds;
    if (statistics->HasNullCount()) bounds.null_count = statistics->null_count();
    std::shared_ptr<arrow::Scalar> least;
    std::shared_ptr<arrow::Scalar> greatest;
    if (!statistics->HasMinMax() || !parquet::arrow::StatisticsAsScalars(*statistics, &least, &greatest).ok()) {
      return bounds;
    }
    if (!least->type->Equals(type) || !greatest->type->Equals(type)) return bounds;
    bounds.least = std::move(least);
    bounds.greatest = std::move(greatest);
    return bounds;
  }

  const std::shared_ptr<const ParquetState> state_;
};

Status ReadShape(ParquetState& state, const parquet::arrow::FileReader& reader) {
  state.metadata = reader.parquet_reader()->metadata();
  arrow::FieldVector fields;
  for (const auto& field : reader.manifest().schema_fields) {
    fields.push_back(field.field);
    AddLeaves(field, state.leaves[field.field->name()]);
  }
  state.schema = arrow::schema(std::move(fields));
  std::int64_t first_row = 0;
  for (int i = 0; i < state.metadata->num_row_groups(); ++i) {
    const std::int64_t row_count = state.metadata->RowGroup(i)->num_rows();
    if (row_count < 0) return state.Translate(arrow::Status::Invalid("negative row count"));
    state.row_groups.push_back({first_row, row_count});
    first_row += row_count;
  }
  return {};
}

// Batches that wait to become a page; more are put together at once.
constexpr std::size_t kMostWaiting = 64;

// Runs a call of the Parquet library that writes.
template <class Call>
Status CatchThrownInWriting(Call call) {
  try {
    return call();
  } catch (const std::exception& thrown) {
    return Status(Reason::kIoError, std::string("cannot write Parquet: ") + thrown.what());
  }
}

// Cuts rows into row groups and pages: by the schema, so that the file does not depend on how rows come; only texts of
// many bytes end a row group earlier.
class ParquetWriter : public FormatWriter {
 public:
  explicit ParquetWriter(const arrow::Schema& schema) : shape_(ShapeOfRowGroups(schema)) {}

  Status Write(const arrow::RecordBatch& rows) final {
    return CatchThrownInWriting([&]() -> Status {
      for (std::int64_t begin = 0; begin < rows.num_rows();) {
        const bool is_full = group_rows_ == shape_.row_count || group_bytes_ > shape_.most_bytes;
        if (is_full || group_rows_ == 0) {
          group_bytes_ = group_rows_ = 0;
          LARDER_RETURN_IF_ERROR(BeginGroup());
        }
        const auto piece = rows.Slice(begin, shape_.page_rows - group_rows_ % shape_.page_rows);
        LARDER_ASSIGN_OR_RETURN(const std::int64_t size, FromArrow(arrow::util::ReferencedBufferSize(*piece)));
        group_bytes_ += size;
        group_rows_ += piece->num_rows();
        begin += piece->num_rows();
        LARDER_RETURN_IF_ERROR(WritePiece(*piece, group_rows_ % shape_.page_rows == 0));
      }
      return {};
    });
  }

 protected:
  // Begins a row group, and ends the one before.
  virtual Status BeginGroup() = 0;
  // `ends_page`: what came since the last one that did stands in one page.
  virtual Status WritePiece(const arrow::RecordBatch& piece, bool ends_page) = 0;

 private:
  const RowGroupShape shape_;
  // Of the row group that is being filled; bytes as they are in memory.
  std::int64_t group_bytes_ = 0;
  std::int64_t group_rows_ = 0;
};

struct ParquetTarget {
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<parquet::SchemaDescriptor> columns;
  std::shared_ptr<arrow::io::OutputStream> file;
  arrow::MemoryPool* pool;
  bool parallel;
};

// Leaves all to the library: any schema.
class LibraryParquetWriter final : public ParquetWriter {
 public:
  explicit LibraryParquetWriter(ParquetTarget to) : ParquetWriter(*to.schema), to_(std::move(to)) {}
  ~LibraryParquetWriter() override {
    // The library's destructor ends an unfinished file, which may fail and throw: nobody wants that file.
    static_cast<void>(CatchThrownInWriting([this] {
      writer_.reset();
      return Status();
    }));
  }

  Status Begin() {
    const auto threads = parquet::ArrowWriterProperties::Builder().set_use_threads(to_.parallel)->build();
    LARDER_ASSIGN_OR_RETURN(
        writer_, FromArrow(parquet::arrow::FileWriter::Open(
                     *to_.schema, to_.pool, to_.file, WriterProperties(*to_.columns, to_.pool).build(), threads)));
    return {};
  }
  Status Finish() override {
    return CatchThrownInWriting([&] { return FromArrow(writer_->Close()); });
  }

 protected:
  Status BeginGroup() override { return FromArrow(writer_->NewBufferedRowGroup()); }
  Status WritePiece(const arrow::RecordBatch& piece, bool /*ends_page*/) override {
    return FromArrow(writer_->WriteRecordBatch(piece));
  }

 private:
  const ParquetTarget to_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

// Makes the pages of plain columns by itself, and lets the library make those of texts and the like. Columns of a piece
// are encoded together on Arrow's threads, each into memory; a row group goes to the file when it is full.
class FlatParquetWriter final : public ParquetWriter {
 public:
  explicit FlatParquetWriter(ParquetTarget to)
      : ParquetWriter(*to.schema), to_(std::move(to)), columns_(to_.schema->fields().size()) {}

  static bool Fits(const parquet::SchemaDescriptor& columns) {
    for (int i = 0; i < columns.num_columns(); ++i) {
      if (columns.Column(i)->max_repetition_level() > 0 || columns.Column(i)->max_definition_level() > 1) return false;
    }
    return true;
  }

  Status Begin() { return FromArrow(to_.file->Write("PAR1", 4)); }

  Status Finish() override {
    return CatchThrownInWriting([&]() -> Status {
      LARDER_RETURN_IF_ERROR(EndGroup());
      if (metadata_ == nullptr) LARDER_RETURN_IF_ERROR(Describe(nullptr));
      const auto footer = metadata_->Finish();
      parquet::WriteFileMetaData(*footer, to_.file.get());
      return {};
    });
  }

 protected:
  Status BeginGroup() override { return EndGroup(); }

  Status WritePiece(const arrow::RecordBatch& piece, bool ends_page) override {
    waiting_.push_back(piece.Slice(0));
    if (waiting_.size() == kMostWaiting) LARDER_RETURN_IF_ERROR(Combine());
    return ends_page ? EncodeWaiting() : Status();
  }

 private:
  // A column of the row group that is being filled.
  struct Column {
    bool is_plain = false;
    std::unique_ptr<arrow::util::Codec> codec;  // of a plain column; nullptr: none
    parquet::ColumnChunkMetaDataBuilder* metadata = nullptr;
    std::shared_ptr<parquet::Statistics> statistics;
    std::vector<PlainPage> pages;
    std::shared_ptr<parquet::ColumnWriter> library;
  };

  Status Combine() {
    if (waiting_.size() == 1) return {};
    LARDER_ASSIGN_OR_RETURN(auto combined, FromArrow(arrow::ConcatenateRecordBatches(waiting_, to_.pool)));
    waiting_ = {std::move(combined)};
    return {};
  }

  Status EncodeWaiting() {
    if (waiting_.empty()) return {};
    LARDER_RETURN_IF_ERROR(Combine());
    const std::shared_ptr<arrow::RecordBatch> piece = std::move(waiting_.front());
    waiting_.clear();
    if (metadata_ == nullptr) LARDER_RETURN_IF_ERROR(Describe(piece.get()));
    if (group_ == nullptr) OpenGroup();
    open_rows_ += piece->num_rows();
    return FromArrow(arrow::internal::OptionalParallelFor(to_.parallel, piece->num_columns(), [&](int i) {
      BEGIN_PARQUET_CATCH_EXCEPTIONS
      return Encode(*piece->column(i), columns_[static_cast<std::size_t>(i)], *to_.columns->Column(i));
      END_PARQUET_CATCH_EXCEPTIONS
    }));
  }

  arrow::Status Encode(const arrow::Array& rows, Column& column, const parquet::ColumnDescriptor& descriptor) const {
    if (column.library != nullptr) return WriteByLibrary(rows, *column.library, *arrow_properties_, to_.pool);
    ARROW_ASSIGN_OR_RAISE(PlainPage page, MakePlainPage(rows, descriptor, *column.statistics, to_.pool));
    if (column.codec != nullptr) {
      ARROW_ASSIGN_OR_RAISE(page, CompressPage(page, *column.codec, to_.pool));
    }
    column.pages.push_back(std::move(page));
    return arrow::Status::OK();
  }

  // Settles what the footer says of all row groups. `first`: the first rows of the file, if it has some.
  Status Describe(const arrow::RecordBatch* first) {
    auto properties = WriterProperties(*to_.columns, to_.pool);
    for (int i = 0; i < to_.columns->num_columns(); ++i) {
      const parquet::ColumnDescriptor& descriptor = *to_.columns->Column(i);
      Column& column = columns_[static_cast<std::size_t>(i)];
      column.is_plain = HasPlainPages(*to_.schema->field(i)->type(), descriptor);
      if (!column.is_plain || first == nullptr) continue;
      LARDER_ASSIGN_OR_RETURN(column.codec, FromArrow(ChooseCodec(*first->column(i), descriptor, to_.pool)));
      if (column.codec == nullptr) properties.compression(descriptor.path(), parquet::Compression::UNCOMPRESSED);
    }
    properties_ = properties.build();
    metadata_ = parquet::FileMetaDataBuilder::Make(to_.columns.get(), properties_);
    return {};
  }

  void OpenGroup() {
    group_ = metadata_->AppendRowGroup();
    for (int i = 0; i < to_.columns->num_columns(); ++i) {
      Column& column = columns_[static_cast<std::size_t>(i)];
      column.metadata = group_->NextColumnChunk();
      if (column.is_plain) {
        column.statistics = parquet::Statistics::Make(to_.columns->Column(i), to_.pool);
      } else {
        column.library =
            parquet::ColumnWriter::Make(column.metadata, OpenPages(i, column.metadata, true), properties_.get());
      }
    }
  }

  std::unique_ptr<parquet::PageWriter> OpenPages(int column, parquet::ColumnChunkMetaDataBuilder* metadata,
                                                 bool in_memory) const {
    const auto codec = properties_->compression(to_.columns->Column(column)->path());
    return parquet::PageWriter::Open(to_.file, codec, metadata, -1, -1, to_.pool, in_memory);
  }

  Status EndGroup() {
    LARDER_RETURN_IF_ERROR(EncodeWaiting());
    if (group_ == nullptr) return {};
    std::int64_t total_bytes = 0;
    for (int i = 0; i < to_.columns->num_columns(); ++i) {
      Column& column = columns_[static_cast<std::size_t>(i)];
      total_bytes += column.is_plain ? WritePages({column.pages, *column.statistics, *column.metadata},
                                                  *OpenPages(i, column.metadata, false))
                                     : column.library->Close();
      column.pages.clear();
      column.library.reset();
    }
    group_->set_num_rows(open_rows_);
    group_->Finish(total_bytes);
    group_ = nullptr;
    open_rows_ = 0;
    return {};
  }

  const ParquetTarget to_;
  const std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties_ = parquet::default_arrow_writer_properties();
  std::shared_ptr<parquet::WriterProperties> properties_;
  std::unique_ptr<parquet::FileMetaDataBuilder> metadata_;  // nullptr until there are rows
  std::vector<Column> columns_;
  arrow::RecordBatchVector waiting_;                   // of the page that is being filled: not encoded yet
  parquet::RowGroupMetaDataBuilder* group_ = nullptr;  // nullptr: none is open
  std::int64_t open_rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<TableFile>> OpenParquetFile(const OpenedFile& opened, const TableFileOptions& options) {
  auto state = std::make_shared<ParquetState>();
  state->opened = opened;
  state->pool = options.pool == nullptr ? arrow::default_memory_pool() : options.pool;
  return CatchThrown(opened, [&]() -> Result<std::unique_ptr<TableFile>> {
    LARDER_ASSIGN_OR_RETURN(const auto reader, state->NewReader(ReaderProperties(false, 65'536)));
    LARDER_RETURN_IF_ERROR(ReadShape(*state, *reader));
    return std::unique_ptr<TableFile>(std::make_unique<ParquetFile>(state));
  });
}

Result<std::unique_ptr<FormatWriter>> NewParquetWriter(const std::shared_ptr<arrow::Schema>& schema, WritableFile& file,
                                                       const TableWriterOptions& options) {
  arrow::MemoryPool* const pool = options.pool == nullptr ? arrow::default_memory_pool() : options.pool;
  ParquetTarget to{schema, nullptr, ToArrowOutput(file), pool, options.parallel};
  const Status status = CatchThrownInWriting([&] {
    const auto defaults = parquet::default_writer_properties();
    return FromArrow(parquet::arrow::ToParquetSchema(schema.get(), *defaults, &to.columns));
  });
  LARDER_RETURN_IF_ERROR(status);
  const auto begin = [](auto writer) -> Result<std::unique_ptr<FormatWriter>> {
    LARDER_RETURN_IF_ERROR(CatchThrownInWriting([&] { return writer->Begin(); }));
    return std::unique_ptr<FormatWriter>(std::move(writer));
  };
  return FlatParquetWriter::Fits(*to.columns) ? begin(std::make_unique<FlatParquetWriter>(std::move(to)))
                                              : begin(std::make_unique<LibraryParquetWriter>(std::move(to)));
}

}  // namespace larder
