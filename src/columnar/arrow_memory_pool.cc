#include "columnar/arrow_memory_pool.h"

#include <atomic>
#include <string>

namespace larder {
namespace {

class BudgetedPool final : public arrow::MemoryPool {
 public:
  BudgetedPool(MemoryBudget& budget, arrow::MemoryPool& parent) : budget_(budget), parent_(parent) {}

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override {
    ARROW_RETURN_NOT_OK(Take(size));
    const arrow::Status status = parent_.Allocate(size, alignment, out);
    if (!status.ok()) GiveBack(size);
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
  }

  std::int64_t bytes_allocated() const override { return bytes_.load(std::memory_order_relaxed); }
  std::int64_t total_bytes_allocated() const override { return total_bytes_.load(std::memory_order_relaxed); }
  std::int64_t num_allocations() const override { return allocation_count_.load(std::memory_order_relaxed); }
  std::string backend_name() const override { return parent_.backend_name(); }
  void ReleaseUnused() override { parent_.ReleaseUnused(); }

 private:
  arrow::Status Take(std::int64_t size) {
    if (size < 0) return arrow::Status::Invalid("negative size of an allocation");
    const Status status = budget_.Reserve(size, "columns");
    if (!status.ok()) return arrow::Status::OutOfMemory(std::string(status.message()));
    bytes_.fetch_add(size, std::memory_order_relaxed);
    total_bytes_.fetch_add(size, std::memory_order_relaxed);
    allocation_count_.fetch_add(1, std::memory_order_relaxed);
    return arrow::Status::OK();
  }

  void GiveBack(std::int64_t size) {
    bytes_.fetch_sub(size, std::memory_order_relaxed);
    budget_.Release(size);
  }

  MemoryBudget& budget_;
  arrow::MemoryPool& parent_;
  std::atomic<std::int64_t> bytes_{0};
  std::atomic<std::int64_t> total_bytes_{0};
  std::atomic<std::int64_t> allocation_count_{0};
};

}  // namespace

std::unique_ptr<arrow::MemoryPool> NewBudgetedPool(MemoryBudget& budget, arrow::MemoryPool& parent) {
  return std::make_unique<BudgetedPool>(budget, parent);
}

}  // namespace larder
