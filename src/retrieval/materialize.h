// From offline to online: the newest row of every key.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "engine/execution_context.h"
#include "retrieval/online_tables.h"
#include "retrieval/project.h"

namespace larder {

/// Says what to materialize.
struct MaterializeRequest {
  std::vector<std::string> views;       ///< empty: every view that is online
  std::optional<std::int64_t> from_us;  ///< nullopt: from the beginning; not with `incremental`
  std::optional<std::int64_t> to_us;    ///< nullopt: the clock
  bool incremental = false;             ///< from the watermark less the allowed lateness; changed files in full
};

/// Tells what was done for one generation of a view.
struct MaterializedView {
  std::string view;
  std::int64_t version = 0;
  std::int64_t generation = 0;
  std::int64_t from_us = 0;  ///< kBeginningOfTimeUs: from the beginning
  std::int64_t to_us = 0;
  std::int64_t rows_read = 0;
  std::int64_t rows_written = 0;
  std::int64_t rows_older = 0;    ///< not written: the store held a newer row
  std::int64_t rows_ignored = 0;  ///< without key or time
  double seconds = 0;
};

/// Holds a materialization that was accepted: the request is checked, and its views are claimed until Run has ended or
/// this is destroyed. Borrows the project and its tables.
class Materialization {
 public:
  virtual ~Materialization() = default;
  /// Does the work, once, as told at Materialize.
  virtual Result<std::vector<MaterializedView>> Run(const ExecutionContext& context) = 0;
};

/// Accepts a materialization without beginning it. Fails with kFutureTime for an end more than `clock_skew` ahead,
/// kUsage for from > to, kUnknownObject, kAlreadyRunning when one of its views is being materialized: then none is
/// claimed.
Result<std::unique_ptr<Materialization>> AcceptMaterialization(Project& project, OnlineTables& tables,
                                                               const MaterializeRequest& request);

/// Writes the winner of every key among rows with from <= event time <= to, unless the store holds a newer row
/// (point-in-time contract, §3). Run twice, or stopped and run again, the store ends the same; the watermark moves only
/// after success. Memory is bounded by the context's budget. Fails as AcceptMaterialization does, before anything is
/// done.
Result<std::vector<MaterializedView>> Materialize(Project& project, OnlineTables& tables,
                                                  const MaterializeRequest& request, const ExecutionContext& context);

}  // namespace larder
