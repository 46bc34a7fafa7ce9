#include "columnar/arrow_memory_pool.h"

#include <atomic>
#include <mutex>
#include <string>

namespace larder {
namespace {

// Lives until its handle and all of its buffers are gone: `holders_` counts them.
class BudgetedPool final : public arrow::MemoryPool {
 public:
  BudgetedPool(MemoryBudget& budget, arrow::MemoryPool& parent) : budget_(&budget), parent_(parent) {}

  // Called once, when the handle goes: from now on the budget may be gone.
  void Detach() {
    {
      const std::lock_guard lock(mutex_);
      budget_->Release(bytes_);
      budget_ = nullptr;
    }
    LetGo();
  }

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override {
    ARROW_RETURN_NOT_OK(Take(size));
    const arrow::Status status = parent_.Allocate(size, alignment, out);
    if (status.ok()) {
      holders_.fetch_add(1, std::memory_order_relaxed);
    } else {
      GiveBack(size);
    }
    return status;
  }

  arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                           std::uint8_t** pointer) override {
    // Old and new bytes may both be there for a moment; only the growth is asked for, as Arrow's own pools count.
    if (new_size > old_size) ARROW_RETURN_NOT_OK(Take(new_size - old_size));
    const arrow::Status status = parent_.Reallocate(old_size, new_size, alignment, pointer);
    if (!status.ok() && new_size > old_size) GiveBack(new_size - old_size);
    if (status.ok() && new_size < old_size) GiveBack(old_size - new_size);
    return status;
  }

  void Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) override {
    parent_.Free(buffer, size, alignment);
    GiveBack(size);
    LetGo();
  }

  std::int64_t bytes_allocated() const override {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }
  std::int64_t total_bytes_allocated() const override {
    const std::lock_guard lock(mutex_);
    return total_bytes_;
  }
  std::int64_t num_allocations() const override {
    const std::lock_guard lock(mutex_);
    return allocation_count_;
  }
  std::string backend_name() const override { return parent_.backend_name(); }
  void ReleaseUnused() override { parent_.ReleaseUnused(); }

 private:
  ~BudgetedPool() override = default;

  arrow::Status Take(std::int64_t size) {
    if (size < 0) return arrow::Status::Invalid("negative size of an allocation");
    const std::lock_guard lock(mutex_);
    if (budget_ != nullptr) {
      const Status status = budget_->Reserve(size, "columns");
      if (!status.ok()) return arrow::Status::OutOfMemory(std::string(status.message()));
    }
    bytes_ += size;
    total_bytes_ += size;
    ++allocation_count_;
    return arrow::Status::OK();
  }

  void GiveBack(std::int64_t size) {
    const std::lock_guard lock(mutex_);
    bytes_ -= size;
    if (budget_ != nullptr) budget_->Release(size);
  }

  void LetGo() {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  mutable std::mutex mutex_;
  MemoryBudget* budget_;  // nullptr: detached
  arrow::MemoryPool& parent_;
  std::int64_t bytes_ = 0;
  std::int64_t total_bytes_ = 0;
  std::int64_t allocation_count_ = 0;
  std::atomic<std::int64_t> holders_{1};
};

}  // namespace

std::shared_ptr<arrow::MemoryPool> NewBudgetedPool(MemoryBudget& budget, arrow::MemoryPool& parent) {
  auto* const pool = new BudgetedPool(budget, parent);
  return std::shared_ptr<arrow::MemoryPool>(pool, [pool](arrow::MemoryPool*) { pool->Detach(); });
}

}  // namespace larder
