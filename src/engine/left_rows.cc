#include "engine/left_rows.h"

#include <algorithm>
#include <utility>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include "columnar/arrow_status.h"
#include "engine/execution_context.h"

namespace larder {
namespace {

// The number of each row's key, and its time; kNullKeyId when the key or the time is null.
struct NumberedRows {
  BudgetedVector<std::uint32_t> keys;
  BudgetedVector<std::int64_t> times_us;
  std::size_t row_count = 0;  ///< with a key
};

struct LeftColumns {
  std::span<const int> keys;
  int time;
};

Status NumberBatch(const arrow::RecordBatch& batch, const LeftColumns& left_columns, KeyTable& table,
                   NumberedRows& rows) {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  columns.reserve(left_columns.keys.size());
  for (const int column : left_columns.keys) columns.push_back(batch.column(column));
  const auto count = static_cast<std::size_t>(batch.num_rows());
  const std::size_t begin = rows.keys.size();
  LARDER_RETURN_IF_ERROR(rows.keys.ResizeForOverwrite(begin + count));
  const std::span<std::uint32_t> ids = rows.keys.span().subspan(begin);
  LARDER_RETURN_IF_ERROR(table.FindOrAdd(columns, ids));

  const auto& times = static_cast<const arrow::TimestampArray&>(*batch.column(left_columns.time));
  rows.times_us.Add(times.raw_values(), times.raw_values() + count);
  for (std::size_t i = 0; i < count; ++i) {
    if (times.IsNull(static_cast<std::int64_t>(i))) ids[i] = kNullKeyId;
    if (ids[i] != kNullKeyId) ++rows.row_count;
  }
  return {};
}

TimeRange RangeOfTimes(const NumberedRows& rows) {
  TimeRange range{INT64_MAX, INT64_MIN};
  for (std::size_t i = 0; i < rows.keys.size(); ++i) {
    if (rows.keys[i] == kNullKeyId) continue;
    range.from_us = std::min(range.from_us, rows.times_us[i]);
    range.to_us = std::max(range.to_us, rows.times_us[i]);
  }
  return range;
}

std::vector<ValueType> TypesOf(const LeftRows& left, std::span<const int> key_columns) {
  std::vector<ValueType> types;
  types.reserve(key_columns.size());
  for (const int column : key_columns) {
    // The plan was checked against the schema: every key column has an internal type.
    types.push_back(FromArrow(*left.batches().front()->column(column)->type()).value());
  }
  return types;
}

}  // namespace

Result<bool> LeftRows::ReadUpTo(Limit limit, arrow::RecordBatchReader& reader, const ExecutionContext& context) {
  while (row_count_ < limit.rows) {
    LARDER_RETURN_IF_ERROR(CheckCancelled(context));
    std::shared_ptr<arrow::RecordBatch> batch;
    LARDER_RETURN_IF_ERROR(FromArrow(reader.ReadNext(&batch)));
    if (batch == nullptr) return true;
    if (batch->num_rows() == 0) continue;
    LARDER_ASSIGN_OR_RETURN(const std::int64_t bytes, FromArrow(arrow::util::ReferencedBufferSize(*batch)));
    const auto reservation = std::make_shared<MemoryReservation>(&context.memory);
    const Status reserved = reservation->Grow(bytes, "rows of the entity table");
    // A batch that came and does not fit stays, for it cannot be read again: it is the last one for now.
    if (!reserved.ok() && row_count_ == 0) return reserved;
    for (std::int64_t begin = 0; begin < batch->num_rows(); begin += limit.batch_rows) {
      batches_.push_back(batch->Slice(begin, limit.batch_rows));
      reservations_.push_back(reservation);
    }
    row_count_ += batch->num_rows();
    rows_read_ += batch->num_rows();
    bytes_read_ += bytes;
    if (!reserved.ok()) return false;
  }
  return false;
}

LeftRows LeftRows::TakeFirst(std::int64_t row_count) {
  LeftRows taken;
  while (!batches_.empty()) {
    const std::int64_t count = batches_.front()->num_rows();
    if (taken.row_count_ != 0 && taken.row_count_ + count > row_count) break;
    taken.batches_.push_back(std::move(batches_.front()));
    taken.reservations_.push_back(std::move(reservations_.front()));
    batches_.pop_front();
    reservations_.pop_front();
    taken.row_count_ += count;
  }
  row_count_ -= taken.row_count_;
  return taken;
}

void LeftRows::PutBack(LeftRows rows) {
  batches_.insert(batches_.begin(), rows.batches_.begin(), rows.batches_.end());
  reservations_.insert(reservations_.begin(), rows.reservations_.begin(), rows.reservations_.end());
  row_count_ += rows.row_count_;
}

Result<LeftKeys> NumberLeftKeys(const LeftRows& left, std::span<const int> key_columns, int time_column,
                                const ExecutionContext& context) {
  LeftKeys keys;
  keys.times = {INT64_MAX, INT64_MIN};
  keys.words.starts = {0, 0};
  keys.row_count = static_cast<std::size_t>(left.row_count());
  if (left.row_count() == 0) return keys;
  keys.table = NewKeyTable(TypesOf(left, key_columns), context.memory);

  NumberedRows rows{BudgetedVector<std::uint32_t>(&context.memory, "key numbers of the entity table"),
                    BudgetedVector<std::int64_t>(&context.memory, "times of the entity table")};
  LARDER_RETURN_IF_ERROR(rows.keys.MakeRoom(static_cast<std::size_t>(left.row_count())));
  LARDER_RETURN_IF_ERROR(rows.times_us.MakeRoom(static_cast<std::size_t>(left.row_count())));
  for (const std::shared_ptr<arrow::RecordBatch>& batch : left.batches()) {
    LARDER_RETURN_IF_ERROR(CheckCancelled(context));
    LARDER_RETURN_IF_ERROR(NumberBatch(*batch, {key_columns, time_column}, *keys.table, rows));
  }
  keys.times = RangeOfTimes(rows);
  const KeyPartitions partitions(keys.table->key_count(), rows.row_count);
  LARDER_ASSIGN_OR_RETURN(keys.words, PartitionAsOfRows({rows.keys.span(), rows.times_us.span()}, partitions, context));
  return keys;
}

}  // namespace larder
