#include "aggregates/aggregate_families.h"

namespace larder {

CountRule CountRuleOf(const BoundAggregate& aggregate) {
  if (aggregate.function() == AggregateFunction::kCountNull) return CountRule::kNull;
  return aggregate.inputs().empty() ? CountRule::kSelected : CountRule::kValid;
}

bool SharesState(const BoundAggregate& a, const BoundAggregate& b) {
  return a.family() == b.family() && a.inputs() == b.inputs() && CountRuleOf(a) == CountRuleOf(b);
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
  }
  LARDER_CHECK(false);
}

std::unique_ptr<AggregateState> MakeAggregateState(std::span<const BoundAggregate* const> functions) {
  switch (functions[0]->family()) {
    case AggregateFamily::kCounts:
      return MakeCountState();
    case AggregateFamily::kMoments:
      return MakeMomentState(functions);
    case AggregateFamily::kExtremes:
      return MakeExtremeState(*functions[0]);
    case AggregateFamily::kEdges:
      return MakeEdgeState(*functions[0]);
  }
  LARDER_CHECK(false);
}

}  // namespace larder
