#include "engine/join_strategy.h"

namespace larder {

std::string_view JoinStrategyName(JoinStrategy strategy) {
  switch (strategy) {
    case JoinStrategy::kNothing:
      return "nothing";
    case JoinStrategy::kMerge:
      return "merge";
    case JoinStrategy::kSlots:
      return "slots";
  }
  return "";
}

}  // namespace larder
