// The right side of a join: where a view's rows come from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "columnar/ordinal_batch.h"

namespace larder {

/// Holds instants from `from_us` to `to_us`, both included.
struct TimeRange {
  std::int64_t from_us = INT64_MIN;
  std::int64_t to_us = INT64_MAX;

  friend bool operator==(const TimeRange& a, const TimeRange& b) = default;
};

/// Asks for the keys and times of the rows that a job needs.
struct KeyScan {
  TimeRange event_time;     ///< rows outside are of no use; whether they are left out is the reader's choice
  bool use_threads = true;  ///< false: one piece is read at a time, and by one thread
};

/// Asks for the values of rows.
struct ValueFetch {
  std::vector<std::string> columns;         ///< names of values (or of join keys), in the order wanted
  std::span<const std::uint64_t> ordinals;  ///< ascending, each once; valid as long as the pieces that answer
  bool use_threads = true;                  ///< false: one piece is read at a time, and by one thread
};

/// Gives the rows of one feature view: first keys and times of many, then values of the few that won. All calls read
/// one pinned snapshot: an ordinal names the same row in each. Not thread-safe, but what it gives can be read by
/// several threads.
class FeatureRows {
 public:
  virtual ~FeatureRows() = default;

  /// Gives the join keys in the order of the plan, then event time, created time (both timestamp[us, UTC]) and
  /// deletion mark (bool; null is false), of which those are there that the plan says the view has. Columns have
  /// internal types and stand by position; names do not matter. Every row inside the range is given once; pieces, and
  /// the batches of a piece, in ascending order of ordinals. May be called again and again.
  virtual Result<std::unique_ptr<OrdinalBatchPieces>> Keys(const KeyScan& scan) = 0;

  /// Gives the columns asked for, with internal types and in the order asked for, by position. Every ordinal asked
  /// for is given once; rows that nobody asked for may come along (a reader of whole pages need not drop them).
  /// Ordinals ascend within a batch; batches and pieces may come in any order.
  virtual Result<std::unique_ptr<OrdinalBatchPieces>> Values(const ValueFetch& fetch) = 0;
};

}  // namespace larder
