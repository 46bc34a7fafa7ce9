// Training sets: the value of every feature as of the time of every entity row.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "engine/execution_context.h"
#include "engine/point_in_time_join.h"
#include "retrieval/project.h"
#include "retrieval/retrieval_plan.h"
#include "sources/source_snapshot.h"

namespace larder {

/// Says which training set to make.
struct HistoricalRequest {
  FeatureRequest features;
  std::string entities;   ///< path of the entity table
  std::string timestamp;  ///< name of its event time column; empty: found (EntityTable)
  bool as_known = false;  ///< only rows known at the entity row's time: created time <= t
  bool matches = false;   ///< adds view__event_time, view__age, view__status for each view asked for
};

/// Tells what became of one look-up of a view.
struct ViewSummary {
  std::string view;  ///< "last_flight@2 by airport"
  ViewStatistics join;
  ReadStatistics reads;  ///< of the view's source: views on one source share them
};

/// Holds the rows of a training set, in the order of the entity table. Not thread-safe; borrows the project and the
/// context.
class HistoricalRows {
 public:
  virtual ~HistoricalRows() = default;
  /// Returns the columns: the entity table's, the features in request order, then those of `matches`.
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  /// Returns the rows of the entity table that have been read so far; all of them after the last batch.
  virtual std::int64_t row_count() const = 0;
  /// Returns the next rows (at least one), nullptr at the end.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
  /// Tells about each look-up, in the order of the plan. Final after the last batch.
  virtual std::vector<ViewSummary> summaries() const = 0;
};

/// Makes a training set (point-in-time contract, §1). The join is done when this returns; the rows are put together as
/// they are read. Fails as PlanRetrieval, EntityTable::Open, ViewTables::Open and JoinPointInTime do.
Result<std::unique_ptr<HistoricalRows>> GetHistorical(Project& project, const HistoricalRequest& request,
                                                      const ExecutionContext& context);

}  // namespace larder
