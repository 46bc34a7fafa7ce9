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
  TimeRange event_time;  ///< rows outside are of no use; whether they are left out is the reader's choice
};

/// Asks for the values of rows.
struct ValueFetch {
  std::vector<std::string> columns;         ///< names of values (or of join keys), in the order wanted
  std::span<const std::uint64_t> ordinals;  ///< ascending, each once; valid as long as the stream that answers
};

/// Gives the rows of one feature view: first keys and times of many, then values of the few that won. Both calls read
/// one pinned snapshot: an ordinal names the same row in each. Not thread-safe, but one stream may be read on another
/// thread than a second one.
class FeatureRows {
 public:
  virtual ~FeatureRows() = default;

  /// Streams the join keys in the order of the plan, then event time, created time (both timestamp[us, UTC]) and
  /// deletion mark (bool; null is false), of which those are there that the plan says the view has. Columns have
  /// internal types and stand by position; names do not matter. Every row inside the range is given once; batches in
  /// ascending order of ordinals.
  virtual Result<std::unique_ptr<OrdinalBatchStream>> OpenKeys(const KeyScan& scan) = 0;

  /// Streams the columns asked for, with internal types and in the order asked for, by position. Every ordinal asked
  /// for is given once; rows that nobody asked for may come along (a reader of whole pages need not drop them).
  /// Ordinals ascend within a batch; batches may come in any order.
  virtual Result<std::unique_ptr<OrdinalBatchStream>> Fetch(const ValueFetch& fetch) = 0;
};

}  // namespace larder
