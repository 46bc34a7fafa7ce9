// Arrow's buffers counted in the account of a job.
#pragma once

#include <memory>

#include <arrow/memory_pool.h>

#include "base/memory_budget.h"

namespace larder {

/// Makes a pool that allocates from `parent` and counts every byte in `budget`; an allocation that does not fit fails
/// with Arrow's OutOfMemory (kMemoryLimit after `FromArrow`). Both must outlive the pool, and the pool every buffer
/// that came from it. Thread-safe.
std::unique_ptr<arrow::MemoryPool> NewBudgetedPool(MemoryBudget& budget, arrow::MemoryPool& parent);

}  // namespace larder
