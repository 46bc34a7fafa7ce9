// The left side of a join, or a part of it, held in memory: batches in input order, and their keys and times as words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
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

/// Holds neighbouring batches of the left side. The bytes of their buffers are counted in the budget. Move-only.
class LeftRows {
 public:
  /// Bounds what is read.
  struct Limit {
    std::int64_t rows = 0;        ///< reading stops when so many are held
    std::int64_t batch_rows = 0;  ///< larger batches are cut into pieces of this size
  };

  /// Reads batches until the limit, the end of the reader or that of the memory is reached; returns whether it is the
  /// end of the reader. Fails with kMemoryLimit when not even one batch fits, with kInterrupted, or as the reader does.
  Result<bool> ReadUpTo(Limit limit, arrow::RecordBatchReader& reader, const ExecutionContext& context);

  /// Takes batches out from the front: at least one, else as many as have at most `row_count` rows together.
  LeftRows TakeFirst(std::int64_t row_count);
  /// Puts batches that were taken out back in front.
  void PutBack(LeftRows rows);

  const std::deque<std::shared_ptr<arrow::RecordBatch>>& batches() const { return batches_; }
  std::int64_t row_count() const { return row_count_; }
  /// Returns the bytes of all batches that were ever read, and their rows: what a row takes.
  std::int64_t bytes_read() const { return bytes_read_; }
  std::int64_t rows_read() const { return rows_read_; }

 private:
  std::deque<std::shared_ptr<arrow::RecordBatch>> batches_;
  // Of each batch: pieces of one share it, for its buffers live until the last is gone.
  std::deque<std::shared_ptr<MemoryReservation>> reservations_;
  std::int64_t row_count_ = 0;
  std::int64_t bytes_read_ = 0;
  std::int64_t rows_read_ = 0;
};

/// Holds the keys of the left side for one set of key columns: a number for each different key, and one word (key, t,
/// row) for each row whose keys and time are not null, in partitions by ranges of key numbers.
struct LeftKeys {
  std::unique_ptr<KeyTable> table;
  PartitionedWords words;
  std::size_t row_count = 0;  ///< of the left side, with and without a word
  TimeRange times;            ///< of the rows that have a word; from > to when there are none

  bool can_match() const { return times.from_us <= times.to_us; }
};

/// Numbers the keys of `left`, at most kMaxAsOfRows rows. Fails with kMemoryLimit or kInterrupted.
Result<LeftKeys> NumberLeftKeys(const LeftRows& left, std::span<const int> key_columns, int time_column,
                                const ExecutionContext& context);

}  // namespace larder
