// How many rows, values or nulls.
#include "aggregates/aggregate_families.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

class CountKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    const CountedEvents& events = *input.events;
    for (const KernelFunction& function : input.functions) {
      for (const EventRange& range : function.ranges) {
        function.result->SetInteger(range.row, events.Place(range.end) - events.Place(range.begin));
      }
    }
    return Status();
  }
};

class CountState final : public AggregateState {
 public:
  void Clear() override { count_ = 0; }
  Status Add(const StateEvent& /*event*/) override {
    ++count_;
    return Status();
  }
  bool Remove(const StateEvent& /*event*/) override {
    --count_;
    return true;
  }
  void Encode(std::string& out) override { AppendVarint(static_cast<std::uint64_t>(count_), out); }
  bool Merge(ByteReader& reader) override { return MergeCount(reader, count_); }
  Status Finish(const StateResult& to) override {
    to.result->SetInteger(to.row, count_);
    return Status();
  }

 private:
  std::int64_t count_ = 0;
};

}  // namespace

std::vector<AggregateRow> CountAggregates() {
  using enum AggregateFunction;
  constexpr auto kCounts = AggregateFamily::kCounts;
  return {
      {kCount,
       "count",
       kCounts,
       true,
       {{"of", InputTypes::kAny, true}},
       {},
       ResultRule::kInt64,
       "Counts the values that are not null; without `of` the rows",
       "counts",
       "0",
       "count of [1, null, 3]",
       "2"},
      {kCountNull,
       "count_null",
       kCounts,
       true,
       {{"of", InputTypes::kAny}},
       {},
       ResultRule::kInt64,
       "Counts the nulls",
       "does not count",
       "0",
       "count_null of [1, null, 3]",
       "1"},
  };
}

std::unique_ptr<WindowKernel> MakeCountKernel() { return std::make_unique<CountKernel>(); }
std::unique_ptr<AggregateState> MakeCountState() { return std::make_unique<CountState>(); }

}  // namespace larder
