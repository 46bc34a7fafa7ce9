// The newest row of every key: what materialization writes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "engine/execution_context.h"
#include "engine/feature_rows.h"
#include "engine/join_plan.h"

namespace larder {

/// Describes which rows compete and which columns of the winners are wanted.
struct NewestPerKeyPlan {
  KeyLayout layout;
  TimeRange event_time;              ///< rows outside do not compete; a view without time has kBeginningOfTimeUs
  std::vector<ValueColumn> columns;  ///< of the winners: join keys and values, by the names that `Fetch` knows
};

/// Holds winners, in ascending order of ordinals. All arrays are as long as `columns`.
struct NewestRows {
  std::shared_ptr<arrow::RecordBatch> columns;         ///< as in the plan
  std::shared_ptr<arrow::Int64Array> event_time_us;    ///< no nulls; kBeginningOfTimeUs for a view without time
  std::shared_ptr<arrow::Int64Array> created_time_us;  ///< null where the row has none
  std::shared_ptr<arrow::BooleanArray> deleted;        ///< no nulls; true: the row deletes its key
  std::shared_ptr<arrow::UInt64Array> ordinals;
};

/// Takes winners; a failure stops the job and becomes its failure.
using NewestRowsSink = std::function<Status(const NewestRows&)>;

/// Counts what happened.
struct NewestPerKeyStatistics {
  std::int64_t rows_read = 0;
  std::int64_t null_key_rows = 0;
  std::int64_t null_time_rows = 0;
  std::int64_t rows_outside_range = 0;
  std::int64_t rows_given = 0;  ///< rows that the sink got
  std::int64_t rounds = 0;      ///< 1 when everything fitted in memory; 0 without rows
};

/// Gives the winner of every key (greatest event time, then created time with null lowest, then ordinal) to `sink`.
/// When the budget is full the winners so far are given and forgotten, and the scan goes on: a key may then be given
/// again in a later round, with a row that need not be newer. A store that keeps the newer (event time, created time),
/// and the later write of equal pairs, ends with the winners in any case. Needs memory for one batch and at least one
/// key; fails with kMemoryLimit below that, with kInterrupted, or with the failure of the reader or the sink.
Result<NewestPerKeyStatistics> GiveNewestPerKey(const NewestPerKeyPlan& plan, FeatureRows& rows,
                                                const ExecutionContext& context, const NewestRowsSink& sink);

}  // namespace larder
