#include "retrieval/online_read.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>

#include <algorithm>
#include <utility>

#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "retrieval/stored_rows.h"
#include "retrieval/window_online.h"

namespace larder {
namespace {

std::int64_t SaturatedAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return b < 0 ? INT64_MIN : INT64_MAX;
  return sum;
}

// What one look-up gave, as of the moment: hidden rows have null values.
struct ViewAnswer {
  std::vector<std::shared_ptr<arrow::Array>> values;
  std::vector<ValueStatus> statuses;
  std::vector<std::int64_t> event_times_us;
  std::vector<std::vector<std::int64_t>> event_times_by_feature_us;  // of windows; else empty
};

// Puts nulls where a row is there but must not be seen.
Result<std::shared_ptr<arrow::Array>> Hide(const std::shared_ptr<arrow::Array>& values,
                                           const std::vector<ValueStatus>& statuses) {
  arrow::Int64Builder places;
  for (std::size_t row = 0; row < statuses.size(); ++row) {
    LARDER_RETURN_IF_ERROR(FromArrow(
        statuses[row] == ValueStatus::kPresent ? places.Append(static_cast<std::int64_t>(row)) : places.AppendNull()));
  }
  LARDER_ASSIGN_OR_RETURN(const auto indexes, FromArrow(places.Finish()));
  return FromArrow(arrow::compute::Take(*values, *indexes));
}

class OnlineReader {
 public:
  OnlineReader(const Project& project, OnlineTables& tables, const OnlineRequest& request)
      : tables_(tables), request_(request), plan_(*request.plan), moment_(MomentOf(project, request.now_us)) {}

  Result<OnlineAnswer> Read(const RegistrySnapshot& snapshot) {
    std::vector<std::string> key_names;
    for (const NeededColumn& key : plan_.key_columns) key_names.push_back(key.name);
    LARDER_RETURN_IF_ERROR(CheckOutputNames(plan_, key_names));
    for (const ViewUse& use : plan_.views) {
      LARDER_ASSIGN_OR_RETURN(ViewAnswer answer, ReadView(snapshot, use));
      views_.push_back(std::move(answer));
    }
    std::vector<std::shared_ptr<arrow::Array>> values(plan_.slots.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const ValueSlot& slot = plan_.slots[i];
      if (slot.origin == SlotOrigin::kView) values[i] = views_[slot.view_use].values[slot.feature];
      if (slot.origin == SlotOrigin::kRequest) values[i] = request_.request_values[slot.feature];
    }
    const auto row_name = [](std::int64_t row) { return "row " + std::to_string(row + 1) + " of the request"; };
    LARDER_RETURN_IF_ERROR(Compute(plan_, request_.row_count, row_name, values));
    return Assemble(values);
  }

 private:
  Result<ViewAnswer> ReadView(const RegistrySnapshot& snapshot, const ViewUse& use) {
    std::vector<std::shared_ptr<arrow::Array>> keys;
    for (const std::size_t place : use.key_places) keys.push_back(request_.keys[place]);
    if (use.view.view->is_windowed()) return ReadWindowView(use, keys);
    LARDER_ASSIGN_OR_RETURN(StoredColumns stored,
                            ReadStoredColumns(tables_, {snapshot, use.view, use.features, keys, use.key_columns}));
    ViewAnswer answer;
    bool hides = false;
    for (const auto& event_us : stored.event_times_us) {
      const ValueStatus status = StatusOf(event_us, use.view.view->ttl_us, moment_);
      hides |= status != ValueStatus::kPresent && event_us.has_value();
      answer.statuses.push_back(status);
      answer.event_times_us.push_back(ShownEventTime(event_us, status));
    }
    answer.values = std::move(stored.values);
    if (!hides) return answer;
    for (auto& values : answer.values) {
      LARDER_ASSIGN_OR_RETURN(values, Hide(values, answer.statuses));
    }
    return answer;
  }

