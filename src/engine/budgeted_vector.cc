#include "engine/budgeted_vector.h"

#include <cstdlib>

#include <sys/mman.h>

namespace larder {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Smaller blocks come from the heap, where the address sanitizer watches their ends; under it all do.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kLeastMapped = SIZE_MAX;
#else
constexpr std::size_t kLeastMapped = kHugePage;
#endif

void* Map(std::size_t size) {
  return ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

}  // namespace

ByteBlock::~ByteBlock() {
  if (bytes_ == nullptr) return;
  if (size_ < kLeastMapped) {
    std::free(bytes_);
  } else {
    ::munmap(bytes_, size_);
  }
}

bool ByteBlock::Grow(std::size_t size) {
  if (size <= size_) return true;
  const bool was_mapped = bytes_ != nullptr && size_ >= kLeastMapped;
  void* grown = nullptr;
  if (was_mapped) {
    // Pages move, bytes do not.
    grown = ::mremap(bytes_, size_, size, MREMAP_MAYMOVE);
    if (grown == MAP_FAILED) return false;
  } else if (size >= kLeastMapped) {
    grown = Map(size);
    if (grown == MAP_FAILED) return false;
  } else {
    grown = std::calloc(1, size);
    if (grown == nullptr) return false;
  }
  // Best effort: without huge pages all is as right, and slower.
  if (size >= kLeastMapped) static_cast<void>(::madvise(grown, size, MADV_HUGEPAGE));
  if (!was_mapped && bytes_ != nullptr) {
    std::memcpy(grown, bytes_, size_);
    std::free(bytes_);
  }
  bytes_ = static_cast<std::byte*>(grown);
  size_ = size;
  return true;
}

}  // namespace larder
