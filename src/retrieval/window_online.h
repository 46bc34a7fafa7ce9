// Window views online: events read and evaluated at a moment, pushed, and loaded from the source.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "engine/execution_context.h"
#include "retrieval/online_read.h"
#include "retrieval/online_tables.h"
#include "retrieval/retrieval_plan.h"
#include "retrieval/view_tables.h"
#include "sources/view_columns.h"

namespace larder {

/// Holds the windows of one look-up, a row for each key.
struct WindowValues {
  std::vector<std::shared_ptr<arrow::Array>> values;      ///< as ViewUse::features; null where not found
  std::vector<ValueStatus> statuses;                      ///< kPresent or kNotFound, one for each row
  std::vector<std::vector<std::int64_t>> event_times_us;  ///< by feature and row: newest in the window, else 0
};

/// Reads the windows of keys as they are at `now_us` (point-in-time contract, §2): the bytes that a training set has at
/// that time, over what was materialized or pushed. kNotFound for a null key, and for all while nothing was. Fails with
/// kOutOfRange when a window reaches below what is kept, kValueOutOfRange, kLimitExceeded, kDamaged.
Result<WindowValues> ReadWindows(OnlineTables& tables, const ViewUse& use,
                                 std::span<const std::shared_ptr<arrow::Array>> keys, std::int64_t now_us);

/// Counts what a write of events did.
struct EventWriteCounts {
  std::int64_t read = 0;
  std::int64_t written = 0;
  std::int64_t older = 0;    ///< rows of events of which the store holds a newer one
  std::int64_t ignored = 0;  ///< without key or event time
};

/// Writes pushed rows as events; with `deletion marks` they delete. Fails as OnlineTable::Write does.
Result<EventWriteCounts> WriteEvents(OnlineTables& tables, const ResolvedView& view, const ViewPush& push);

/// Says which events of the source to load.
struct EventLoad {
  Project& project;
  const RegistrySnapshot& snapshot;
  const ResolvedView& view;
  std::int64_t from_us = INT64_MIN;
  std::int64_t to_us = INT64_MAX;
};

/// Replaces the stored events in [from, to] by the source's, whole and durable or not at all: those without an event
/// id, however they came, and those with one that came from the source. Events below the view's horizon are left out,
/// and dropped. `rows` is opened here, so that no push comes between the files and the store. Fails as
/// ViewTables::Open, the readers and TableLoad do.
Result<EventWriteCounts> LoadEvents(OnlineTables& tables, const EventLoad& load, ViewTables& rows,
                                    const ExecutionContext& context);

}  // namespace larder
