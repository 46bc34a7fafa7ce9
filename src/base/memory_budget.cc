#include "base/memory_budget.h"

#include <algorithm>
#include <string>

#include <sys/mman.h>

namespace larder {
namespace {

std::string Mebibytes(std::int64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

}  // namespace

void KeptPages::Keep(Stretch pages) {
  if (pages.size == 0) return;
  LARDER_CHECK(pages.size % kUnit == 0);
  const std::lock_guard lock(mutex_);
  stretches_.push_back(pages);
  byte_count_.fetch_add(static_cast<std::int64_t>(pages.size), std::memory_order_relaxed);
}

KeptPages::Stretch KeptPages::Take(std::size_t size) {
  LARDER_CHECK(size % kUnit == 0);
  const std::lock_guard lock(mutex_);
  if (stretches_.empty() || size == 0) return {};
  // The one that was given last: its lines may still be in a cache.
  Stretch& last = stretches_.back();
  const std::size_t taken = std::min(size, last.size);
  last.size -= taken;
  const Stretch pages{last.begin + last.size, taken};
  if (last.size == 0) stretches_.pop_back();
  byte_count_.fetch_sub(static_cast<std::int64_t>(taken), std::memory_order_relaxed);
  return pages;
}

void KeptPages::ReleaseBeyond(std::int64_t byte_count) {
  while (this->byte_count() > byte_count) {
    const auto beyond = static_cast<std::size_t>(this->byte_count() - byte_count);
    const Stretch pages = Take((beyond + kUnit - 1) / kUnit * kUnit);
    if (pages.size == 0) return;
    ::munmap(pages.begin, pages.size);
  }
}

void MemoryBudget::MakeRoomBesideKeptPages() {
  kept_pages_.ReleaseBeyond(std::max<std::int64_t>(limit_bytes_ - used_bytes(), 0));
}

bool MemoryBudget::TryReserve(std::int64_t bytes) {
  LARDER_CHECK(bytes >= 0);
  const std::int64_t used = used_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (used > limit_bytes_) {
    used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  NotePeak(used);
  return true;
}

void MemoryBudget::TakeAnyway(std::int64_t bytes) {
  LARDER_CHECK(bytes >= 0);
  NotePeak(used_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes);
}

void MemoryBudget::NotePeak(std::int64_t used_bytes) {
  std::int64_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (used_bytes > peak && !peak_bytes_.compare_exchange_weak(peak, used_bytes, std::memory_order_relaxed)) {
  }
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
