#include "engine/newest_per_key.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/progress.h"
#include "columnar/arrow_status.h"
#include "engine/budgeted_vector.h"
#include "engine/execution_context.h"
#include "engine/key_scan_batch.h"
#include "engine/key_table.h"
#include "engine/value_rows.h"

namespace larder {
namespace {

// Rows that compete between two looks at the budget.
constexpr std::int64_t kSliceRows = 8 << 10;
// Winners whose values are in memory together.
constexpr std::int64_t kMostRowsGiven = 64 << 10;
constexpr std::int64_t kLeastRowsGiven = 256;
constexpr std::int64_t kUpdateRows = std::int64_t{1} << 16;

// The best row of each key so far, by the key's number.
class Champions {
 public:
  static constexpr std::uint8_t kIsThere = 1;
  static constexpr std::uint8_t kHasCreated = 2;
  static constexpr std::uint8_t kDeleted = 4;

  struct Row {
    std::int64_t event_us = 0;
    std::int64_t created_us = 0;
    std::uint64_t ordinal = 0;
    std::uint8_t marks = 0;  // 0: no row of this key competed
  };

  explicit Champions(MemoryBudget& memory) : rows_(&memory, "newest rows") {}

  Status MakeRoom(std::size_t key_count) {
    if (key_count <= rows_.size()) return {};
    LARDER_RETURN_IF_ERROR(rows_.MakeRoom(key_count - rows_.size()));
    return rows_.Resize(key_count);
  }

  void Compete(std::uint32_t key, const Row& row) {
    if (rows_[key].marks == 0 || WinsOver(row, rows_[key])) rows_[key] = row;
  }

  std::span<const Row> rows() const { return rows_.span(); }
  void Clear() { rows_.Reset(); }

 private:
  static bool WinsOver(const Row& a, const Row& b) {
    if (a.event_us != b.event_us) return a.event_us > b.event_us;
    const int a_has_created = a.marks & kHasCreated;
    const int b_has_created = b.marks & kHasCreated;
    if (a_has_created != b_has_created) return a_has_created > b_has_created;
    if (a.created_us != b.created_us) return a.created_us > b.created_us;
    return a.ordinal > b.ordinal;
  }

  BudgetedVector<Row> rows_;
};

Champions::Row RowOf(const KeyScanBatch& batch, std::int64_t row) {
  const int marks = Champions::kIsThere | (batch.has_created(row) ? Champions::kHasCreated : 0) |
                    (batch.is_deleted(row) ? Champions::kDeleted : 0);
  return {batch.event_us(row), batch.created_us(row), batch.ordinal(row), static_cast<std::uint8_t>(marks)};
}

// Makes the batch of these winners out of their values.
Result<NewestRows> MakeNewestRows(const NewestPerKeyPlan& plan, std::span<const Champions::Row* const> winners,
                                  const ValueRows& values) {
  const auto count = static_cast<std::int64_t>(winners.size());
  arrow::Int64Builder event_time;
  arrow::Int64Builder created_time;
  arrow::BooleanBuilder deleted;
  arrow::UInt64Builder ordinals;
  for (arrow::ArrayBuilder* builder :
       std::initializer_list<arrow::ArrayBuilder*>{&event_time, &created_time, &deleted, &ordinals}) {
    LARDER_RETURN_IF_ERROR(FromArrow(builder->Reserve(count)));
  }
  for (const Champions::Row* winner : winners) {
    event_time.UnsafeAppend(winner->event_us);
    if ((winner->marks & Champions::kHasCreated) != 0) {
      created_time.UnsafeAppend(winner->created_us);
    } else {
      created_time.UnsafeAppendNull();
    }
    deleted.UnsafeAppend((winner->marks & Champions::kDeleted) != 0);
    ordinals.UnsafeAppend(winner->ordinal);
  }
  std::vector<std::uint32_t> slots(winners.size());
  std::iota(slots.begin(), slots.end(), std::uint32_t{0});
  LARDER_ASSIGN_OR_RETURN(std::vector<std::shared_ptr<arrow::Array>> arrays, values.Gather(slots));
  arrow::FieldVector fields;
  for (const ValueColumn& column : plan.columns) fields.push_back(arrow::field(column.name, ToArrow(column.type)));
  NewestRows rows;
  rows.columns = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), count, std::move(arrays));
  LARDER_RETURN_IF_ERROR(FromArrow(event_time.Finish(&rows.event_time_us)));
  LARDER_RETURN_IF_ERROR(FromArrow(created_time.Finish(&rows.created_time_us)));
  LARDER_RETURN_IF_ERROR(FromArrow(deleted.Finish(&rows.deleted)));
  LARDER_RETURN_IF_ERROR(FromArrow(ordinals.Finish(&rows.ordinals)));
  return rows;
}

