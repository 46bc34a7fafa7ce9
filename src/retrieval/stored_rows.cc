#include "retrieval/stored_rows.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>
#include <arrow/datum.h>
#include <arrow/scalar.h>

#include <map>
#include <string_view>

#include "base/timestamp.h"
#include "columnar/arrow_status.h"

namespace larder {
namespace {

Result<std::shared_ptr<arrow::Array>> BeginningOfTime(std::int64_t row_count) {
  arrow::TimestampBuilder builder(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
  LARDER_RETURN_IF_ERROR(FromArrow(
      builder.AppendValues(std::vector<std::int64_t>(static_cast<std::size_t>(row_count), kBeginningOfTimeUs))));
  return FromArrow(builder.Finish());
}

// The values of rows that one version of the view wrote; features that it lacked are null.
Result<std::vector<std::shared_ptr<arrow::Array>>> DecodeVersion(
    OnlineTables& tables, const RegistrySnapshot& snapshot, const ResolvedView& view, std::uint32_t version,
    std::span<const std::size_t> features, std::span<const std::optional<std::string_view>> rows) {
  const auto record = snapshot.FindAny({{ObjectKind::kFeatureView, view.view->name()}, version});
  if (record == nullptr) {
    return Status(Reason::kDamaged,
                  "the online store holds a row of an unknown version of feature view '" + view.view->name() +
                      "': " + std::to_string(version),
                  "materialize the view again; if the registry was replaced, remove the online store first");
  }
  const auto& writer = *std::get<std::shared_ptr<const FeatureView>>(record->object);
  LARDER_ASSIGN_OR_RETURN(const auto layout, tables.Layout(writer, version));
  std::vector<std::size_t> columns;
  std::vector<int> places;  // of each feature in `columns`; -1: the writer lacked it
  for (const std::size_t feature : features) {
    const Feature* stored = writer.FindFeature(view.view->features[feature].name);
    places.push_back(stored == nullptr ? -1 : static_cast<int>(columns.size()));
    if (stored != nullptr) columns.push_back(static_cast<std::size_t>(stored - writer.features.data()));
  }
  LARDER_ASSIGN_OR_RETURN(const auto decoded, DecodeRows(*layout, columns, rows));
  std::vector<std::shared_ptr<arrow::Array>> values;
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (places[i] >= 0) {
      values.push_back(decoded[static_cast<std::size_t>(places[i])]);
      continue;
    }
    LARDER_ASSIGN_OR_RETURN(auto nulls, FromArrow(arrow::MakeArrayOfNull(ToArrow(view.view->features[features[i]].type),
                                                                         static_cast<std::int64_t>(rows.size()))));
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
    CellWrite write{{keys_.key(row)}, {times.Value(row), std::nullopt}, rows_.row(row)};
    if (created != nullptr && created->IsValid(row)) write.time.created_time_us = created->Value(row);
    write.deleted = deleted != nullptr && deleted->IsValid(row) && deleted->Value(row);
    writes_.push_back(write);
  }
  return {};
}

Result<StoredColumns> ReadStoredColumns(OnlineTables& tables, const RegistrySnapshot& snapshot,
                                        const ResolvedView& view, std::span<const std::size_t> features,
                                        std::span<const std::shared_ptr<arrow::Array>> keys) {
  JoinKeyBatch encoded;
  LARDER_RETURN_IF_ERROR(EncodeJoinKeys(keys, encoded));
  const auto row_count = static_cast<std::size_t>(encoded.row_count());
  std::vector<CellKey> cell_keys;
  std::vector<std::size_t> cell_of_row(row_count, SIZE_MAX);
  for (std::size_t row = 0; row < row_count; ++row) {
    if (encoded.is_null[row] != 0) continue;
    cell_of_row[row] = cell_keys.size();
    cell_keys.push_back({encoded.key(static_cast<std::int64_t>(row))});
  }
  LARDER_ASSIGN_OR_RETURN(const auto table, tables.Table(view.view->name(), view.generation));
  CellBatch cells;
  LARDER_RETURN_IF_ERROR(ReadCells(*table, cell_keys, cells));

  StoredColumns stored;
  stored.event_times_us.resize(row_count);
  std::vector<std::optional<std::string_view>> rows(row_count);
  std::map<std::uint32_t, std::int64_t> versions;  // -> index of its decoding
  std::vector<std::uint32_t> version_of_row(row_count, 0);
  for (std::size_t row = 0; row < row_count; ++row) {
    const std::size_t cell = cell_of_row[row];
    if (cell == SIZE_MAX || !cells.found(cell)) continue;
    LARDER_ASSIGN_OR_RETURN(const RowHeader header, ReadRowHeader(cells.value(cell)));
    rows[row] = cells.value(cell);
    stored.event_times_us[row] = cells.time(cell).event_time_us;
    version_of_row[row] = header.schema_id;
    versions.emplace(header.schema_id, 0);
  }
  if (versions.empty()) versions.emplace(static_cast<std::uint32_t>(view.version), 0);
  if (versions.size() == 1) {
    LARDER_ASSIGN_OR_RETURN(stored.values,
                            DecodeVersion(tables, snapshot, view, versions.begin()->first, features, rows));
    return stored;
  }
  std::vector<arrow::ArrayVector> by_feature(features.size());
  std::int64_t index = 0;
  for (auto& [version, place] : versions) {
    place = index++;
    std::vector<std::optional<std::string_view>> own(row_count);
    for (std::size_t row = 0; row < row_count; ++row) {
      if (version_of_row[row] == version) own[row] = rows[row];
    }
    LARDER_ASSIGN_OR_RETURN(auto decoded, DecodeVersion(tables, snapshot, view, version, features, own));
    for (std::size_t i = 0; i < features.size(); ++i) by_feature[i].push_back(std::move(decoded[i]));
  }
  std::vector<std::int64_t> places(row_count);
  for (std::size_t row = 0; row < row_count; ++row) {
    const auto found = versions.find(version_of_row[row]);
    const std::int64_t version_index = found == versions.end() ? 0 : found->second;
    places[row] = version_index * static_cast<std::int64_t>(row_count) + static_cast<std::int64_t>(row);
  }
  for (const arrow::ArrayVector& arrays : by_feature) {
    LARDER_ASSIGN_OR_RETURN(auto picked, PickRows(arrays, places));
    stored.values.push_back(std::move(picked));
  }
  return stored;
}

}  // namespace larder
