// Training sets: the value of every feature as of the time of every entity row.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "engine/execution_context.h"
#include "engine/point_in_time_join.h"
#include "retrieval/historical_estimate.h"
#include "retrieval/project.h"
#include "retrieval/retrieval_plan.h"
#include "sources/source_snapshot.h"

namespace larder {

/// Says which training set to make.
struct HistoricalRequest {
  FeatureRequest features;
  std::string entities;                    ///< path of the entity table; empty with `at_events`
  std::shared_ptr<TableFile> entity_file;  ///< the table itself, open; `entities` is only its name in messages then
  std::string at_events;   ///< a view whose own events are the rows: join keys and event time; empty: `entities` counts
  bool exclusive = false;  ///< windows end before the row's time: with `at_events` the event itself does not count
  std::string timestamp;   ///< name of its event time column; empty: found (EntityTable)
  bool as_known = false;   ///< only rows known at the entity row's time: created time <= t
  bool matches = false;    ///< adds view__event_time, view__age, view__status for each view asked for
};

/// Tells what became of one look-up of a view.
struct ViewSummary {
  std::string view;  ///< "last_flight@2 by airport"
  ViewStatistics join;
  ReadStatistics reads;          ///< of the view's source: views on one source share them
  std::int64_t null_values = 0;  ///< of the features asked for, in the rows given so far, matched or not
  std::int64_t values = 0;       ///< the same, null or not
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

/// Holds a training set that was asked for and checked; nothing is joined yet. Borrows the project.
class HistoricalJob {
 public:
  virtual ~HistoricalJob() = default;
  /// Returns the columns that the answer will have, as HistoricalRows::schema.
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  /// Tells what the files' own records say about the work. Opens every file, reads no row. Fails as EstimateView does.
  virtual Result<HistoricalEstimate> Estimate() = 0;
  /// Tells how many rows the answer will have, if the entity table's file says so.
  virtual std::optional<std::int64_t> RowCount() const = 0;
  /// Does the work, once, as told at GetHistorical.
  virtual Result<std::unique_ptr<HistoricalRows>> Start(const ExecutionContext& context) = 0;
};

/// Checks a request and opens its files; views are read into `pool`, which outlives the job and its rows (nullptr:
/// Arrow's default). With `at_events` writes the events' keys and times to a file of its own in the spill folder, which
/// goes with the job. Fails with kUsage for `exclusive` and plain views together, as PlanRetrieval, EntityTable::Open
/// and ViewTables::Open do.
Result<std::unique_ptr<HistoricalJob>> OpenHistorical(Project& project, const HistoricalRequest& request,
                                                      arrow::MemoryPool* pool = nullptr);

/// Returns the fewest bytes that a row of these columns takes in memory; texts and lists count as empty.
std::int64_t LeastRowBytes(const arrow::Schema& schema);

/// Makes a training set (point-in-time contract, §1). The join is done when this returns; the rows are put together as
/// they are read. Fails as PlanRetrieval, EntityTable::Open, ViewTables::Open and JoinPointInTime do.
Result<std::unique_ptr<HistoricalRows>> GetHistorical(Project& project, const HistoricalRequest& request,
                                                      const ExecutionContext& context);

}  // namespace larder