/// Runs one job.
class Job {
 public:
  Job(const NewestPerKeyPlan& plan, FeatureRows& rows, const ExecutionContext& context, const NewestRowsSink& sink)
      : plan_(plan),
        rows_(rows),
        context_(context),
        sink_(sink),
        table_(NewKeyTable(plan.layout.keys, context.memory)),
        champions_(context.memory),
        used_at_start_(context.memory.used_bytes()),
        // The other half is for readers and for the values of winners.
        limit_bytes_((context.memory.limit_bytes() - used_at_start_) / 2) {}

  Result<NewestPerKeyStatistics> Run() {
    LARDER_ASSIGN_OR_RETURN(std::unique_ptr<OrdinalBatchPieces> pieces, rows_.Keys({plan_.event_time}));
    const std::unique_ptr<OrdinalBatchStream> stream = NewPieceStream(std::move(pieces));
    while (true) {
      LARDER_RETURN_IF_ERROR(CheckCancelled(context_));
      LARDER_ASSIGN_OR_RETURN(const std::optional<OrdinalBatch> next, stream->Next());
      if (!next.has_value()) break;
      for (std::int64_t begin = 0; begin < next->rows->num_rows(); begin += kSliceRows) {
        LARDER_RETURN_IF_ERROR(Take({next->rows->Slice(begin, kSliceRows), SliceOf(*next->ordinals, begin)}));
      }
    }
    LARDER_RETURN_IF_ERROR(GiveRound());
    return statistics_;
  }

 private:
  static std::shared_ptr<arrow::UInt64Array> SliceOf(const arrow::UInt64Array& ordinals, std::int64_t begin) {
    return std::static_pointer_cast<arrow::UInt64Array>(ordinals.Slice(begin, kSliceRows));
  }

  // Lets the rows of a slice compete; gives a round when the budget is full.
  Status Take(const OrdinalBatch& slice) {
    LARDER_ASSIGN_OR_RETURN(const KeyScanBatch batch, KeyScanBatch::Make(slice, plan_.layout));
    ids_.resize(static_cast<std::size_t>(batch.row_count()));
    Status numbered = NumberKeys(batch);
    if (!numbered.ok() && numbered.reason() == Reason::kMemoryLimit && table_->key_count() > 0) {
      LARDER_RETURN_IF_ERROR(GiveRound());
      numbered = NumberKeys(batch);
    }
    LARDER_RETURN_IF_ERROR(numbered);
    for (std::int64_t row = 0; row < batch.row_count(); ++row) {
      LARDER_RETURN_IF_ERROR(TakeRow(batch, row, ids_[static_cast<std::size_t>(row)]));
    }
    Report(batch.row_count());
    if (context_.memory.used_bytes() - used_at_start_ > limit_bytes_) return GiveRound();
    return {};
  }

  Status NumberKeys(const KeyScanBatch& batch) {
    LARDER_RETURN_IF_ERROR(table_->FindOrAdd(batch.keys(), ids_));
    return champions_.MakeRoom(table_->key_count());
  }

  Status TakeRow(const KeyScanBatch& batch, std::int64_t row, std::uint32_t key) {
    ++statistics_.rows_read;
    const std::uint64_t ordinal = batch.ordinal(row);
    // Within a round the order does not matter; between rounds the later write wins, and must be the later row.
    if (statistics_.rounds > 0 && ordinal <= given_ordinal_) {
      return {Reason::kInternal, "a reader of keys gave rows out of order: ordinal " + std::to_string(ordinal) +
                                     " after " + std::to_string(given_ordinal_)};
    }
    seen_ordinal_ = std::max(seen_ordinal_, ordinal);
    if (key == kNullKeyId) {
      ++statistics_.null_key_rows;
    } else if (!batch.has_event_time(row)) {
      ++statistics_.null_time_rows;
    } else if (batch.event_us(row) < plan_.event_time.from_us || batch.event_us(row) > plan_.event_time.to_us) {
      ++statistics_.rows_outside_range;
    } else {
      champions_.Compete(key, RowOf(batch, row));
    }
    return {};
  }

