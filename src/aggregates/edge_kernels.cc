// The first and the last value of a window, in the canonical order of events.
#include <cmath>
#include <optional>

#include "aggregates/aggregate_families.h"
#include "aggregates/ordered_value.h"
#include "aggregates/value_bytes.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

using enum AggregateFunction;

Status DeltaOverflow() {
  return Status(Reason::kValueOutOfRange, "a difference of integers does not fit into int64",
                "take floats instead (x::float64)");
}
Status AgeOverflow() {
  return Status(Reason::kValueOutOfRange, "the time between two instants does not fit into int64 microseconds",
                "the event times are wrong");
}

Status SetDelta(std::int64_t first, std::int64_t last, ResultColumn& result, std::int64_t row) {
  std::int64_t delta = 0;
  if (__builtin_sub_overflow(last, first, &delta)) return DeltaOverflow();
  result.SetInteger(row, delta);
  return Status();
}
Status SetDelta(double first, double last, ResultColumn& result, std::int64_t row) {
  const double delta = last - first;
  result.SetFloat(row, std::isnan(delta) ? ResultNan() : delta);
  return Status();
}
Status SetAge(std::int64_t time_us, std::int64_t now_us, ResultColumn& result, std::int64_t row) {
  std::int64_t age_us = 0;
  if (__builtin_sub_overflow(now_us, time_us, &age_us)) return AgeOverflow();
  result.SetInteger(row, age_us);
  return Status();
}

class EdgeKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    const CountedEvents& events = *input.events;
    for (const KernelFunction& function : input.functions) {
      for (const EventRange& range : function.ranges) {
        const std::int64_t begin = events.Place(range.begin);
        const std::int64_t end = events.Place(range.end);
        if (begin == end) {
          function.result->SetNull(range.row);
        } else {
          LARDER_RETURN_IF_ERROR(Finish(function, range, {begin, end - 1}, events));
        }
      }
    }
    return Status();
  }

 private:
  struct Ends {
    std::int64_t first;
    std::int64_t last;
  };
  static Status Finish(const KernelFunction& function, const EventRange& range, Ends ends,
                       const CountedEvents& events) {
    const auto [first, last] = ends;
    ResultColumn& result = *function.result;
    switch (function.aggregate->function()) {
      case kTimeSinceFirst:
        return SetAge(events.times_us[first], range.time_us, result, range.row);
      case kTimeSinceLast:
        return SetAge(events.times_us[last], range.time_us, result, range.row);
      case kDelta:
        return Delta(events.inputs[0], first, last, {&result, range.row});
      default:
        result.SetFrom(range.row, events.inputs[0], function.aggregate->function() == kFirst ? first : last);
        return Status();
    }
  }

  struct Place {
    ResultColumn* result;
    std::int64_t row;
  };
  static Status Delta(const Vector& values, std::int64_t first, std::int64_t last, const Place& to) {
    if (StorageOf(values.type) == Storage::kInteger) {
      return SetDelta(values.At<std::int64_t>(first), values.At<std::int64_t>(last), *to.result, to.row);
    }
    return SetDelta(values.At<double>(first), values.At<double>(last), *to.result, to.row);
  }
};

class EdgeState final : public AggregateState {
 public:
  explicit EdgeState(std::optional<ValueType> type) : type_(type) {}

