// How many distinct values, which is the most frequent, and how evenly they are spread.
#include <algorithm>
#include <bit>
#include <cmath>

#include "aggregates/aggregate_families.h"
#include "aggregates/ranked_values.h"
#include "exact/exact_sum.h"

namespace larder {
namespace {

using enum AggregateFunction;

// Counts ranks, and finds the least of the most frequent: a tree of greatest counts.
class FrequencyTree {
 public:
  void Reset(std::int64_t rank_count) {
    leaves_ = std::bit_ceil(static_cast<std::size_t>(std::max<std::int64_t>(rank_count, 1)));
    counts_.assign(2 * leaves_, 0);
  }
  std::int64_t Count(std::int64_t rank) const { return counts_[leaves_ + static_cast<std::size_t>(rank)]; }
  void Set(std::int64_t rank, std::int64_t count) {
    std::size_t node = leaves_ + static_cast<std::size_t>(rank);
    counts_[node] = count;
    for (node /= 2; node > 0; node /= 2) counts_[node] = std::max(counts_[2 * node], counts_[2 * node + 1]);
  }
  std::int64_t MostFrequent() const {
    std::size_t node = 1;
    while (node < leaves_) node = counts_[2 * node] == counts_[node] ? 2 * node : 2 * node + 1;
    return static_cast<std::int64_t>(node - leaves_);
  }
  std::int64_t scratch_bytes() const { return static_cast<std::int64_t>(sizeof(std::int64_t) * counts_.capacity()); }

 private:
  std::size_t leaves_ = 1;
  std::vector<std::int64_t> counts_;
};

double Weighted(std::int64_t count) { return static_cast<double>(count) * std::log2(static_cast<double>(count)); }

class DistinctWindow {
 public:
  DistinctWindow(const CountedEvents& events, const RankedValues& ranked, FrequencyTree& tree,
                 std::span<const KernelFunction> functions)
      : values_(events.inputs[0]), ranked_(ranked), tree_(tree), functions_(functions) {
    needs_entropy_ = std::any_of(functions.begin(), functions.end(), [](const KernelFunction& function) {
      return function.aggregate->function() == kEntropy;
    });
  }

  void Add(std::int64_t event) { Count(ranked_.rank(event), 1); }
  void Remove(std::int64_t event) { Count(ranked_.rank(event), -1); }

  Status Give(const EventRange& range) {
    for (const KernelFunction& function : functions_) {
      const AggregateFunction kind = function.aggregate->function();
      if (kind == kCountDistinct) {
        function.result->SetInteger(range.row, distinct_count_);
      } else if (event_count_ == 0) {
        function.result->SetNull(range.row);
      } else if (kind == kMode) {
        GiveMode(function, range.row);
      } else {
        function.result->SetFloat(range.row, Entropy());
      }
    }
    return Status();
  }

 private:
  void Count(std::int64_t rank, std::int64_t step) {
    const std::int64_t before = tree_.Count(rank);
    const std::int64_t after = before + step;
    tree_.Set(rank, after);
    event_count_ += step;
    distinct_count_ += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
    if (!needs_entropy_) return;
    // 1 * log(1) is nothing.
    if (before > 1) weighted_.Remove(Weighted(before));
    if (after > 1) weighted_.Add(Weighted(after));
  }

  void GiveMode(const KernelFunction& function, std::int64_t row) const {
    const std::int64_t event = ranked_.event(tree_.MostFrequent());
    if (StorageOf(values_.type) != Storage::kFloat) return function.result->SetFrom(row, values_, event);
    const double value = values_.At<double>(event);
    function.result->SetFloat(row, std::isnan(value) ? ResultNan() : value == 0 ? 0.0 : value);
  }

  double Entropy() {
    if (distinct_count_ == 1) return 0.0;
    const double spread = weighted_.FiniteSum().RoundedQuotient(static_cast<std::uint64_t>(event_count_), 1);
    return std::max(std::log2(static_cast<double>(event_count_)) - spread, 0.0);
  }

  const Vector& values_;
  const RankedValues& ranked_;
  FrequencyTree& tree_;
  std::span<const KernelFunction> functions_;
  bool needs_entropy_ = false;
  std::int64_t event_count_ = 0;
  std::int64_t distinct_count_ = 0;
  ExactSum weighted_;
};

class DistinctKernel final : public WindowKernel {
 public:
  Status Evaluate(const KernelInput& input) override {
    LARDER_RETURN_IF_ERROR(CheckHolisticLimit(input));
    ranked_.Rank(*input.events, true);
    tree_.Reset(ranked_.rank_count());
    return ForEachWindow(input, [&](std::span<const KernelFunction> functions) {
      DistinctWindow window(*input.events, ranked_, tree_, functions);
      return MoveOverRanges(*input.events, functions[0].ranges, window);
    });
  }
  std::int64_t scratch_bytes() const override { return ranked_.scratch_bytes() + tree_.scratch_bytes(); }

 private:
  RankedValues ranked_;
  FrequencyTree tree_;
};

}  // namespace

std::vector<AggregateRow> DistinctAggregates() {
  constexpr auto kDistinct = AggregateFamily::kDistinct;
  const std::vector<AggregateInput> ordered = {{"of", InputTypes::kOrdered}};
  return {
      {kCountDistinct,
       "count_distinct",
       kDistinct,
       false,
       ordered,
       {},
       ResultRule::kInt64,
       "Counts the distinct values, exactly",
       "one value; -0.0 is 0.0",
       "0",
       "count_distinct of ['a', 'b', 'a']",
       "2"},
      {kMode,
       "mode",
       kDistinct,
       false,
       ordered,
       {},
       ResultRule::kSame,
       "Gives the most frequent value; of equally frequent ones the least",
       "one value, the greatest; -0.0 is 0.0",
       "null",
       "mode of [3, 1, 3, 1, 2]",
       "1"},
      {kEntropy,
       "entropy",
       kDistinct,
       false,
       ordered,
       {},
       ResultRule::kFloat64,
       "Gives Shannon's entropy of the values in bits: 0.0 when all are equal",
       "one value; -0.0 is 0.0",
       "null",
       "entropy of ['a', 'b', 'a', 'b']",
       "1.0"},
  };
}

std::unique_ptr<WindowKernel> MakeDistinctKernel() { return std::make_unique<DistinctKernel>(); }

}  // namespace larder
