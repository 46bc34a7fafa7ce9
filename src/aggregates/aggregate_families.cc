#include "aggregates/aggregate_families.h"

#include "aggregates/state_kernel.h"

namespace larder {

CountRule CountRuleOf(const BoundAggregate& aggregate) {
  if (aggregate.per()) return CountRule::kCategory;
  if (aggregate.function() == AggregateFunction::kCountNull) return CountRule::kNull;
  return aggregate.inputs().empty() ? CountRule::kSelected : CountRule::kValid;
}

bool SharesState(const BoundAggregate& a, const BoundAggregate& b) {
  if (a.family() != b.family() || a.inputs() != b.inputs() || CountRuleOf(a) != CountRuleOf(b)) return false;
  switch (a.family()) {
    case AggregateFamily::kHistograms:
      return a.options().edges == b.options().edges;
    case AggregateFamily::kDecays:
      return a.options().half_life_us == b.options().half_life_us;
    case AggregateFamily::kPerCategory:
      return a.per()->max_categories == b.per()->max_categories && SharesState(*a.inner(), *b.inner());
    default:
      return true;
  }
}

std::unique_ptr<WindowKernel> MakeWindowKernel(std::span<const BoundAggregate* const> functions) {
  switch (functions[0]->family()) {
    case AggregateFamily::kCounts:
      return MakeCountKernel();
    case AggregateFamily::kMoments:
      return MakeMomentKernel(functions);
    case AggregateFamily::kExtremes:
      return MakeExtremeKernel();
    case AggregateFamily::kEdges:
      return MakeEdgeKernel();
    case AggregateFamily::kArguments:
      return MakeArgumentKernel();
    case AggregateFamily::kDistinctSketches:
      return MakeDistinctSketchKernel();
    case AggregateFamily::kVectorMaxima:
      return MakeVectorMaxKernel();
    case AggregateFamily::kQuantiles:
      return MakeQuantileKernel();
    case AggregateFamily::kDistinct:
      return MakeDistinctKernel();
    case AggregateFamily::kOrders:
      return MakeOrderKernel();
    case AggregateFamily::kDrawdowns:
      return MakeDrawdownKernel();
    case AggregateFamily::kPerCategory:
      return MakePerCategoryKernel();
    default:
      return MakeStateKernel(MakeAggregateState(functions));
  }
}

std::unique_ptr<AggregateState> MakeAggregateState(std::span<const BoundAggregate* const> functions) {
  const BoundAggregate& first = *functions[0];
  switch (first.family()) {
    case AggregateFamily::kCounts:
      return MakeCountState();
    case AggregateFamily::kMoments:
      return MakeMomentState(functions);
    case AggregateFamily::kExtremes:
      return MakeExtremeState(first);
    case AggregateFamily::kEdges:
      return MakeEdgeState(first);
    case AggregateFamily::kArguments:
      return MakeArgumentState(first);
    case AggregateFamily::kShapes:
      return MakeShapeState();
    case AggregateFamily::kPairs:
      return MakePairState(false);
    case AggregateFamily::kTrends:
      return MakePairState(true);
    case AggregateFamily::kRatios:
      return MakeRatioState();
    case AggregateFamily::kRates:
      return MakeRateState(!first.inputs().empty());
    case AggregateFamily::kTruths:
      return MakeTruthState();
    case AggregateFamily::kHistograms:
      return MakeHistogramState(first.options().edges);
    case AggregateFamily::kDistinctSketches:
      return MakeDistinctSketchState();
    case AggregateFamily::kQuantileSketches:
      return MakeQuantileSketchState();
    case AggregateFamily::kDecays:
      return MakeDecayState(first.options().half_life_us);
    case AggregateFamily::kVectorSums:
      return MakeVectorSumState();
    case AggregateFamily::kVectorMaxima:
      return MakeVectorMaxState();
    case AggregateFamily::kPerCategory:
      return MakePerCategoryState(functions);
    case AggregateFamily::kQuantiles:
    case AggregateFamily::kDistinct:
    case AggregateFamily::kOrders:
    case AggregateFamily::kDrawdowns:
      break;
  }
  LARDER_CHECK(false);
}

}  // namespace larder
