#include "retrieval/entity_table.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <map>
#include <optional>
#include <utility>

#include "base/random.h"
#include "columnar/arrow_status.h"
#include "columnar/convert.h"
#include "columnar/csv_types.h"
#include "columnar/table_writer.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

constexpr char kUsualTimeName[] = "event_timestamp";

// The types of a CSV file's columns: those needed as needed, the others guessed.
Result<std::map<std::string, ValueType>> CsvTypes(FileSystem& files, const EntityTableRequest& request) {
  LARDER_ASSIGN_OR_RETURN(const CsvGuess guess, GuessCsvTypes(files, request.path, {}));
  std::map<std::string, ValueType> types = guess.Types();
  for (const NeededColumn& column : request.columns) {
    const auto found = types.find(column.name);
    if (found != types.end()) found->second = column.type;
  }
  const auto time = types.find(request.timestamp.empty() ? kUsualTimeName : request.timestamp);
  if (request.needs_time && time != types.end()) time->second = ValueType::Of(TypeKind::kTimestamp);
  return types;
}

Status Missing(const EntityTableRequest& request, const arrow::Schema& schema, const std::string& column,
               const std::string& purpose) {
  std::string hint = DidYouMean(column, schema.field_names());
  if (hint.empty()) {
    hint = "its columns are";
    for (const std::string& name : schema.field_names()) hint += " " + name;
  }
  return Status(Reason::kMissingColumn,
                "the entity table has no column '" + column + "' (" + purpose + "): " + request.path, std::move(hint));
}

// Reads the file's batches and appends the converted columns.
class EntityReader final : public arrow::RecordBatchReader {
 public:
  EntityReader(std::shared_ptr<arrow::Schema> schema, std::unique_ptr<TableBatchStream> batches,
               std::vector<Conversion> conversions, std::string path)
      : schema_(std::move(schema)),
        batches_(std::move(batches)),
        conversions_(std::move(conversions)),
        path_(std::move(path)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    auto next = Next();
    if (!next.ok()) return ToArrow(next.status());
    *batch = std::move(next).value();
    return arrow::Status::OK();
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    LARDER_ASSIGN_OR_RETURN(const std::optional<TableBatch> read, batches_->Next());
    if (!read) return std::shared_ptr<arrow::RecordBatch>();
    std::vector<std::shared_ptr<arrow::Array>> columns = read->rows->columns();
    for (Conversion conversion : conversions_) {
      conversion.name_row = [this, first = read->first_row](std::int64_t row) {
        return path_ + ", row " + std::to_string(first + row + 1);
      };
      const auto own = read->rows->GetColumnByName(conversion.column);
      LARDER_ASSIGN_OR_RETURN(auto converted, Convert(own, conversion));
      columns.push_back(std::move(converted));
    }
    return arrow::RecordBatch::Make(schema_, read->rows->num_rows(), std::move(columns));
  }

  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<TableBatchStream> batches_;
  std::vector<Conversion> conversions_;
  std::string path_;
};

std::shared_ptr<arrow::Schema> EventTableSchema(const ViewLayout& layout) {
  arrow::FieldVector fields;
  for (std::size_t i = 0; i < layout.key_names.size(); ++i) {
    fields.push_back(arrow::field(layout.key_names[i], ToArrow(layout.key_types[i])));
  }
  fields.push_back(
      arrow::field(std::string(EventTableFile::kTimeColumn), ToArrow(ValueType::Of(TypeKind::kTimestamp))));
  return arrow::schema(std::move(fields));
}

// The rows of a key scan that are events, with their keys and times.
Result<std::shared_ptr<arrow::RecordBatch>> EventsOf(const arrow::RecordBatch& rows, const ViewLayout& layout,
                                                     const std::shared_ptr<arrow::Schema>& schema) {
  const int column_count = schema->num_fields();
  const std::shared_ptr<arrow::Array> deleted =
      layout.has_deletion_mark ? rows.column(rows.num_columns() - 1) : std::shared_ptr<arrow::Array>();
  arrow::Int64Builder places;
  for (std::int64_t row = 0; row < rows.num_rows(); ++row) {
    bool is_event =
        deleted == nullptr || deleted->IsNull(row) || !static_cast<const arrow::BooleanArray&>(*deleted).Value(row);
    for (int i = 0; i < column_count; ++i) is_event = is_event && rows.column(i)->IsValid(row);
    if (is_event) LARDER_RETURN_IF_ERROR(FromArrow(places.Append(row)));
  }
  LARDER_ASSIGN_OR_RETURN(const auto picked, FromArrow(places.Finish()));
  arrow::ArrayVector columns;
  for (int i = 0; i < column_count; ++i) {
    LARDER_ASSIGN_OR_RETURN(auto column, FromArrow(arrow::compute::Take(*rows.column(i), *picked)));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(schema, picked->length(), std::move(columns));
}

}  // namespace

