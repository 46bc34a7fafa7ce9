// All windows of one key after another: its events put in order, ranges found, functions evaluated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "aggregates/result_column.h"
#include "aggregates/window_run.h"
#include "base/status.h"
#include "windows/window_plan.h"

namespace larder {

/// Holds the rows of one or more keys, those of a key together.
struct EventBatch {
  std::int64_t row_count = 0;
  std::vector<std::int64_t> times_us;
  std::vector<std::int64_t> created_us;                ///< kNoCreatedTimeUs where null; empty: all null
  std::vector<std::uint8_t> deleted;                   ///< 1: the row deletes; empty: none does
  std::vector<std::shared_ptr<arrow::Array>> columns;  ///< as WindowPlan::columns
  std::function<std::string(std::int64_t)> row_name;   ///< names a row, for messages
};

/// Marks rows of a batch: [begin, end).
struct BatchRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Names a moment to evaluate at, and the row that the results go to.
struct RowTime {
  std::int64_t time_us = 0;
  std::int64_t row = 0;
};

/// Evaluates a plan over the keys of one batch. Borrows plan and batch. Not thread-safe; make one for each thread.
class KeyWindows {
 public:
  /// Evaluates the plan's expressions over the batch. With `as_known` only events whose created time is not after the
  /// moment count. Fails when an expression fails on a row, which is named.
  static Result<std::unique_ptr<KeyWindows>> Make(const WindowPlan& plan, const EventBatch& batch, bool as_known);
  virtual ~KeyWindows() = default;

  /// Writes the results of every function of the plan at every moment over the rows `events`, which are one key's, in
  /// any order. The times of `rows` never decrease. Fails as WindowEvaluator::Evaluate does.
  virtual Status Evaluate(BatchRange events, std::span<const RowTime> rows, std::span<ResultColumn> results) = 0;

  /// Returns, for each moment of the last call, the time of the newest event in any of the windows.
  virtual std::span<const std::optional<std::int64_t>> newest_us() const = 0;

  /// Returns, for each function, the same for its own window at the last moment of the last call.
  virtual std::span<const std::optional<std::int64_t>> newest_by_function_us() const = 0;
};

}  // namespace larder
