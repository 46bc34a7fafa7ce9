#include "engine/join_strategy.h"

namespace larder {
namespace {

// Beyond it a search for each row of the view costs less than sorting the view.
constexpr std::int64_t kManyTimes = 6;
// Of a row of the view while it is merged: its key, times and place, copied once, and its word.
constexpr std::int64_t kMergedBytes = 60;

}  // namespace

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

StrategyChoice ChooseStrategy(const JoinSizes& sizes) {
  if (sizes.view_rows / kManyTimes > sizes.left_rows) {
    return {JoinStrategy::kSlots, "few entity rows for many rows of the view"};
  }
  if (sizes.view_rows > sizes.free_bytes / 2 / kMergedBytes) {
    return {JoinStrategy::kSlots, "keys and times of the view do not fit in memory"};
  }
  return {JoinStrategy::kMerge, "keys and times of both sides fit in memory"};
}

}  // namespace larder
