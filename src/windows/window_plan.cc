#include "windows/window_plan.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "definitions/window_check.h"

namespace larder {
namespace {

__extension__ using Wide = __int128;  // no difference of two instants overflows it

std::int64_t Clamped(Wide value) { return static_cast<std::int64_t>(std::clamp<Wide>(value, INT64_MIN, INT64_MAX)); }

Wide FloorDivide(Wide a, Wide b) { return a / b - (a % b < 0 ? 1 : 0); }

Wide EndOf(const Window& window, std::int64_t time_us) {
  if (window.kind != Window::Kind::kEvery) return time_us;
  const Wide place = FloorDivide(Wide{time_us} - window.offset_us, window.every_us);
  return place * window.every_us + window.offset_us - window.ago_us;
}

// Counts, power sums and extremes are the same in whatever order events of equal times stand.
bool IsOrdered(const BoundAggregate& function, const Window& window) {
  if (window.kind == Window::Kind::kRows) return true;
  return function.family() != AggregateFamily::kCounts && function.family() != AggregateFamily::kMoments &&
         function.family() != AggregateFamily::kExtremes;
}

class Planner {
 public:
  Planner(const FeatureView& view, const Source& source) : view_(view), source_(source) {
    for (const ColumnType& column : view.columns) scope_.Add({"", column.name, column.type});
  }

  Status Add(const WindowFeature& feature) {
    const Aggregation& aggregation = view_.aggregations[feature.aggregation];
    const Window& window = aggregation.windows[feature.window];
    std::vector<Fault> faults;
    std::optional<BoundAggregation> bound = BindAggregation(aggregation, scope_, faults);
    if (!bound) {
      return Status::FromFaults(Reason::kInvalidDefinition,
                                "aggregation '" + aggregation.name + "' of view '" + view_.name() + "' does not bind",
                                std::move(faults));
    }
    WindowFunction function{bound->functions[feature.window], {}, std::nullopt, 0};
    for (std::size_t i = 0; i < bound->inputs.size(); ++i) {
      function.inputs.push_back(ExpressionPlace(aggregation.inputs[i].expression.text, bound->inputs[i]));
    }
    if (bound->where) function.where = ExpressionPlace(aggregation.where->text, *bound->where);
    function.window = WindowPlace({window, aggregation.end_exclusive});
    plan_.is_ordered = plan_.is_ordered || IsOrdered(function.aggregate, window);
    plan_.functions.push_back(std::move(function));
    return {};
  }

  // Chooses the columns to read, and says where the arguments of expressions stand among them.
  WindowPlan Finish() && {
    std::vector<std::optional<std::size_t>> places(view_.columns.size());
    const auto place_of = [&](std::size_t column) {
      if (!places[column]) {
        places[column] = plan_.columns.size();
        plan_.columns.push_back({view_.columns[column].name, view_.columns[column].type});
      }
      return *places[column];
    };
    for (std::size_t i = 0; i < view_.columns.size(); ++i) {
      const bool is_id = !source_.event_id.empty() && view_.columns[i].name == source_.event_id;
      if (is_id) plan_.event_id = i;
    }
    plan_.needs_encoded = plan_.is_ordered || plan_.event_id.has_value();
    for (std::size_t i = 0; i < view_.columns.size() && plan_.needs_encoded; ++i) place_of(i);
    for (const BoundExpression& expression : plan_.expressions) {
      std::vector<std::size_t>& arguments = plan_.arguments.emplace_back();
      for (const std::size_t column : expression.columns()) arguments.push_back(place_of(column));
    }
    return std::move(plan_);
  }

 private:
  std::size_t ExpressionPlace(const std::string& text, const BoundExpression& bound) {
    const auto [place, is_new] = places_.emplace(text, plan_.expressions.size());
    if (is_new) plan_.expressions.push_back(bound);
    return place->second;
  }

  std::size_t WindowPlace(const WindowBounds& bounds) {
    const auto same = std::find_if(plan_.windows.begin(), plan_.windows.end(),
                                   [&](const WindowBounds& other) { return other.IsSameAs(bounds); });
    if (same == plan_.windows.end()) {
      plan_.windows.push_back(bounds);
      return plan_.windows.size() - 1;
    }
    return static_cast<std::size_t>(same - plan_.windows.begin());
  }

  const FeatureView& view_;
  const Source& source_;
  NameScope scope_;
  WindowPlan plan_;
  std::map<std::string, std::size_t> places_;  // of expressions, by their texts
};

}  // namespace

bool WindowBounds::IsSameAs(const WindowBounds& other) const {
  return window.kind == other.window.kind && window.length_us == other.window.length_us &&
         window.row_count == other.window.row_count && window.every_us == other.window.every_us &&
         window.offset_us == other.window.offset_us && window.ago_us == other.window.ago_us &&
         end_exclusive == other.end_exclusive;
}

std::int64_t WindowBounds::EndAt(std::int64_t time_us) const { return Clamped(EndOf(window, time_us)); }

std::int64_t WindowBounds::BeginAt(std::int64_t time_us) const {
  if (window.kind == Window::Kind::kLifetime || window.kind == Window::Kind::kRows) return INT64_MIN;
  return Clamped(EndOf(window, time_us) - window.length_us);
}

std::vector<ValueType> WindowPlan::types() const {
  std::vector<ValueType> types;
  types.reserve(functions.size());
  for (const WindowFunction& function : functions) types.push_back(function.aggregate.type());
  return types;
}

std::optional<std::int64_t> WindowPlan::reach_us() const {
  Wide longest = 0;
  for (const WindowBounds& bounds : windows) {
    const Window& window = bounds.window;
    if (window.kind == Window::Kind::kLifetime || window.kind == Window::Kind::kRows) return std::nullopt;
    longest = std::max(longest, Wide{window.length_us} + window.every_us + window.ago_us);
  }
  return Clamped(longest);
}

Result<WindowPlan> PlanWindows(const FeatureView& view, const Source& source, std::span<const std::size_t> features) {
  Planner planner(view, source);
  const std::vector<WindowFeature> known = WindowFeatures(view);
  for (const std::size_t feature : features) LARDER_RETURN_IF_ERROR(planner.Add(known[feature]));
  return std::move(planner).Finish();
}

EventRange RangeFinder::Find(std::int64_t time_us, std::int64_t row) {
  const auto count = static_cast<std::int64_t>(times_us_.size());
  const auto time_at = [&](std::int64_t index) { return Wide{times_us_[static_cast<std::size_t>(index)]}; };
  const Wide end_us = EndOf(bounds_.window, time_us);
  const auto is_before_end = [&](Wide event_us) {
    if (ends_before_row_ && event_us >= time_us) return false;
    return bounds_.end_exclusive ? event_us < end_us : event_us <= end_us;
  };
  while (end_ < count && is_before_end(time_at(end_))) ++end_;
  if (bounds_.window.kind == Window::Kind::kRows) {
    begin_ = std::max(begin_, end_ - bounds_.window.row_count);
  } else if (bounds_.window.kind != Window::Kind::kLifetime) {
    const Wide begin_us = end_us - bounds_.window.length_us;
    const bool keeps_begin = bounds_.begin_inclusive();
    while (begin_ < end_ && (keeps_begin ? time_at(begin_) < begin_us : time_at(begin_) <= begin_us)) ++begin_;
  }
  return {begin_, end_, time_us, row};
}

}  // namespace larder
