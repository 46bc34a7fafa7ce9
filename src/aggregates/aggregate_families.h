// The list of families: which kernel and which state each has, and which events count for it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "aggregates/family_state.h"
#include "aggregates/window_kernel.h"

namespace larder {

/// Says which events count for a function.
enum class CountRule : std::uint8_t {
  kSelected,  ///< those that `where` selects
  kValid,     ///< of these, those without a null input
  kNull,      ///< of these, those with a null input
  kCategory,  ///< of the selected, those whose last input, the category, is not null
};

/// Returns the rule of a bound aggregate.
CountRule CountRuleOf(const BoundAggregate& aggregate);

/// Makes the kernel of a group of functions that share a scan; each is of the family of the first.
std::unique_ptr<WindowKernel> MakeWindowKernel(std::span<const BoundAggregate* const> functions);

/// Makes the empty state of functions that share one; mergeable ones only.
std::unique_ptr<AggregateState> MakeAggregateState(std::span<const BoundAggregate* const> functions);

/// Makes what a family has, each in its file of kernels: rows of the table, kernel, state. A family without a kernel of
/// its own moves its state (state_kernel.h); one without a state is holistic.
std::vector<AggregateRow> CountAggregates();
std::unique_ptr<WindowKernel> MakeCountKernel();
std::unique_ptr<AggregateState> MakeCountState();
std::vector<AggregateRow> MomentAggregates();
std::unique_ptr<WindowKernel> MakeMomentKernel(std::span<const BoundAggregate* const> functions);
std::unique_ptr<AggregateState> MakeMomentState(std::span<const BoundAggregate* const> functions);
std::vector<AggregateRow> ExtremeAggregates();
std::unique_ptr<WindowKernel> MakeExtremeKernel();
std::unique_ptr<AggregateState> MakeExtremeState(const BoundAggregate& aggregate);
std::vector<AggregateRow> EdgeAggregates();
std::unique_ptr<WindowKernel> MakeEdgeKernel();
std::unique_ptr<AggregateState> MakeEdgeState(const BoundAggregate& aggregate);
std::vector<AggregateRow> ArgumentAggregates();
std::unique_ptr<WindowKernel> MakeArgumentKernel();
std::unique_ptr<AggregateState> MakeArgumentState(const BoundAggregate& aggregate);
std::vector<AggregateRow> ShapeAggregates();
std::unique_ptr<AggregateState> MakeShapeState();
std::vector<AggregateRow> PairAggregates();
std::unique_ptr<AggregateState> MakePairState(bool is_over_time);
std::vector<AggregateRow> RatioAggregates();
std::unique_ptr<AggregateState> MakeRatioState();
std::unique_ptr<AggregateState> MakeRateState(bool has_input);
std::vector<AggregateRow> TallyAggregates();
std::unique_ptr<AggregateState> MakeTruthState();
std::unique_ptr<AggregateState> MakeHistogramState(const std::vector<double>& edges);
std::vector<AggregateRow> DistinctSketchAggregates();
std::unique_ptr<WindowKernel> MakeDistinctSketchKernel();
std::unique_ptr<AggregateState> MakeDistinctSketchState();
std::vector<AggregateRow> QuantileSketchAggregates();
std::unique_ptr<AggregateState> MakeQuantileSketchState();
std::vector<AggregateRow> DecayAggregates();
std::unique_ptr<AggregateState> MakeDecayState(std::int64_t half_life_us);
std::vector<AggregateRow> VectorAggregates();
std::unique_ptr<AggregateState> MakeVectorSumState();
std::unique_ptr<WindowKernel> MakeVectorMaxKernel();
std::unique_ptr<AggregateState> MakeVectorMaxState();
std::vector<AggregateRow> QuantileAggregates();
std::unique_ptr<WindowKernel> MakeQuantileKernel();
std::vector<AggregateRow> DistinctAggregates();
std::unique_ptr<WindowKernel> MakeDistinctKernel();
std::vector<AggregateRow> OrderAggregates();
std::unique_ptr<WindowKernel> MakeOrderKernel();
std::unique_ptr<WindowKernel> MakeDrawdownKernel();
std::unique_ptr<WindowKernel> MakePerCategoryKernel();
std::unique_ptr<AggregateState> MakePerCategoryState(std::span<const BoundAggregate* const> functions);

}  // namespace larder
