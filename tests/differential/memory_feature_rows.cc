#include "tests/differential/memory_feature_rows.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/check.h"

namespace larder::differential {
namespace {

/// Gives batches that stand ready.
class ReadyStream final : public OrdinalBatchStream {
 public:
  explicit ReadyStream(std::vector<OrdinalBatch> batches) : batches_(std::move(batches)) {}

  Result<std::optional<OrdinalBatch>> Next() override {
    if (next_ == batches_.size()) return std::optional<OrdinalBatch>();
    return std::optional<OrdinalBatch>(batches_[next_++]);
  }

 private:
  std::vector<OrdinalBatch> batches_;
  std::size_t next_ = 0;
};

// A column of a stream: its type and the bits of all rows of the table.
struct Column {
  ValueType type;
  const std::vector<Bits>* bits;
};

class MemoryFeatureRows final : public FeatureRows {
 public:
  MemoryFeatureRows(const FeatureTable& table, ReaderHabits habits)
      : table_(table), habits_(habits), random_(habits.seed) {}

  Result<std::unique_ptr<OrdinalBatchPieces>> Keys(const KeyScan& scan) override {
    std::vector<Column> columns;
    for (std::size_t i = 0; i < table_.layout.keys.size(); ++i) {
      columns.push_back({table_.layout.keys[i], &table_.key_columns[i]});
    }
    const ValueType timestamp = ValueType::Of(TypeKind::kTimestamp);
    if (table_.layout.has_event_time) columns.push_back({timestamp, &table_.event_time});
    if (table_.layout.has_created_time) columns.push_back({timestamp, &table_.created_time});
    if (table_.layout.has_deletion_mark) columns.push_back({ValueType::Of(TypeKind::kBool), &table_.deleted});
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < table_.row_count(); ++row) {
      if (!habits_.prunes_by_time || IsUseful(row, scan.event_time)) rows.push_back(row);
    }
    return Pieces(columns, rows);
  }

  Result<std::unique_ptr<OrdinalBatchPieces>> Values(const ValueFetch& fetch) override {
    std::vector<Column> columns;
    for (const std::string& name : fetch.columns) columns.push_back(ColumnOf(name));
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < table_.row_count(); ++row) {
      const bool is_wanted = std::binary_search(fetch.ordinals.begin(), fetch.ordinals.end(), table_.ordinals[row]);
      if (is_wanted || (habits_.gives_extra && random_.OneIn(2))) rows.push_back(row);
    }
    return Pieces(columns, rows);
  }

 private:
  bool IsUseful(std::size_t row, TimeRange range) const {
    const Bits& bits = table_.event_time[row];
    if (!table_.layout.has_event_time || !bits.has_value()) return true;
    const auto event_us = FromBits<std::int64_t>(*bits);
    return event_us >= range.from_us && event_us <= range.to_us;
  }

  // Keys go by "key0", "key1"...
  Column ColumnOf(const std::string& name) const {
    for (std::size_t i = 0; i < table_.layout.keys.size(); ++i) {
      if (name == "key" + std::to_string(i)) return {table_.layout.keys[i], &table_.key_columns[i]};
    }
    const auto found = std::find_if(table_.values.begin(), table_.values.end(),
                                    [&](const ValueColumn& column) { return column.name == name; });
    LARDER_CHECK(found != table_.values.end());
    return {found->type, &table_.value_columns[static_cast<std::size_t>(found - table_.values.begin())]};
  }

  std::unique_ptr<OrdinalBatchPieces> Pieces(const std::vector<Column>& columns, const std::vector<std::size_t>& rows) {
    const std::size_t most =
        habits_.most_batch_rows != 0 ? habits_.most_batch_rows : std::max<std::size_t>(rows.size() / 2, 4);
    std::vector<OrdinalBatch> batches;
    for (std::size_t begin = 0; begin < rows.size();) {
      const std::size_t count = std::min(random_.Below(most + 1), rows.size() - begin);
      batches.push_back(Batch(columns, {rows.data() + begin, count}));
      begin += count;
    }
    if (random_.OneIn(8)) batches.push_back(Batch(columns, {}));
    if (habits_.any_order) std::shuffle(batches.begin(), batches.end(), random_);
    // Cut between any two batches into one to four pieces, some of them empty.
    std::vector<std::unique_ptr<OrdinalBatchStream>> streams;
    for (std::size_t left = 1 + random_.Below(4), begin = 0; left > 0; --left) {
      const std::size_t count = left == 1 ? batches.size() - begin : random_.Below(batches.size() - begin + 1);
      const auto first = batches.begin() + static_cast<std::ptrdiff_t>(begin);
      streams.push_back(
          std::make_unique<ReadyStream>(std::vector<OrdinalBatch>(first, first + static_cast<std::ptrdiff_t>(count))));
      begin += count;
    }
    // An estimate may be wrong by far.
    return NewReadyPieces(std::move(streams), static_cast<std::int64_t>(random_.Below(4 * rows.size() + 1)));
  }

  OrdinalBatch Batch(const std::vector<Column>& columns, std::span<const std::size_t> rows) {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (const Column& column : columns) {
      std::vector<Bits> bits;
      for (const std::size_t row : rows) bits.push_back((*column.bits)[row]);
      fields.push_back(arrow::field("x", ToArrow(column.type)));
      arrays.push_back(MakeArray(random_, column.type, bits));
    }
    arrow::UInt64Builder builder;
    for (const std::size_t row : rows) LARDER_CHECK(builder.Append(table_.ordinals[row]).ok());
    OrdinalBatch batch;
    batch.rows = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), static_cast<std::int64_t>(rows.size()),
                                          std::move(arrays));
    LARDER_CHECK(builder.Finish(&batch.ordinals).ok());
    return batch;
  }

  const FeatureTable& table_;
  const ReaderHabits habits_;
  Random random_;
};

}  // namespace

std::unique_ptr<FeatureRows> NewMemoryFeatureRows(const FeatureTable& table, ReaderHabits habits) {
  return std::make_unique<MemoryFeatureRows>(table, habits);
}

}  // namespace larder::differential
