// What the match of each view left behind for a part of the left side, and the batches made of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/as_of_match.h"
#include "engine/execution_context.h"
#include "engine/left_rows.h"
#include "engine/point_in_time_join.h"
#include "engine/value_rows.h"

namespace larder {

/// Holds the outcome of one view.
struct ViewMatches {
  ViewStatistics statistics;
  Winners winners;
  ValueRows values;  ///< of each winner
};

/// Holds a part of the left side and the outcome of all views for it.
class JoinedPart {
 public:
  JoinedPart(LeftRows left, std::vector<ViewMatches> views, bool match_details)
      : left_(std::move(left)), views_(std::move(views)), match_details_(match_details) {}

  /// Makes the next batches, one for each batch of the left side, as many as there are threads, together; none at the
  /// end. Fails with kInterrupted, or with kMemoryLimit.
  Result<std::vector<JoinedBatch>> Next(const ExecutionContext& context);

 private:
  Result<JoinedBatch> Join(std::size_t batch, std::size_t first_row, arrow::MemoryPool* pool) const;

  LeftRows left_;
  std::vector<ViewMatches> views_;
  bool match_details_;
  std::size_t next_batch_ = 0;
  std::size_t next_row_ = 0;  // the first of that batch, in the part
};

}  // namespace larder
