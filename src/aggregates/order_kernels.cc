// What depends on the order of events: lists, single places, and the largest fall.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "aggregates/aggregate_families.h"
#include "aggregates/ranked_values.h"
#include "exact/exact_sum.h"
#include "exact/rounded_quotient.h"

namespace larder {
namespace {

using enum AggregateFunction;

// Gives what stands at places of the counted events [begin, end).
struct PlaceGiver {
  const KernelFunction& function;
  const Vector* values;
  std::int64_t row;
  std::int64_t begin;
  std::int64_t end;

  std::int64_t count() const { return end - begin; }

  void GiveOne(std::int64_t place) const {
    if (place < begin || place >= end) return function.result->SetNull(row);
    function.result->SetFrom(row, *values, place);
  }
  void GiveList(std::int64_t from, std::int64_t to) const {
    if (begin == end) return function.result->SetNull(row);
    function.result->BeginList(row);
    for (std::int64_t i = from; i < to; ++i) function.result->AppendFrom(*values, i);
  }

  Status Give() const {
    const std::int64_t n = function.aggregate->options().count;
    switch (function.aggregate->function()) {
      case kNth:
        GiveOne(n > 0 ? begin + n - 1 : end + n);
        break;
      case kLag:
        GiveOne(end - 1 - n);
        break;
      case kFirstN:
        GiveList(begin, std::min(end, begin + n));
        break;
      case kLastN:
        GiveList(std::max(begin, end - n), end);
        break;
      default:
        if (count() > n) return TooLong();
        GiveList(begin, end);
    }
    return Status();
  }

  Status TooLong() const {
    return Status(Reason::kLimitExceeded,
                  "collect_list: a window holds too many values: " + std::to_string(count()) + ", at most " +
                      std::to_string(function.aggregate->options().count),
                  "give a greater n, or take last_n, which leaves out what is older");
  }
};

class OrderKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    LARDER_RETURN_IF_ERROR(CheckHolisticLimit(input));
    const CountedEvents& events = *input.events;
    for (const KernelFunction& function : input.functions) {
      for (const EventRange& range : function.ranges) {
        const PlaceGiver giver{function, &events.inputs[0], range.row, events.Place(range.begin),
                               events.Place(range.end)};
        LARDER_RETURN_IF_ERROR(giver.Give());
      }
    }
    return Status();
  }
};

// Returns how far a value lies below another that is not less.
double FallOf(double from, double to) { return from - to; }
std::uint64_t FallOf(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(from) - static_cast<std::uint64_t>(to);
}

// Holds what a stretch of events tells about falls; two that follow each other make one. NaN is skipped.
template <class T>
struct Stretch {
  using Fall = decltype(FallOf(T(), T()));
  bool is_empty = true;
  T greatest{};
  T least{};
  Fall fall{};

  static Stretch Of(T value) {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(value)) return {};
    }
    return {false, value, value, Fall{}};
  }
  friend Stretch Joined(const Stretch& a, const Stretch& b) {
    if (a.is_empty) return b;
    if (b.is_empty) return a;
    Stretch joined{false, std::max(a.greatest, b.greatest), std::min(a.least, b.least), std::max(a.fall, b.fall)};
    if (a.greatest > b.least) joined.fall = std::max(joined.fall, FallOf(a.greatest, b.least));
    return joined;
  }
};

// Keeps the stretch from each event to a middle, and that from the middle on: two stacks.
template <class T>
class DrawdownStacks {
 public:
  Status Evaluate(const KernelInput& input) {
    const auto* values = input.events->inputs[0].Values<T>();
    for (const KernelFunction& function : input.functions) {
      middle_ = last_ = 0;
      for (const EventRange& range : function.ranges) {
        const std::int64_t begin = input.events->Place(range.begin);
        const std::int64_t end = input.events->Place(range.end);
        if (begin == end) {
          function.result->SetNull(range.row);
          continue;
        }
        Move(values, begin, end);
        const Stretch<T> whole = Joined(from_[static_cast<std::size_t>(begin - first_)], after_);
        LARDER_RETURN_IF_ERROR(Give(whole, *function.result, range.row));
      }
    }
    return Status();
  }
  std::int64_t scratch_bytes() const { return static_cast<std::int64_t>(sizeof(Stretch<T>) * from_.capacity()); }

