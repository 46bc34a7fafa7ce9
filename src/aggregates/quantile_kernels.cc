// Exact quantiles, and the greatest and least values.
#include <algorithm>
#include <cmath>

#include "aggregates/aggregate_families.h"
#include "aggregates/ranked_values.h"
#include "exact/exact_sum.h"
#include "exact/rounded_quotient.h"
#include "exact/value_grid.h"

namespace larder {
namespace {

using enum AggregateFunction;

// Where a quantile lies: a share `rest / denominator` of the way from the value at `index` to the next.
struct QuantilePlace {
  std::int64_t index = 0;
  std::int64_t rest = 0;
  std::int64_t denominator = 1;
};

QuantilePlace ShareOf(const BoundAggregate& aggregate, std::int64_t count) {
  const Fraction fraction = aggregate.function() == kMedian ? Fraction{1, 2} : aggregate.options().share;
  const Int128 steps = Int128{count - 1} * fraction.numerator;
  return {static_cast<std::int64_t>(steps / fraction.denominator),
          static_cast<std::int64_t>(steps % fraction.denominator), fraction.denominator};
}

// (low * (denominator - rest) + high * rest) / denominator, exact and rounded once.
double Between(std::int64_t low, std::int64_t high, const QuantilePlace& place) {
  const Int128 sum = Int128{low} * (place.denominator - place.rest) + Int128{high} * place.rest;
  return RoundedQuotient(sum, static_cast<std::uint64_t>(place.denominator), 0);
}

double Between(double low, double high, const QuantilePlace& place) {
  if (place.rest == 0) return low;
  // What lies between two zeros is an exact zero: +0.0, whatever their signs.
  if (low == high) return low + 0.0;
  if (!std::isfinite(low) || !std::isfinite(high)) {
    const double sum = low + high;
    return std::isnan(sum) ? ResultNan() : sum;
  }
  const std::array<double, 2> both = {low, high};
  const ValueGrid grid = FindGrid(std::span<const double>(both));
  constexpr int kDenominatorBits = 32;
  if (grid.is_fine && grid.bits + kDenominatorBits < 126) {
    const GridValues on_grid(grid);
    const Int128 sum = on_grid.Wide(low) * (place.denominator - place.rest) + on_grid.Wide(high) * place.rest;
    return RoundedQuotient(sum, static_cast<std::uint64_t>(place.denominator), grid.exponent);
  }
  ExactProducts<2> sum;
  sum.Put({PartsOf(low), PartsOf(place.denominator - place.rest)}, false);
  sum.Put({PartsOf(high), PartsOf(place.rest)}, false);
  return sum.Sum().RoundedQuotient(static_cast<std::uint64_t>(place.denominator), 1);
}

// Holds the ranks of one window.
class QuantileWindow {
 public:
  QuantileWindow(const CountedEvents& events, const RankedValues& ranked, RankTree& tree,
                 std::span<const KernelFunction> functions)
      : values_(events.inputs[0]), ranked_(ranked), tree_(tree), functions_(functions) {}

  void Add(std::int64_t event) { tree_.Add(ranked_.rank(event), 1); }
  void Remove(std::int64_t event) { tree_.Add(ranked_.rank(event), -1); }

  Status Give(const EventRange& range) {
    for (const KernelFunction& function : functions_) {
      const AggregateFunction kind = function.aggregate->function();
      if (tree_.count() == 0) {
        function.result->SetNull(range.row);
      } else if (kind == kTopN || kind == kBottomN) {
        GiveList(function, range.row);
      } else {
        function.result->SetFloat(range.row, Quantile(*function.aggregate));
      }
    }
    return Status();
  }

 private:
  std::int64_t EventAt(std::int64_t index) const { return ranked_.event(tree_.Select(index)); }
  std::int64_t NanCount() const {
    if (!ranked_.has_nan()) return 0;
    // The values below the rank of NaN: the place where it begins.
    std::int64_t low = 0;
    std::int64_t high = tree_.count();
    while (low < high) {
      const std::int64_t middle = (low + high) / 2;
      tree_.Select(middle) == ranked_.rank_count() - 1 ? high = middle : low = middle + 1;
    }
    return tree_.count() - low;
  }

