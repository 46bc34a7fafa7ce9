#include "engine/budgeted_vector.h"

#include <cstdint>
#include <cstdlib>

#include <sys/mman.h>

#include "base/check.h"

namespace larder {
namespace {

constexpr std::size_t kUnit = KeptPages::kUnit;

// Smaller blocks come from the heap, where the address sanitizer watches their ends; under it all do, and what is not
// promised to be 0 is anything but 0.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kLeastMapped = SIZE_MAX;
constexpr bool kSpoilsHeap = true;
#else
constexpr std::size_t kLeastMapped = kUnit;
constexpr bool kSpoilsHeap = false;
#endif
constexpr int kSpoiled = 0xA5;

std::byte* Map(std::size_t size) {
  void* const mapped =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return mapped == MAP_FAILED ? nullptr : static_cast<std::byte*>(mapped);
}

// Maps a range that begins where a huge page may.
std::byte* MapAligned(std::size_t size) {
  std::byte* const mapped = Map(size + kUnit);
  if (mapped == nullptr) return nullptr;
  const std::size_t before = (kUnit - reinterpret_cast<std::uintptr_t>(mapped) % kUnit) % kUnit;
  if (before > 0) ::munmap(mapped, before);
  ::munmap(mapped + before + size, kUnit - before);
  // Best effort: without huge pages all is as right, and slower.
  static_cast<void>(::madvise(mapped + before, size, MADV_HUGEPAGE));
  return mapped + before;
}

// Moves pages, in place of what is mapped at `to`. Fails only when the system has no memory for its tables.
bool MovePages(KeptPages::Stretch pages, std::byte* to) {
  return ::mremap(pages.begin, pages.size, pages.size, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED;
}

}  // namespace

std::size_t ByteBlock::RoundUp(std::size_t size) {
  return size < kLeastMapped ? size : (size + kUnit - 1) / kUnit * kUnit;
}

bool ByteBlock::KeepsPlace() const { return !stretch_sizes_.empty(); }

ByteBlock::~ByteBlock() {
  if (stretch_sizes_.empty()) {
    std::free(bytes_);
    return;
  }
  std::byte* begin = bytes_;
  for (const std::size_t size : stretch_sizes_) {
    kept_->Keep({begin, size});
    begin += size;
  }
}

std::optional<std::size_t> ByteBlock::Grow(std::size_t size, KeptPages& kept) {
  kept_ = &kept;
  if (size <= size_) return 0;
  return size < kLeastMapped ? GrowOnHeap(size) : GrowMapped(size);
}

std::optional<std::size_t> ByteBlock::GrowOnHeap(std::size_t size) {
  void* const grown = kSpoilsHeap ? std::malloc(size) : std::calloc(1, size);
  if (grown == nullptr) return std::nullopt;
  if (kSpoilsHeap) std::memset(grown, kSpoiled, size);
  if (bytes_ != nullptr) std::memcpy(grown, bytes_, size_);
  std::free(bytes_);
  bytes_ = static_cast<std::byte*>(grown);
  size_ = size;
  return kSpoilsHeap ? size : 0;
}

// The new range holds the pages of the old one, then kept ones, then fresh ones.
std::optional<std::size_t> ByteBlock::GrowMapped(std::size_t size) {
  std::byte* const grown = MapAligned(size);
  if (grown == nullptr) return std::nullopt;
  const bool was_on_heap = bytes_ != nullptr && stretch_sizes_.empty();
  std::size_t filled = 0;
  for (const std::size_t stretch : stretch_sizes_) {
    // The room is mapped already, so that nothing is left that could fail.
    LARDER_CHECK(MovePages({bytes_ + filled, stretch}, grown + filled));
    filled += stretch;
  }
  while (filled < size) {
    const KeptPages::Stretch pages = kept_->Take(size - filled);
    if (pages.size == 0) break;
    LARDER_CHECK(MovePages(pages, grown + filled));
    stretch_sizes_.push_back(pages.size);
    filled += pages.size;
  }
  if (was_on_heap) {
    std::memcpy(grown, bytes_, size_);
    std::free(bytes_);
  }
  if (filled < size) stretch_sizes_.push_back(size - filled);
  bytes_ = grown;
  size_ = size;
  return filled;
}

}  // namespace larder
