#include "retrieval/stored_rows.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "columnar/table_text.h"
#include "text/utf8.h"

namespace larder {
namespace {

Result<std::shared_ptr<arrow::Array>> BeginningOfTime(std::int64_t row_count) {
  arrow::TimestampBuilder builder(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
  LARDER_RETURN_IF_ERROR(FromArrow(
      builder.AppendValues(std::vector<std::int64_t>(static_cast<std::size_t>(row_count), kBeginningOfTimeUs))));
  return FromArrow(builder.Finish());
}

using StoredBytes = std::vector<std::optional<std::string_view>>;

// Names who wrote a row: the version of the view, and how many columns its rows have.
struct RowWriter {
  std::uint32_t version = 0;
  std::uint16_t column_count = 0;

  friend auto operator<=>(const RowWriter&, const RowWriter&) = default;
};

// The values of rows of one writer; features that it lacked are null.
Result<arrow::ArrayVector> DecodeRowsOf(OnlineTables& tables, const StoredRead& read, const RowWriter& writer,
                                        const StoredBytes& rows) {
  const FeatureView& view = *read.view.view;
  const VersionId version{{ObjectKind::kFeatureView, view.name()}, writer.version};
  LARDER_ASSIGN_OR_RETURN(const auto schema, tables.Schema(read.snapshot, version, writer.column_count));
  std::vector<std::size_t> columns;
  std::vector<int> places;  // of each feature in `columns`; -1: the writer lacked it
  for (const std::size_t feature : read.features) {
    const std::optional<std::size_t> stored = schema->PlaceOf(view.features[feature].name);
    places.push_back(stored ? static_cast<int>(columns.size()) : -1);
    if (stored) columns.push_back(*stored);
  }
  LARDER_ASSIGN_OR_RETURN(const auto decoded, DecodeRows(*schema->layout, columns, rows));
  arrow::ArrayVector values;
  for (std::size_t i = 0; i < read.features.size(); ++i) {
    if (places[i] >= 0) {
      values.push_back(decoded[static_cast<std::size_t>(places[i])]);
      continue;
    }
    const auto type = ToArrow(view.features[read.features[i]].type);
    LARDER_ASSIGN_OR_RETURN(auto nulls,
                            FromArrow(arrow::MakeArrayOfNull(type, static_cast<std::int64_t>(rows.size()))));
    values.push_back(std::move(nulls));
  }
  return values;
}

// Takes row i of the array that wrote it: arrays are the decodings of all rows by each version.
Result<std::shared_ptr<arrow::Array>> PickRows(const arrow::ArrayVector& by_version,
                                               const std::vector<std::int64_t>& places) {
  LARDER_ASSIGN_OR_RETURN(const auto all, FromArrow(arrow::Concatenate(by_version)));
  arrow::Int64Builder indexes;
  LARDER_RETURN_IF_ERROR(FromArrow(indexes.AppendValues(places)));
  LARDER_ASSIGN_OR_RETURN(const auto index_array, FromArrow(indexes.Finish()));
  return FromArrow(arrow::compute::Take(*all, *index_array));
}

}  // namespace

Result<std::vector<std::shared_ptr<arrow::Array>>> ValuesToStore(const StoredSchema& schema,
                                                                 const arrow::RecordBatch& rows, int first_column) {
  std::vector<std::shared_ptr<arrow::Array>> values;
  for (const Feature& feature : schema.features) {
    int column = first_column;
    while (column < rows.num_columns() && rows.column_name(column) != feature.name) ++column;
    if (column < rows.num_columns()) {
      values.push_back(rows.column(column));
      continue;
    }
    LARDER_ASSIGN_OR_RETURN(auto nulls, FromArrow(arrow::MakeArrayOfNull(ToArrow(feature.type), rows.num_rows())));
    values.push_back(std::move(nulls));
  }
  return values;
}

namespace {

// A row cannot be named here, but its time and the beginning of its key can.
Status KeyTooLong(const RowsToStore& rows, std::int64_t row, std::size_t size) {
  constexpr std::size_t kShownBytes = 40;
  std::string key;
  for (const std::shared_ptr<arrow::Array>& column : rows.keys) {
    if (!key.empty()) key += ", ";
    AppendValueText(*column, row, key);
  }
  key.resize(std::min(key.size(), kShownBytes));
  key.resize(ValidUtf8Length(key));
  std::string message = "join key is too long to go online: " + std::to_string(size) + " bytes, at most " +
                        std::to_string(kMaxEntityKeyBytes) + ": it begins with '" + key + "'";
  if (rows.event_times != nullptr && rows.event_times->IsValid(row)) {
    const auto& times = static_cast<const arrow::TimestampArray&>(*rows.event_times);
    message += ", its event time is " + FormatInstant(times.Value(row));
  }
  return Status(Reason::kLimitExceeded, std::move(message),
                "leave such rows out by `where` in the source, or derive a shorter key");
}

}  // namespace

Status CellWriter::Encode(const RowLayout& layout, const RowsToStore& rows) {
  writes_.clear();
  LARDER_RETURN_IF_ERROR(EncodeJoinKeys(rows.keys, keys_));
  const std::int64_t row_count = keys_.row_count();
  RowColumns columns{rows.values, rows.event_times, rows.created_times, rows.deleted};
  if (rows.event_times == nullptr) {
    LARDER_ASSIGN_OR_RETURN(columns.event_times, BeginningOfTime(row_count));
  } else if (rows.event_times->null_count() > 0) {
    // A row without time is left out below; any time stands in for it here.
    LARDER_ASSIGN_OR_RETURN(const auto zero, FromArrow(arrow::MakeScalar(rows.event_times->type(), std::int64_t{0})));
    LARDER_ASSIGN_OR_RETURN(const arrow::Datum filled,
                            FromArrow(arrow::compute::CallFunction("coalesce", {rows.event_times, zero})));
    columns.event_times = filled.make_array();
  }
  LARDER_RETURN_IF_ERROR(EncodeRows(layout, columns, rows_));
  const auto& times = static_cast<const arrow::TimestampArray&>(*columns.event_times);
  const auto* created = static_cast<const arrow::TimestampArray*>(rows.created_times.get());
  const auto* deleted = static_cast<const arrow::BooleanArray*>(rows.deleted.get());
  ignored_count_ = 0;
  for (std::int64_t row = 0; row < row_count; ++row) {
    if (keys_.is_null[static_cast<std::size_t>(row)] != 0 ||
        (rows.event_times != nullptr && rows.event_times->IsNull(row))) {
      ++ignored_count_;
      continue;
    }
    if (keys_.key(row).size() > kMaxEntityKeyBytes) return KeyTooLong(rows, row, keys_.key(row).size());
    CellWrite write{{keys_.key(row)}, {times.Value(row), std::nullopt}, rows_.row(row)};
    if (created != nullptr && created->IsValid(row)) write.time.created_time_us = created->Value(row);
    write.deleted = deleted != nullptr && deleted->IsValid(row) && deleted->Value(row);
    writes_.push_back(write);
  }
  return {};
}

namespace {

// What a table answered for keys: the bytes of each row, and who wrote them.
struct ReadRows {
  StoredBytes bytes;
  std::vector<RowWriter> writers;          // of each row; version 0: there is none
  std::map<RowWriter, std::int64_t> seen;  // writer -> its place among those seen
};

// Fills times and bytes of the rows that are there.
Status SortRows(const CellBatch& cells, const std::vector<std::size_t>& cell_of_row, StoredColumns& stored,
                ReadRows& rows) {
  const std::size_t row_count = cell_of_row.size();
  stored.event_times_us.resize(row_count);
  rows.bytes.resize(row_count);
  rows.writers.resize(row_count);
  for (std::size_t row = 0; row < row_count; ++row) {
    const std::size_t cell = cell_of_row[row];
    if (cell == SIZE_MAX || !cells.found(cell)) continue;
    LARDER_ASSIGN_OR_RETURN(const RowHeader header, ReadRowHeader(cells.value(cell)));
    rows.bytes[row] = cells.value(cell);
    stored.event_times_us[row] = cells.time(cell).event_time_us;
    rows.writers[row] = {header.schema_id, header.column_count};
    rows.seen.emplace(rows.writers[row], 0);
  }
  return {};
}

// Decodes rows of several writers: all rows as of each writer, then each row as of its own.
Result<arrow::ArrayVector> DecodeMixed(OnlineTables& tables, const StoredRead& read, ReadRows& rows) {
  const std::size_t row_count = rows.bytes.size();
  std::vector<arrow::ArrayVector> by_feature(read.features.size());
  std::int64_t index = 0;
  for (auto& [writer, place] : rows.seen) {
    place = index++;
    StoredBytes own(row_count);
    for (std::size_t row = 0; row < row_count; ++row) {
      if (rows.writers[row] == writer) own[row] = rows.bytes[row];
    }
    LARDER_ASSIGN_OR_RETURN(auto decoded, DecodeRowsOf(tables, read, writer, own));
    for (std::size_t i = 0; i < decoded.size(); ++i) by_feature[i].push_back(std::move(decoded[i]));
  }
  std::vector<std::int64_t> places(row_count);
  for (std::size_t row = 0; row < row_count; ++row) {
    const auto found = rows.seen.find(rows.writers[row]);
    const std::int64_t writer_place = found == rows.seen.end() ? 0 : found->second;
    places[row] = writer_place * static_cast<std::int64_t>(row_count) + static_cast<std::int64_t>(row);
  }
  arrow::ArrayVector values;
  for (const arrow::ArrayVector& arrays : by_feature) {
    LARDER_ASSIGN_OR_RETURN(auto picked, PickRows(arrays, places));
    values.push_back(std::move(picked));
  }
  return values;
}

Result<arrow::ArrayVector> NoValues(const StoredRead& read, std::size_t row_count) {
  arrow::ArrayVector values;
  for (const std::size_t feature : read.features) {
    const auto type = ToArrow(read.view.view->features[feature].type);
    LARDER_ASSIGN_OR_RETURN(auto nulls, FromArrow(arrow::MakeArrayOfNull(type, static_cast<std::int64_t>(row_count))));
    values.push_back(std::move(nulls));
  }
  return values;
}

// Reads all keys at once; one damaged row fails it.
Result<StoredColumns> ReadTogether(OnlineTables& tables, const StoredRead& read) {
  JoinKeyBatch encoded;
  LARDER_RETURN_IF_ERROR(EncodeJoinKeys(read.keys, encoded));
  const auto row_count = static_cast<std::size_t>(encoded.row_count());
  std::vector<CellKey> cell_keys;
  std::vector<std::size_t> cell_of_row(row_count, SIZE_MAX);
  for (std::size_t row = 0; row < row_count; ++row) {
    if (encoded.is_null[row] != 0) continue;
    cell_of_row[row] = cell_keys.size();
    cell_keys.push_back({encoded.key(static_cast<std::int64_t>(row))});
  }
  LARDER_ASSIGN_OR_RETURN(const auto table, tables.Table(read.view.view->name(), read.view.generation));
  CellBatch cells;
  LARDER_RETURN_IF_ERROR(ReadCells(*table, cell_keys, cells));
  StoredColumns stored;
  ReadRows rows;
  LARDER_RETURN_IF_ERROR(SortRows(cells, cell_of_row, stored, rows));
  if (rows.seen.size() > 1) {
    LARDER_ASSIGN_OR_RETURN(stored.values, DecodeMixed(tables, read, rows));
    return stored;
  }
  if (rows.seen.empty()) {
    LARDER_ASSIGN_OR_RETURN(stored.values, NoValues(read, row_count));
    return stored;
  }
  LARDER_ASSIGN_OR_RETURN(stored.values, DecodeRowsOf(tables, read, rows.seen.begin()->first, rows.bytes));
  return stored;
}

// Returns the key of a row as the request has it, such as "airport=SFO".
std::string KeyOf(const StoredRead& read, std::int64_t row) {
  std::string text;
  for (std::size_t i = 0; i < read.keys.size(); ++i) {
    text += (i == 0 ? "" : " ") + read.key_names[i] + "=";
    AppendValueText(*read.keys[i], row, text);
  }
  return text;
}

// Tells which rows are damaged, after a read of all has failed for damage: so one request without them goes on.
Status NameDamagedRows(OnlineTables& tables, const StoredRead& read, const Status& failure) {
  constexpr std::int64_t kMostNamed = 5;
  std::string named;
  std::int64_t damaged_count = 0;
  for (std::int64_t row = 0; row < read.keys.front()->length(); ++row) {
    std::vector<std::shared_ptr<arrow::Array>> key;
    for (const auto& column : read.keys) key.push_back(column->Slice(row, 1));
    const Status status = ReadTogether(tables, {read.snapshot, read.view, read.features, key, read.key_names}).status();
    if (status.ok() || ++damaged_count > kMostNamed) continue;
    named += (named.empty() ? "" : ", ") + KeyOf(read, row) + " (row " + std::to_string(row + 1) + ")";
  }
  // Mended meanwhile, or damage of no single row: what was said first stands.
  if (damaged_count == 0) return failure;
  if (damaged_count > kMostNamed) named += " and " + std::to_string(damaged_count - kMostNamed) + " more";
  return Status(Reason::kDamaged,
                "stored rows of feature view '" + read.view.view->name() + "' are damaged: " + named + ": " +
                    std::string(failure.message()),
                "leave these keys out and the others are answered; to mend: `larder restore` a backup, or remove the "
                "folder of the online store and materialize again");
}

}  // namespace

Result<StoredColumns> ReadStoredColumns(OnlineTables& tables, const StoredRead& read) {
  Result<StoredColumns> stored = ReadTogether(tables, read);
  if (stored.status().reason() == Reason::kDamaged) return NameDamagedRows(tables, read, stored.status());
  return stored;
}

}  // namespace larder
