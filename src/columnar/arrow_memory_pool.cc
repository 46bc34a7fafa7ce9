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

// Smaller blocks cost the parent little.
constexpr std::int64_t kLeastKept = 32 * 1024;
// The part of the budget, and the most bytes, that blocks without an owner may take.
constexpr std::int64_t kKeptShare = 16;
constexpr std::int64_t kMostKept = std::int64_t{256} << 20;

// Lives until its handle and all of its buffers are gone: `holders_` counts them. Blocks of like size are one class:
// sizes are rounded up by an eighth at most.
class BudgetedPool final : public arrow::MemoryPool {
 public:
  BudgetedPool(MemoryBudget& budget, arrow::MemoryPool& parent, FullBudget when_full)
      : budget_(&budget),
        parent_(parent),
        when_full_(when_full),
        most_kept_bytes_(std::min(budget.limit_bytes() / kKeptShare, kMostKept)) {}

  // Called once, when the handle goes: from now on the budget may be gone, and nobody asks any more.
  void Detach() {
    {
      const std::lock_guard lock(mutex_);
      FreeKept();
      most_kept_bytes_ = 0;
      budget_->Release(counted_bytes_);
      budget_ = nullptr;
    }
    LetGo();
  }

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override {
    if (size < 0) return arrow::Status::Invalid("negative size of an allocation");
    const std::int64_t rounded = RoundUp(size, alignment);
    {
      const std::lock_guard lock(mutex_);
      *out = TakeKept(rounded, alignment);
      if (*out == nullptr) ARROW_RETURN_NOT_OK(Count(rounded));
    }
    if (*out == nullptr) {
      const arrow::Status status = parent_.Allocate(rounded, alignment, out);
      if (!status.ok()) {
        GiveBack(rounded);
        return status;
      }
    }
    holders_.fetch_add(1, std::memory_order_relaxed);
    allocation_count_.fetch_add(1, std::memory_order_relaxed);
    total_bytes_.fetch_add(size, std::memory_order_relaxed);
    bytes_.fetch_add(size, std::memory_order_relaxed);
    return arrow::Status::OK();
  }

  arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                           std::uint8_t** pointer) override {
    if (new_size >= 0 && RoundUp(old_size, alignment) == RoundUp(new_size, alignment)) {
      bytes_.fetch_add(new_size - old_size, std::memory_order_relaxed);
      return arrow::Status::OK();
    }
    std::uint8_t* moved = nullptr;
    ARROW_RETURN_NOT_OK(Allocate(new_size, alignment, &moved));
    const std::int64_t kept = std::min(old_size, new_size);
    if (kept > 0) std::memcpy(moved, *pointer, static_cast<std::size_t>(kept));
    Free(*pointer, old_size, alignment);
    *pointer = moved;
    return arrow::Status::OK();
  }

  void Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) override {
    bytes_.fetch_sub(size, std::memory_order_relaxed);
    const std::int64_t rounded = RoundUp(size, alignment);
    if (!Keep(buffer, rounded, alignment)) {
      parent_.Free(buffer, rounded, alignment);
      GiveBack(rounded);
    }
    LetGo();
  }

  std::int64_t bytes_allocated() const override { return bytes_; }
  std::int64_t total_bytes_allocated() const override { return total_bytes_; }
  std::int64_t num_allocations() const override { return allocation_count_; }
  std::string backend_name() const override { return parent_.backend_name(); }
  void ReleaseUnused() override {
    const std::lock_guard lock(mutex_);
    FreeKept();
    parent_.ReleaseUnused();
  }

 private:
  ~BudgetedPool() override = default;

  static bool IsKeepable(std::int64_t size, std::int64_t alignment) {
    return size >= kLeastKept && alignment <= arrow::kDefaultBufferAlignment;
  }

  static std::int64_t RoundUp(std::int64_t size, std::int64_t alignment) {
    if (!IsKeepable(size, alignment)) return size;
    const std::uint64_t step = std::bit_floor(static_cast<std::uint64_t>(size)) / 8;
    return static_cast<std::int64_t>((static_cast<std::uint64_t>(size) + step - 1) / step * step);
  }

  // Under the lock, as what follows.
  arrow::Status Count(std::int64_t size) {
    counted_bytes_ += size;
    if (budget_ == nullptr) return arrow::Status::OK();
    if (!budget_->TryReserve(size)) {
      FreeKept();
      const Status status = budget_->Reserve(size, "columns");
      if (!status.ok() && when_full_ == FullBudget::kFails) {
        counted_bytes_ -= size;
        return arrow::Status::OutOfMemory(std::string(status.message()));
      }
      if (!status.ok()) budget_->TakeAnyway(size);
    }
    budget_->MakeRoomBesideKeptPages();
    return arrow::Status::OK();
  }

  std::uint8_t* TakeKept(std::int64_t rounded, std::int64_t alignment) {
    if (!IsKeepable(rounded, alignment)) return nullptr;
    const auto found = kept_.find(rounded);
    if (found == kept_.end() || found->second.empty()) return nullptr;
    std::uint8_t* const block = found->second.back();
    found->second.pop_back();
    kept_bytes_ -= rounded;
    return block;
  }

  void FreeKept() {
    for (auto& [size, blocks] : kept_) {
      for (std::uint8_t* const block : blocks) parent_.Free(block, size, arrow::kDefaultBufferAlignment);
    }
    kept_.clear();
    counted_bytes_ -= kept_bytes_;
    if (budget_ != nullptr) budget_->Release(kept_bytes_);
    kept_bytes_ = 0;
  }

  bool Keep(std::uint8_t* block, std::int64_t rounded, std::int64_t alignment) {
    if (!IsKeepable(rounded, alignment)) return false;
    const std::lock_guard lock(mutex_);
    if (kept_bytes_ + rounded > most_kept_bytes_) return false;
    kept_[rounded].push_back(block);
    kept_bytes_ += rounded;
    return true;
  }

  void GiveBack(std::int64_t size) {
    const std::lock_guard lock(mutex_);
    counted_bytes_ -= size;
    if (budget_ != nullptr) budget_->Release(size);
  }

  void LetGo() {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  std::mutex mutex_;
  MemoryBudget* budget_;  // nullptr: detached
  arrow::MemoryPool& parent_;
  const FullBudget when_full_;
  std::int64_t most_kept_bytes_;
  std::map<std::int64_t, std::vector<std::uint8_t*>> kept_;  // by size; all are aligned as Arrow's buffers are
  std::int64_t kept_bytes_ = 0;
  std::int64_t counted_bytes_ = 0;  // in the budget: of buffers, rounded, and of kept blocks
  std::atomic<std::int64_t> bytes_{0};
  std::atomic<std::int64_t> total_bytes_{0};
  std::atomic<std::int64_t> allocation_count_{0};
  std::atomic<std::int64_t> holders_{1};
};

}  // namespace

std::shared_ptr<arrow::MemoryPool> NewBudgetedPool(MemoryBudget& budget, arrow::MemoryPool& parent,
                                                   FullBudget when_full) {
  auto* const pool = new BudgetedPool(budget, parent, when_full);
  return std::shared_ptr<arrow::MemoryPool>(pool, [pool](arrow::MemoryPool*) { pool->Detach(); });
}

}  // namespace larder
