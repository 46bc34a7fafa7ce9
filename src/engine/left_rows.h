// The left side of a join, held in memory: batches in input order, and their keys and times as sortable words.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "engine/as_of_word.h"
#include "engine/budgeted_vector.h"
#include "engine/execution_context.h"
#include "engine/feature_rows.h"
#include "engine/key_table.h"

namespace larder {

/// Holds every batch of the left side. The bytes of their buffers are counted in the budget.
class LeftRows {
 public:
  /// Reads `reader` to its end. Fails with kMemoryLimit, kInterrupted, kLimitExceeded beyond `kMaxAsOfRows` rows, or
  /// as the reader does.
  static Result<LeftRows> Read(arrow::RecordBatchReader& reader, const ExecutionContext& context);

  const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches() const { return batches_; }
  std::int64_t row_count() const { return row_count_; }

 private:
  explicit LeftRows(MemoryBudget& memory) : reservation_(&memory) {}

  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  std::int64_t row_count_ = 0;
  MemoryReservation reservation_;
};

/// Holds the keys of the left side for one set of key columns: a number for each different key, and one word (key, t,
/// row) for each row whose keys and time are not null, in partitions by ranges of key numbers.
struct LeftKeys {
  std::unique_ptr<KeyTable> table;
  PartitionedWords words;
  std::size_t row_count = 0;  ///< of the left side, with and without a word
  TimeRange times;            ///< of the rows that have a word; from > to when there are none
};

/// Numbers the keys of `left`. Fails with kMemoryLimit or kInterrupted.
Result<LeftKeys> NumberLeftKeys(const LeftRows& left, std::span<const int> key_columns, int time_column,
                                const ExecutionContext& context);

}  // namespace larder