  void Clear() override { count_ = 0; }
  Status Add(const StateEvent& event) override {
    const OrderedValue value = OrderedValue::Of(event, type_ ? event.inputs[0] : nullptr);
    Take(value, value, 1);
    return Status();
  }
  bool Remove(const StateEvent& event) override {
    if (--count_ == 0) return true;
    const OrderedValue value = OrderedValue::Of(event, type_ ? event.inputs[0] : nullptr);
    return first_ < value && value < last_;
  }
  void Encode(std::string& out) override {
    AppendVarint(static_cast<std::uint64_t>(count_), out);
    if (count_ == 0) return;
    first_.Encode(out);
    last_.Encode(out);
  }
  bool Merge(ByteReader& reader) override {
    std::int64_t count = 0;
    if (count_ > kMaxStateEvents || !MergeCount(reader, count)) return false;
    if (count == 0) return true;
    OrderedValue first;
    OrderedValue last;
    const ValueType* type = type_ ? &*type_ : nullptr;
    if (!first.Decode(reader, type) || !last.Decode(reader, type) || last < first) return false;
    Take(first, last, count);
    return true;
  }
  Status Finish(const StateResult& to) override {
    const AggregateFunction function = to.aggregate->function();
    if (count_ == 0) {
      to.result->SetNull(to.row);
    } else if (function == kTimeSinceFirst) {
      return SetAge(first_.time_us, to.time_us, *to.result, to.row);
    } else if (function == kTimeSinceLast) {
      return SetAge(last_.time_us, to.time_us, *to.result, to.row);
    } else if (function == kDelta) {
      return Delta(to);
    } else {
      SetFromValueBytes(function == kFirst ? first_.value : last_.value, *to.result, to.row);
    }
    return Status();
  }

 private:
  Status Delta(const StateResult& to) const {
    const char* first = first_.value.data();
    const char* last = last_.value.data();
    if (to.aggregate->type().is_integer()) {
      return SetDelta(LoadFixed<std::int64_t>(first), LoadFixed<std::int64_t>(last), *to.result, to.row);
    }
    return SetDelta(LoadFixed<double>(first), LoadFixed<double>(last), *to.result, to.row);
  }
  void Take(const OrderedValue& first, const OrderedValue& last, std::int64_t count) {
    if (count_ == 0 || first < first_) first_ = first;
    if (count_ == 0 || last_ < last) last_ = last;
    count_ += count;
  }

  std::optional<ValueType> type_;  // absent: only times matter
  std::int64_t count_ = 0;
  OrderedValue first_;
  OrderedValue last_;
};

}  // namespace

std::vector<AggregateRow> EdgeAggregates() {
  constexpr auto kEdges = AggregateFamily::kEdges;
  const std::vector<AggregateInput> any = {{"of", InputTypes::kAny}};
  const std::vector<AggregateInput> optional = {{"of", InputTypes::kAny, true}};
  constexpr std::string_view kValue = "a value as others";
  return {
      {kFirst,
       "first",
       kEdges,
       true,
       any,
       {},
       ResultRule::kSame,
       "Gives the first value that is not null",
       kValue,
       "null",
       "first of [null, 'a', 'b']",
       "'a'"},
      {kLast,
       "last",
       kEdges,
       true,
       any,
       {},
       ResultRule::kSame,
       "Gives the last value that is not null",
       kValue,
       "null",
       "last of ['a', 'b', null]",
       "'b'"},
      {kDelta,
       "delta",
       kEdges,
       true,
       {{"of", InputTypes::kNumber}},
       {},
       ResultRule::kWidest,
       "Gives the last value minus the first; an integer overflow is an error",
       kValue,
       "null",
       "delta of [5, 9, 7]",
       "2"},
      {kTimeSinceFirst,
       "time_since_first",
       kEdges,
       true,
       optional,
       {},
       ResultRule::kInt64,
       "Gives the microseconds from the first value that is not null, without `of` the first row, to the moment asked "
       "about",
       kValue,
       "null",
       "time_since_first of [null, 1, 2]",
       "1000000"},
      {kTimeSinceLast,
       "time_since_last",
       kEdges,
       true,
       optional,
       {},
       ResultRule::kInt64,
       "Gives the microseconds from the last value that is not null, without `of` the last row, to the moment asked "
       "about",
       kValue,
       "null",
       "time_since_last of [1, null, null]",
       "2000000"},
  };
}

std::unique_ptr<WindowKernel> MakeEdgeKernel() { return std::make_unique<EdgeKernel>(); }
std::unique_ptr<AggregateState> MakeEdgeState(const BoundAggregate& aggregate) {
  std::optional<ValueType> type;
  if (!aggregate.inputs().empty()) type = aggregate.inputs()[0];
  return std::make_unique<EdgeState>(type);
}

}  // namespace larder
