// Arrow's buffers counted in the account of a job.
#pragma once

#include <memory>

#include <arrow/memory_pool.h>

#include "base/memory_budget.h"

namespace larder {

/// Makes a pool that allocates from `parent` and counts every byte in `budget`; an allocation that does not fit fails
/// with Arrow's OutOfMemory (kMemoryLimit after `FromArrow`). `parent` must outlive every buffer. `budget` must outlive
/// the pointer returned, not the buffers: threads of Arrow may let go of the last of them a moment later; what they
/// still hold when the pointer goes is given back to the budget then. Thread-safe.
std::shared_ptr<arrow::MemoryPool> NewBudgetedPool(MemoryBudget& budget, arrow::MemoryPool& parent);

/// Makes a pool that keeps freed blocks, up to `most_kept_bytes` together, for the next that ask for one of like size:
/// those who read and write columns free and take the same sizes again and again, and fresh pages of the system cost
/// more than what is done with them. Thread-safe. `parent` must live for ever; the handle may go before the buffers.
std::shared_ptr<arrow::MemoryPool> NewRecyclingPool(std::int64_t most_kept_bytes, arrow::MemoryPool& parent);

}  // namespace larder