Result<EntityTable> EntityTable::Open(FileSystem& files, EntityTableRequest request, arrow::MemoryPool* pool) {
  EntityTable table;
  table.request_ = std::move(request);
  table.pool_ = pool;
  TableFileOptions options;
  options.pool = pool;
  table.file_ = table.request_.file;
  if (table.file_ == nullptr) {
    LARDER_ASSIGN_OR_RETURN(table.file_, OpenTableFile(files, table.request_.path, options));
  }
  const FileFormat format = table.file_->format();
  if (format == FileFormat::kCsv || format == FileFormat::kCsvGz) {
    LARDER_ASSIGN_OR_RETURN(options.column_types, CsvTypes(files, table.request_));
    LARDER_ASSIGN_OR_RETURN(table.file_, OpenTableFile(files, table.request_.path, options));
  }
  if (table.request_.needs_time) LARDER_RETURN_IF_ERROR(table.FindTime());
  LARDER_RETURN_IF_ERROR(table.CheckColumns());
  return table;
}

Status EntityTable::FindTime() {
  const arrow::Schema& own = *own_schema();
  const std::string& asked = request_.timestamp.empty() ? std::string(kUsualTimeName) : request_.timestamp;
  if (own.GetFieldIndex(asked) >= 0) {
    time_name_ = asked;
    return {};
  }
  if (!request_.timestamp.empty()) return Missing(request_, own, asked, "named by --timestamp");
  std::vector<std::string> timestamps;
  for (const auto& field : own.fields()) {
    if (field->type()->id() == arrow::Type::TIMESTAMP) timestamps.push_back(field->name());
  }
  if (timestamps.empty()) {
    return Missing(request_, own, kUsualTimeName, "event time")
        .WithHint("add a timestamp column event_timestamp, or name yours with --timestamp NAME");
  }
  if (timestamps.size() > 1) {
    std::string names;
    for (const std::string& name : timestamps) names += (names.empty() ? "" : ", ") + name;
    return Status(Reason::kAmbiguousColumn,
                  "which column of the entity table is the event time is not clear: " + request_.path + " has " + names,
                  "name it with --timestamp NAME");
  }
  time_name_ = timestamps.front();
  return {};
}

Status EntityTable::CheckColumns() {
  const arrow::Schema& own = *own_schema();
  std::vector<std::shared_ptr<arrow::Field>> fields = own.fields();
  std::vector<NeededColumn> wanted = request_.columns;
  if (request_.needs_time) wanted.push_back({time_name_, ValueType::Of(TypeKind::kTimestamp), "event time"});
  for (const NeededColumn& column : wanted) {
    const int index = own.GetFieldIndex(column.name);
    if (index < 0) return Missing(request_, own, column.name, column.purpose);
    const arrow::DataType& type = *own.field(index)->type();
    if (!CanConvert(type, column.type)) {
      return Status(Reason::kTypeMismatch,
                    "column '" + column.name + "' of the entity table cannot be read as " + TypeName(column.type) +
                        " (" + column.purpose + "): " + request_.path + " holds " + type.ToString(),
                    "convert the column to " + TypeName(column.type));
    }
    fields.push_back(arrow::field(column.name, ToArrow(column.type)));
  }
  schema_ = arrow::schema(std::move(fields));
  return {};
}

Result<std::shared_ptr<arrow::RecordBatchReader>> EntityTable::Read() const {
  ReadRequest read;
  read.columns = own_schema()->field_names();
  LARDER_ASSIGN_OR_RETURN(auto batches, file_->Read(read));
  std::vector<Conversion> conversions;
  for (const NeededColumn& column : request_.columns) conversions.push_back({column.type, column.name, {}, pool_});
  if (request_.needs_time) {
    conversions.push_back({ValueType::Of(TypeKind::kTimestamp), time_name_, {}, pool_});
  }
  return std::shared_ptr<arrow::RecordBatchReader>(
      std::make_shared<EntityReader>(schema_, std::move(batches), std::move(conversions), request_.path));
}

Result<EventTableFile> EventTableFile::Write(FileSystem& files, const std::string& folder, const ViewRows& rows) {
  const ViewLayout& layout = rows.layout();
  if (!layout.has_event_time) {
    return Status(Reason::kUsage, "the view's source has no event time, so its rows are no events",
                  "name an entity table with --entities FILE");
  }
  LARDER_RETURN_IF_ERROR(files.MakeFolders(folder));
  EventTableFile file(files, JoinPath(folder, "events-" + std::to_string(SeedFromSystem()) + ".arrow"));
  const auto schema = EventTableSchema(layout);
  LARDER_ASSIGN_OR_RETURN(const auto writer, CreateTableFile(files, file.path_, schema, {.durable = false}));
  LARDER_ASSIGN_OR_RETURN(const auto stream, rows.OpenKeys({}));
  while (true) {
    LARDER_ASSIGN_OR_RETURN(const std::optional<OrdinalBatch> batch, stream->Next());
    if (!batch) break;
    LARDER_ASSIGN_OR_RETURN(const auto events, EventsOf(*batch->rows, layout, schema));
    if (events->num_rows() > 0) LARDER_RETURN_IF_ERROR(writer->Write(*events));
  }
  LARDER_RETURN_IF_ERROR(writer->Close());
  return file;
}

EventTableFile::~EventTableFile() {
  // Nothing to do about a file that cannot be removed: it lies in the spill folder.
  if (files_ != nullptr) static_cast<void>(files_->RemoveFile(path_));
}

}  // namespace larder