  Result<ViewAnswer> ReadWindowView(const ViewUse& use, std::span<const std::shared_ptr<arrow::Array>> keys) {
    LARDER_ASSIGN_OR_RETURN(WindowValues windows, ReadWindows(tables_, use, keys, moment_.now_us));
    return ViewAnswer{std::move(windows.values), std::move(windows.statuses), {}, std::move(windows.event_times_us)};
  }

  OnlineAnswer Assemble(const std::vector<std::shared_ptr<arrow::Array>>& values) const {
    const auto row_count = static_cast<std::size_t>(request_.row_count);
    OnlineAnswer answer;
    answer.row_count = request_.row_count;
    const std::vector<ValueStatus> all_present(row_count, ValueStatus::kPresent);
    const std::vector<std::int64_t> epochs(row_count, 0);
    for (std::size_t i = 0; i < plan_.key_columns.size(); ++i) {
      answer.columns.push_back({plan_.key_columns[i].name, request_.keys[i], all_present, epochs});
    }
    for (const OutputColumn& output : plan_.outputs) {
      const ValueSlot& slot = plan_.slots[output.slot];
      OnlineColumn column{output.name, values[output.slot], all_present, epochs};
      if (slot.origin == SlotOrigin::kView) {
        column.statuses = views_[slot.view_use].statuses;
        const ViewAnswer& view = views_[slot.view_use];
        const bool is_windowed = !view.event_times_by_feature_us.empty();
        column.event_times_us = is_windowed ? view.event_times_by_feature_us[slot.feature] : view.event_times_us;
      }
      for (std::size_t row = 0; row < row_count; ++row) {
        if (column.statuses[row] == ValueStatus::kPresent && column.values->IsNull(static_cast<std::int64_t>(row))) {
          column.statuses[row] = ValueStatus::kNullValue;
        }
      }
      answer.columns.push_back(std::move(column));
    }
    return answer;
  }

  OnlineTables& tables_;
  const OnlineRequest& request_;
  const RetrievalPlan& plan_;
  const ReadMoment moment_;
  std::vector<ViewAnswer> views_;
};

}  // namespace

std::string_view ValueStatusName(ValueStatus status) {
  switch (status) {
    case ValueStatus::kPresent:
      return "PRESENT";
    case ValueStatus::kNullValue:
      return "NULL_VALUE";
    case ValueStatus::kNotFound:
      return "NOT_FOUND";
    case ValueStatus::kOutsideMaxAge:
      return "OUTSIDE_MAX_AGE";
  }
  LARDER_CHECK(false);
}

ReadMoment MomentOf(const Project& project, std::optional<std::int64_t> now_us) {
  if (now_us) return {*now_us, *now_us};
  const std::int64_t clock_us = project.clock().NowUs();
  return {clock_us, SaturatedAdd(clock_us, project.config().server.clock_skew_us)};
}

ValueStatus StatusOf(std::optional<std::int64_t> event_us, std::int64_t ttl_us, const ReadMoment& moment) {
  if (!event_us || *event_us > moment.visible_until_us) return ValueStatus::kNotFound;
  if (ttl_us > 0 && *event_us < SaturatedAdd(moment.now_us, -ttl_us)) return ValueStatus::kOutsideMaxAge;
  return ValueStatus::kPresent;
}

std::int64_t ShownEventTime(std::optional<std::int64_t> event_us, ValueStatus status) {
  const bool has_time = event_us && *event_us != kBeginningOfTimeUs && status != ValueStatus::kNotFound;
  return has_time ? *event_us : 0;
}

Counter& OnlineRowCounter(Counters& counters, const std::string& view, ValueStatus status) {
  return counters.GetCounter({"larder_online_rows_total", "Rows looked up online"},
                             {{"view", view}, {"status", std::string(ValueStatusName(status))}});
}

Result<OnlineAnswer> ReadOnline(const Project& project, OnlineTables& tables, const OnlineRequest& request) {
  LARDER_CHECK(request.keys.size() == request.plan->key_columns.size());
  LARDER_CHECK(request.request_values.size() == request.plan->request_columns.size());
  return OnlineReader(project, tables, request).Read(*request.plan->snapshot);
}

}  // namespace larder
