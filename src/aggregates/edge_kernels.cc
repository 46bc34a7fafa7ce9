// The first and the last value of a window, in the canonical order of events.
#include <optional>

#include "aggregates/aggregate_families.h"
#include "aggregates/ordered_value.h"
#include "aggregates/value_bytes.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

class EdgeKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    const CountedEvents& events = *input.events;
    for (const KernelFunction& function : input.functions) {
      const bool is_first = function.aggregate->function() == AggregateFunction::kFirst;
      for (const EventRange& range : function.ranges) {
        const std::int64_t begin = events.Place(range.begin);
        const std::int64_t end = events.Place(range.end);
        if (begin == end) {
          function.result->SetNull(range.row);
        } else {
          function.result->SetFrom(range.row, events.inputs[0], is_first ? begin : end - 1);
        }
      }
    }
    return Status();
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
    if (count_ == 0) {
      to.result->SetNull(to.row);
    } else {
      const bool is_first = to.aggregate->function() == AggregateFunction::kFirst;
      SetFromValueBytes(is_first ? first_.value : last_.value, *to.result, to.row);
    }
    return Status();
  }

 private:
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
  using enum AggregateFunction;
  constexpr auto kEdges = AggregateFamily::kEdges;
  const std::vector<AggregateInput> any = {{"of", InputTypes::kAny}};
  return {
      {kFirst,
       "first",
       kEdges,
       true,
       any,
       {},
       ResultRule::kSame,
       "Gives the first value that is not null",
       "a value as others",
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
       "a value as others",
       "null",
       "last of ['a', 'b', null]",
       "'b'"},
  };
}

std::unique_ptr<WindowKernel> MakeEdgeKernel() { return std::make_unique<EdgeKernel>(); }
std::unique_ptr<AggregateState> MakeEdgeState(const BoundAggregate& aggregate) {
  std::optional<ValueType> type;
  if (!aggregate.inputs().empty()) type = aggregate.inputs()[0];
  return std::make_unique<EdgeState>(type);
}

}  // namespace larder