 private:
  void Move(const T* values, std::int64_t begin, std::int64_t end) {
    if (begin >= middle_) {
      first_ = begin;
      middle_ = end;
      from_.resize(static_cast<std::size_t>(end - begin));
      after_ = {};
      Stretch<T> stretch;
      for (std::int64_t i = end; i-- > begin;) {
        stretch = Joined(Stretch<T>::Of(values[i]), stretch);
        from_[static_cast<std::size_t>(i - begin)] = stretch;
      }
    } else {
      for (std::int64_t i = last_; i < end; ++i) after_ = Joined(after_, Stretch<T>::Of(values[i]));
    }
    last_ = end;
  }

  static Status Give(const Stretch<T>& whole, ResultColumn& result, std::int64_t row) {
    if constexpr (std::is_floating_point_v<T>) {
      result.SetFloat(row, whole.is_empty ? ResultNan() : whole.fall);
    } else {
      if (whole.fall > static_cast<std::uint64_t>(INT64_MAX)) {
        return Status(Reason::kValueOutOfRange, "drawdown: a difference of integers does not fit into int64",
                      "take floats instead (x::float64)");
      }
      result.SetInteger(row, static_cast<std::int64_t>(whole.fall));
    }
    return Status();
  }

  std::int64_t first_ = 0;
  std::int64_t middle_ = 0;
  std::int64_t last_ = 0;
  std::vector<Stretch<T>> from_;
  Stretch<T> after_;
};

class DrawdownKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    LARDER_RETURN_IF_ERROR(CheckHolisticLimit(input));
    return StorageOf(input.events->inputs[0].type) == Storage::kInteger ? integers_.Evaluate(input)
                                                                        : floats_.Evaluate(input);
  }
  std::int64_t scratch_bytes() const override { return integers_.scratch_bytes() + floats_.scratch_bytes(); }

 private:
  DrawdownStacks<std::int64_t> integers_;
  DrawdownStacks<double> floats_;
};

AggregateRow ListRow(AggregateFunction function, std::string_view name, std::string_view documentation) {
  AggregateRow row{function, name, AggregateFamily::kOrders, false};
  row.inputs = {{"of", InputTypes::kOrdered}};
  row.parameters = {{"n", ParameterKind::kCount, kMaxListCount}};
  row.result = ResultRule::kListOfSame;
  row.documentation = documentation;
  row.nan = "a value as others";
  row.empty = "null";
  return row;
}

}  // namespace

std::vector<AggregateRow> OrderAggregates() {
  std::vector<AggregateRow> rows = {
      ListRow(kFirstN, "first_n", "Lists the first `n` values that are not null, in the order of events"),
      ListRow(kLastN, "last_n", "Lists the last `n` values that are not null, in the order of events"),
      ListRow(kNth, "nth", "Gives the `n`-th value that is not null, from 1; below 0 from the end: -1 is the last"),
      ListRow(kLag, "lag", "Gives the value `n` before the last, of those that are not null"),
      ListRow(kCollectList, "collect_list",
              "Lists all values that are not null, in the order of events; more than `n` of them are an error"),
      ListRow(kDrawdown, "drawdown", "Gives the largest fall from a value to a later one; 0 when none is below"),
  };
  for (const std::size_t one : {std::size_t{2}, std::size_t{3}}) {
    rows[one].inputs[0].types = InputTypes::kAny;
    rows[one].result = ResultRule::kSame;
  }
  rows[2].parameters[0].kind = ParameterKind::kPlace;
  AggregateRow& drawdown = rows[5];
  drawdown.family = AggregateFamily::kDrawdowns;
  drawdown.inputs[0].types = InputTypes::kNumber;
  drawdown.parameters.clear();
  drawdown.result = ResultRule::kWidest;
  drawdown.nan = "skipped, unless all are NaN";
  constexpr std::string_view kExamples[][2] = {
      {"first_n(2) of ['a', null, 'b', 'c']", "['a', 'b']"},
      {"last_n(2) of ['a', 'b', 'c', null]", "['b', 'c']"},
      {"nth(-2) of [4, 5, 6]", "5"},
      {"lag(1) of [4, 5, 6]", "5"},
      {"collect_list(100) of [4, null, 4]", "[4, 4]"},
      {"drawdown of [5, 9, 3, 7, 2]", "7"},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].example = kExamples[i][0];
    rows[i].expected = kExamples[i][1];
  }
  return rows;
}

std::unique_ptr<WindowKernel> MakeOrderKernel() { return std::make_unique<OrderKernel>(); }
std::unique_ptr<WindowKernel> MakeDrawdownKernel() { return std::make_unique<DrawdownKernel>(); }

}  // namespace larder
