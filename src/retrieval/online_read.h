// The value of features now, for given keys: what serving answers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "retrieval/online_tables.h"
#include "retrieval/retrieval_plan.h"

namespace larder {

/// Says what a value of an online answer is.
enum class ValueStatus : std::uint8_t {
  kPresent,
  kNullValue,      ///< the row is there, the value is null
  kNotFound,       ///< no row for the key at this moment
  kOutsideMaxAge,  ///< the row is older than the view's ttl: the value is null
};

/// Returns "PRESENT", "NULL_VALUE", "NOT_FOUND" or "OUTSIDE_MAX_AGE".
std::string_view ValueStatusName(ValueStatus status);

/// Holds the moment of a read: rows up to `visible_until_us` are there, and ages count from `now_us`.
struct ReadMoment {
  std::int64_t now_us = 0;
  std::int64_t visible_until_us = 0;
};

/// Returns the moment of a read as of `now_us`; nullopt: the project's clock, with its skew.
ReadMoment MomentOf(const Project& project, std::optional<std::int64_t> now_us);

/// Judges a stored row by its event time (nullopt: there is none) for a view of this ttl (0: unlimited).
ValueStatus StatusOf(std::optional<std::int64_t> event_us, std::int64_t ttl_us, const ReadMoment& moment);

/// Returns the event time that an answer shows beside a row: the epoch where there is no row, or one without a time.
std::int64_t ShownEventTime(std::optional<std::int64_t> event_us, ValueStatus status);

/// Returns the counter of larder_online_rows_total for a view and a status.
Counter& OnlineRowCounter(Counters& counters, const std::string& view, ValueStatus status);

/// Holds keys and request values: arrays of internal types, all `row_count` long, in the order of the plan.
struct OnlineRequest {
  std::shared_ptr<const RetrievalPlan> plan;
  std::int64_t row_count = 0;
  std::vector<std::shared_ptr<arrow::Array>> keys;            ///< as plan->key_columns
  std::vector<std::shared_ptr<arrow::Array>> request_values;  ///< as plan->request_columns
  std::optional<std::int64_t> now_us;                         ///< nullopt: the clock
};

/// Holds one column of an answer; all parts are `row_count` long.
struct OnlineColumn {
  std::string name;
  std::shared_ptr<arrow::Array> values;
  std::vector<ValueStatus> statuses;
  std::vector<std::int64_t> event_times_us;  ///< 0 (the epoch) where there is no row, for keys and computed features
};

/// Holds an answer: the join key columns, then the features in request order.
struct OnlineAnswer {
  std::vector<OnlineColumn> columns;
  std::int64_t row_count = 0;
};

/// Reads features as of `now` (point-in-time contract, §4): ttl is applied; a row later than `now` is NOT_FOUND, with
/// the clock's `now` one up to `clock_skew` ahead counts as now. Fails with kEqualNames, kDamaged (a stored row that
/// does not pass its checksum is never served), or as computing does. Thread-safe.
Result<OnlineAnswer> ReadOnline(const Project& project, OnlineTables& tables, const OnlineRequest& request);

}  // namespace larder