  double Quantile(const BoundAggregate& aggregate) const {
    const QuantilePlace place = ShareOf(aggregate, tree_.count());
    const std::int64_t low = EventAt(place.index);
    const std::int64_t high = place.rest == 0 ? low : EventAt(place.index + 1);
    if (StorageOf(values_.type) == Storage::kInteger) {
      return Between(values_.At<std::int64_t>(low), values_.At<std::int64_t>(high), place);
    }
    if (ranked_.has_nan() && std::isnan(values_.At<double>(EventAt(tree_.count() - 1)))) return ResultNan();
    return Between(values_.At<double>(low), values_.At<double>(high), place);
  }

  void GiveList(const KernelFunction& function, std::int64_t row) const {
    const std::int64_t value_count = tree_.count() - NanCount();
    const std::int64_t count = std::min(function.aggregate->options().count, value_count);
    const bool is_top = function.aggregate->function() == kTopN;
    function.result->BeginList(row);
    for (std::int64_t i = 0; i < count; ++i) {
      function.result->AppendFrom(values_, EventAt(is_top ? value_count - 1 - i : i));
    }
  }

  const Vector& values_;
  const RankedValues& ranked_;
  RankTree& tree_;
  std::span<const KernelFunction> functions_;
};

class QuantileKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    LARDER_RETURN_IF_ERROR(CheckHolisticLimit(input));
    ranked_.Rank(*input.events, false);
    tree_.Reset(ranked_.rank_count());
    return ForEachWindow(input, [&](std::span<const KernelFunction> functions) {
      QuantileWindow window(*input.events, ranked_, tree_, functions);
      return MoveOverRanges(*input.events, functions[0].ranges, window);
    });
  }
  std::int64_t scratch_bytes() const override { return ranked_.scratch_bytes() + tree_.scratch_bytes(); }

 private:
  RankedValues ranked_;
  RankTree tree_;
};

}  // namespace

std::vector<AggregateRow> QuantileAggregates() {
  constexpr auto kQuantiles = AggregateFamily::kQuantiles;
  const std::vector<AggregateInput> number = {{"of", InputTypes::kNumber}};
  const std::vector<AggregateInput> ordered = {{"of", InputTypes::kOrdered}};
  const std::vector<AggregateParameter> count = {{"n", ParameterKind::kCount, kMaxListCount}};
  return {
      {kMedian,
       "median",
       kQuantiles,
       false,
       number,
       {},
       ResultRule::kFloat64,
       "Gives the median; of an even count the exact half of the sum of the middle two, rounded once",
       "gives NaN",
       "null",
       "median of [4, 1, 3, 2]",
       "2.5"},
      {kQuantile,
       "quantile",
       kQuantiles,
       false,
       number,
       {{"p", ParameterKind::kFraction}},
       ResultRule::kFloat64,
       "Gives the quantile of the share `p`, linear between neighbours (type 7), exact and rounded once",
       "gives NaN",
       "null",
       "quantile(0.9) of [0, 10]",
       "9.0"},
      {kTopN, "top_n", kQuantiles, false, ordered, count, ResultRule::kListOfSame,
       "Lists the `n` greatest values, the greatest first, equal ones as often as they occur", "left out", "null",
       "top_n(2) of [3, 1, 3, 2]", "[3, 3]"},
      {kBottomN, "bottom_n", kQuantiles, false, ordered, count, ResultRule::kListOfSame,
       "Lists the `n` least values, the least first, equal ones as often as they occur", "left out", "null",
       "bottom_n(2) of [3, 1, 3, 2]", "[1, 2]"},
  };
}

std::unique_ptr<WindowKernel> MakeQuantileKernel() { return std::make_unique<QuantileKernel>(); }

}  // namespace larder
