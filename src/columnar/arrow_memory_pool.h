// Arrow's buffers counted in the account of a job.
#pragma once

#include <memory>

#include <arrow/memory_pool.h>

#include "base/memory_budget.h"

namespace larder {

/// Says what a pool does when the budget is full.
enum class FullBudget {
  kFails,     ///< the allocation fails with Arrow's OutOfMemory (kMemoryLimit after `FromArrow`)
  kIsCounted  ///< it is counted beyond the limit: whoever can do with less finds the budget full, and makes room
};

/// Makes a pool that allocates from `parent` and counts every byte in `budget`. It keeps freed blocks, up to a
/// sixteenth of the budget, for those who ask for one of like size: readers and writers of columns free and take the
/// same sizes again and again, and fresh pages of the system cost more than what is done with them. Kept blocks stay
/// counted, and are given back before an allocation fails. `parent` must outlive every buffer. `budget` must outlive
/// the pointer returned, not the buffers: threads of Arrow may let go of the last of them a moment later; what they
/// still hold when the pointer goes is given back to the budget then. Thread-safe.
std::shared_ptr<arrow::MemoryPool> NewBudgetedPool(MemoryBudget& budget, arrow::MemoryPool& parent,
                                                   FullBudget when_full = FullBudget::kFails);

}  // namespace larder
