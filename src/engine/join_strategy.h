// The ways to join a view, and which one fits the sizes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace larder {

/// Names how the rows of a view meet those of the left side. All give the same bytes.
enum class JoinStrategy : std::uint8_t {
  kNothing,  ///< no row of the left side can match: nothing is read
  kMerge,    ///< both sides sorted by key and time, and merged
  kSlots,    ///< the left side sorted; the view's rows read once, each offered to the one left row that it could serve
};

/// Returns "nothing", "merge" or "slots".
std::string_view JoinStrategyName(JoinStrategy strategy);

/// Holds a choice and why it was made.
struct StrategyChoice {
  JoinStrategy strategy = JoinStrategy::kNothing;
  std::string reason;  ///< part of a sentence, such as "both sides fit in memory"
};

/// Holds what a choice is made from.
struct JoinSizes {
  std::int64_t left_rows = 0;
  std::int64_t view_rows = 0;   ///< about, after pruning by what files record
  std::int64_t free_bytes = 0;  ///< of the budget
};

/// Chooses between kMerge and kSlots: slots where the view has many times the rows of the left side, or where its keys
/// and times would take more than half of the memory that is left.
StrategyChoice ChooseStrategy(const JoinSizes& sizes);

}  // namespace larder
