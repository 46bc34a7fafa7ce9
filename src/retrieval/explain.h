// Why a feature has the value it has: which row of which file, which version, what the store holds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "engine/execution_context.h"
#include "retrieval/online_read.h"
#include "retrieval/online_tables.h"
#include "retrieval/project.h"

namespace larder {

/// Asks about one feature of one key.
struct ExplainRequest {
  std::string reference;  ///< view:feature, a version allowed
  OnlineRequest read;     ///< its plan is that of `reference` alone; one row
};

/// Holds one value, in an array of one row.
struct ExplainedValue {
  std::string feature;
  std::shared_ptr<arrow::Array> value;
};

/// Tells about one row of a plain view that bears on a value.
struct ExplainedView {
  std::string view;
  std::int64_t version = 0;
  std::int64_t generation = 0;
  std::int64_t ttl_us = 0;
  /// "FILE, row N" of the row that wins offline; of a window view how many events each window holds, and its edges.
  /// Empty: none.
  std::string offline_row;
  std::optional<std::int64_t> offline_event_us;
  ValueStatus offline_status = ValueStatus::kNotFound;
  std::optional<std::int64_t> online_event_us;
  ValueStatus online_status = ValueStatus::kNotFound;
  std::vector<ExplainedValue> offline_values;
  std::vector<ExplainedValue> online_values;
};

/// Holds an explanation.
struct Explanation {
  std::string reference;
  std::int64_t now_us = 0;
  std::string expression;                       ///< of an on-demand feature; empty: plain
  std::shared_ptr<arrow::Array> offline_value;  ///< one row
  std::shared_ptr<arrow::Array> online_value;   ///< one row
  std::vector<ExplainedView> views;             ///< one for a plain feature; the inputs' of an on-demand one
};

/// Looks the value up offline (as a training set would) and online (as serving would) at one moment. Fails with
/// kUsage when not exactly one row is asked for, and as ReadOnline and the readers of sources do.
Result<Explanation> Explain(Project& project, OnlineTables& tables, const ExplainRequest& request,
                            const ExecutionContext& context);

}  // namespace larder