  // Gives the winners so far in the order of their ordinals, some at a time, and forgets everything.
  Status GiveRound() {
    // The numbers of keys are of no use any more, and their memory is wanted for what follows.
    table_->Clear();
    BudgetedVector<const Champions::Row*> winners(&context_.memory, "newest rows");
    LARDER_RETURN_IF_ERROR(winners.MakeRoom(champions_.rows().size()));
    for (const Champions::Row& row : champions_.rows()) {
      if (row.marks != 0) winners.Add(&row);
    }
    std::sort(winners.span().begin(), winners.span().end(),
              [](const Champions::Row* a, const Champions::Row* b) { return a->ordinal < b->ordinal; });
    for (std::size_t begin = 0; begin < winners.size(); begin += RowsGivenTogether()) {
      const std::size_t count = std::min(RowsGivenTogether(), winners.size() - begin);
      LARDER_RETURN_IF_ERROR(Give(winners.span().subspan(begin, count)));
    }
    champions_.Clear();
    statistics_.rows_given += static_cast<std::int64_t>(winners.size());
    if (!winners.empty()) ++statistics_.rounds;
    given_ordinal_ = seen_ordinal_;
    return {};
  }

  std::size_t RowsGivenTogether() const {
    // A guess of a row's size: strings and lists are not known before they are read.
    const auto row_bytes = static_cast<std::int64_t>(64 + plan_.columns.size() * 32);
    return static_cast<std::size_t>(std::clamp(limit_bytes_ / 4 / row_bytes, kLeastRowsGiven, kMostRowsGiven));
  }

  Status Give(std::span<const Champions::Row* const> winners) {
    LARDER_RETURN_IF_ERROR(CheckCancelled(context_));
    if (context_.progress != nullptr) context_.progress->Update(statistics_.rows_read, Progress::kUnknownTotal);
    std::vector<std::uint64_t> ordinals;
    ordinals.reserve(winners.size());
    for (const Champions::Row* winner : winners) ordinals.push_back(winner->ordinal);
    LARDER_ASSIGN_OR_RETURN(const ValueRows values, ValueRows::Fetch(rows_, plan_.columns, ordinals, context_));
    LARDER_ASSIGN_OR_RETURN(const NewestRows rows, MakeNewestRows(plan_, winners, values));
    return sink_(rows);
  }

  void Report(std::int64_t row_count) {
    unreported_rows_ += row_count;
    if (context_.progress == nullptr || unreported_rows_ < kUpdateRows) return;
    context_.progress->Update(statistics_.rows_read, Progress::kUnknownTotal);
    unreported_rows_ = 0;
  }

  const NewestPerKeyPlan& plan_;
  FeatureRows& rows_;
  const ExecutionContext& context_;
  const NewestRowsSink& sink_;
  std::unique_ptr<KeyTable> table_;
  Champions champions_;
  const std::int64_t used_at_start_;
  const std::int64_t limit_bytes_;
  std::vector<std::uint32_t> ids_;
  std::uint64_t seen_ordinal_ = 0;
  std::uint64_t given_ordinal_ = 0;  // the greatest one seen before the last round was given
  std::int64_t unreported_rows_ = 0;
  NewestPerKeyStatistics statistics_;
};

}  // namespace

Result<NewestPerKeyStatistics> GiveNewestPerKey(const NewestPerKeyPlan& plan, FeatureRows& rows,
                                                const ExecutionContext& context, const NewestRowsSink& sink) {
  if (context.progress != nullptr) context.progress->Begin("find the newest rows", "rows");
  Result<NewestPerKeyStatistics> result = Job(plan, rows, context, sink).Run();
  if (context.progress != nullptr) context.progress->End();
  return result;
}

}  // namespace larder
