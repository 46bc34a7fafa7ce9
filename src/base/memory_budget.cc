#include "base/memory_budget.h"

#include <string>

namespace larder {
namespace {

std::string Mebibytes(std::int64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

}  // namespace

bool MemoryBudget::TryReserve(std::int64_t bytes) {
  LARDER_CHECK(bytes >= 0);
  const std::int64_t used = used_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (used > limit_bytes_) {
    used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  std::int64_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (used > peak && !peak_bytes_.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
  return true;
}

Status MemoryBudget::Reserve(std::int64_t bytes, std::string_view purpose) {
  if (TryReserve(bytes)) return {};
  return Status(Reason::kMemoryLimit,
                "out of memory for " + std::string(purpose) + ": " + Mebibytes(bytes) + " more than the " +
                    Mebibytes(used_bytes()) + " in use do not fit the limit of " + Mebibytes(limit_bytes_),
                "raise engine.memory in larder.yaml, or ask for fewer rows");
}

void MemoryBudget::Release(std::int64_t bytes) {
  const std::int64_t before = used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  LARDER_CHECK(before >= bytes);
}

Status MemoryReservation::Grow(std::int64_t bytes, std::string_view purpose) {
  LARDER_CHECK(budget_ != nullptr);
  LARDER_RETURN_IF_ERROR(budget_->Reserve(bytes, purpose));
  bytes_ += bytes;
  return {};
}

void MemoryReservation::Reset() {
  if (budget_ != nullptr && bytes_ > 0) budget_->Release(bytes_);
  bytes_ = 0;
}

}  // namespace larder
