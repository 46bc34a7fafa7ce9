// The point-in-time join: for every row of the left side what each view held at that row's time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "engine/execution_context.h"
#include "engine/feature_rows.h"
#include "engine/join_plan.h"
#include "engine/join_strategy.h"

namespace larder {

/// Says what became of a row of the left side in one view. A null value shows in its own column.
enum class MatchStatus : std::uint8_t {
  kPresent = 0,
  kNotFound = 1,       ///< no row, a null key or time, or the newest row is a deletion (of whatever age)
  kOutsideMaxAge = 2,  ///< the newest row is older than the ttl
};

/// Returns "PRESENT", "NOT_FOUND" or "OUTSIDE_MAX_AGE".
std::string_view MatchStatusName(MatchStatus status);

/// Holds what one view adds to a batch. All arrays are as long as the batch.
struct JoinedView {
  std::vector<std::shared_ptr<arrow::Array>> values;  ///< as in `ViewJoin::values`, internal types; null: no match
  /// The event time of the row that won, null when there is none; kBeginningOfTimeUs for a view without time.
  /// timestamp[us, UTC]; nullptr without `match_details`.
  std::shared_ptr<arrow::Array> event_time;
  std::shared_ptr<arrow::UInt8Array> status;  ///< of MatchStatus; nullptr without `match_details`
};

/// Holds rows of the left side, in input order, and what the views add to them.
struct JoinedBatch {
  std::shared_ptr<arrow::RecordBatch> left;
  std::vector<JoinedView> views;  ///< as in the plan
};

/// Counts what happened in one view. Exact whatever the number of threads; rows that a reader left out are not counted.
/// What is counted of the view's own rows is counted again in each pass.
struct ViewStatistics {
  StrategyChoice choice;                  ///< of the first pass
  std::int64_t passes = 0;                ///< how often the keys and times of the view were read: once for each part of
                                          ///< the left side that fits in memory
  std::int64_t spilled_bytes = 0;         ///< written to the spill folder
  std::int64_t rows_read = 0;             ///< rows of the right side whose key and times were seen
  std::int64_t null_key_rows = 0;         ///< of these ignored: a key is null
  std::int64_t null_time_rows = 0;        ///< of these ignored: the keys are not null, the event time is
  std::int64_t candidate_rows = 0;        ///< of these kept: the key occurs on the left, at a time that can match
  std::int64_t fetched_rows = 0;          ///< rows whose values were fetched
  std::int64_t matched_rows = 0;          ///< rows of the left side that are PRESENT
  std::int64_t not_found_rows = 0;        ///< of the left side; without `match_details` those too old as well
  std::int64_t outside_max_age_rows = 0;  ///< of the left side; 0 without `match_details`
};

/// Gives the joined rows. Not thread-safe.
class JoinedBatchStream {
 public:
  virtual ~JoinedBatchStream() = default;

  /// Returns the next rows (at least one), or nullopt at the end. After a failure the stream is finished.
  virtual Result<std::optional<JoinedBatch>> Next() = 0;

  /// Returns the rows of the left side: the rows of all batches together. Final after the last batch; before, those
  /// that have been read so far.
  virtual std::int64_t row_count() const = 0;

  /// Returns the counts of each view, in the order of the plan. Final after the last batch.
  virtual std::span<const ViewStatistics> statistics() const = 0;
};

/// Joins `left` with `views` (one for each of `plan.views`, in that order; one object may stand for several views). The
/// left side is taken in parts that memory holds with the values of their winners: one part, or as many as it takes,
/// each of which reads the keys and times of the views again. The first part is joined when this returns. `left` and
/// `views` must outlive the stream. Fails as `JoinPlan::Check` does, with kMemoryLimit when the budget does not hold
/// even a batch of the left side, with kInterrupted, or with the failure of a reader.
Result<std::unique_ptr<JoinedBatchStream>> JoinPointInTime(const JoinPlan& plan, arrow::RecordBatchReader& left,
                                                           std::span<FeatureRows* const> views,
                                                           const ExecutionContext& context);

}  // namespace larder
