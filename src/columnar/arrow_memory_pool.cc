#include "columnar/arrow_memory_pool.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

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

// Lives as BudgetedPool does. Blocks of like size are one class: sizes are rounded up by an eighth at most.
class RecyclingPool final : public arrow::MemoryPool {
 public:
  RecyclingPool(std::int64_t most_kept_bytes, arrow::MemoryPool& parent)
      : most_kept_bytes_(most_kept_bytes), parent_(parent) {}

  // Called once, when the handle goes: nobody asks any more.
  void Detach() {
    {
      const std::lock_guard lock(mutex_);
      most_kept_bytes_ = 0;
      for (auto& [size, blocks] : kept_) {
        for (std::uint8_t* block : blocks) parent_.Free(block, size, arrow::kDefaultBufferAlignment);
      }
      kept_.clear();
      kept_bytes_ = 0;
    }
    LetGo();
  }

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override {
    const std::int64_t rounded = RoundUp(size, alignment);
    *out = TakeKept(rounded);
    if (*out == nullptr) ARROW_RETURN_NOT_OK(parent_.Allocate(rounded, alignment, out));
    holders_.fetch_add(1, std::memory_order_relaxed);
    allocation_count_.fetch_add(1, std::memory_order_relaxed);
    total_bytes_.fetch_add(size, std::memory_order_relaxed);
    bytes_.fetch_add(size, std::memory_order_relaxed);
    return arrow::Status::OK();
  }

  arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                           std::uint8_t** pointer) override {
    if (RoundUp(old_size, alignment) == RoundUp(new_size, alignment)) {
      bytes_.fetch_add(new_size - old_size, std::memory_order_relaxed);
      return arrow::Status::OK();
    }
    std::uint8_t* moved = nullptr;
    ARROW_RETURN_NOT_OK(Allocate(new_size, alignment, &moved));
    std::memcpy(moved, *pointer, static_cast<std::size_t>(std::min(old_size, new_size)));
    Free(*pointer, old_size, alignment);
    *pointer = moved;
    return arrow::Status::OK();
  }

  void Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) override {
    bytes_.fetch_sub(size, std::memory_order_relaxed);
    const std::int64_t rounded = RoundUp(size, alignment);
    if (!Keep(buffer, rounded, alignment)) parent_.Free(buffer, rounded, alignment);
    LetGo();
  }

  std::int64_t bytes_allocated() const override { return bytes_; }
  std::int64_t total_bytes_allocated() const override { return total_bytes_; }
  std::int64_t num_allocations() const override { return allocation_count_; }
  std::string backend_name() const override { return parent_.backend_name(); }

 private:
  // Smaller ones cost the parent little.
  static constexpr std::int64_t kLeastKept = 32 << 10;

  ~RecyclingPool() override = default;

  static std::int64_t RoundUp(std::int64_t size, std::int64_t alignment) {
    if (size < kLeastKept || alignment > arrow::kDefaultBufferAlignment) return size;
    const std::uint64_t step = std::bit_floor(static_cast<std::uint64_t>(size)) / 8;
    return static_cast<std::int64_t>((static_cast<std::uint64_t>(size) + step - 1) / step * step);
  }

  std::uint8_t* TakeKept(std::int64_t rounded) {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(rounded);
    if (found == kept_.end() || found->second.empty()) return nullptr;
    std::uint8_t* block = found->second.back();
    found->second.pop_back();
    kept_bytes_ -= rounded;
    return block;
  }

  bool Keep(std::uint8_t* block, std::int64_t rounded, std::int64_t alignment) {
    if (rounded < kLeastKept || alignment > arrow::kDefaultBufferAlignment) return false;
    const std::lock_guard lock(mutex_);
    if (kept_bytes_ + rounded > most_kept_bytes_) return false;
    kept_[rounded].push_back(block);
    kept_bytes_ += rounded;
    return true;
  }

  void LetGo() {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  std::mutex mutex_;
  std::int64_t most_kept_bytes_;
  std::map<std::int64_t, std::vector<std::uint8_t*>> kept_;  // by size; all are aligned as Arrow's buffers are
  std::int64_t kept_bytes_ = 0;
  arrow::MemoryPool& parent_;
  std::atomic<std::int64_t> bytes_{0};
  std::atomic<std::int64_t> total_bytes_{0};
  std::atomic<std::int64_t> allocation_count_{0};
  std::atomic<std::int64_t> holders_{1};
};

}  // namespace

std::shared_ptr<arrow::MemoryPool> NewRecyclingPool(std::int64_t most_kept_bytes, arrow::MemoryPool& parent) {
  auto* const pool = new RecyclingPool(most_kept_bytes, parent);
  return std::shared_ptr<arrow::MemoryPool>(pool, [pool](arrow::MemoryPool*) { pool->Detach(); });
}

std::shared_ptr<arrow::MemoryPool> NewBudgetedPool(MemoryBudget& budget, arrow::MemoryPool& parent) {
  auto* const pool = new BudgetedPool(budget, parent);
  return std::shared_ptr<arrow::MemoryPool>(pool, [pool](arrow::MemoryPool*) { pool->Detach(); });
}

}  // namespace larder
