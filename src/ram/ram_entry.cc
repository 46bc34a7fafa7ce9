#include "ram/ram_entry.h"

#include <malloc.h>

#include <limits>
#include <new>

#include "base/coding.h"

namespace larder {
namespace {

// What the allocator writes before each piece.
constexpr std::int64_t kAllocatorHeader = 8;
constexpr unsigned kFlagBits = 8;

template <class T>
bool Fits(std::size_t size) {
  return size <= std::numeric_limits<T>::max();
}

}  // namespace

RamEntry* RamEntry::Make(const RamCell& cell) {
  const std::string_view value = cell.deleted ? std::string_view() : cell.value;
  const std::string_view entity = cell.key.entity_key;
  const std::string_view sort = cell.key.sort_key;
  const bool is_wide =
      !Fits<std::uint16_t>(value.size()) || !Fits<std::uint8_t>(entity.size()) || !Fits<std::uint8_t>(sort.size());
  const bool has_created = cell.time.created_time_us.has_value();
  const std::size_t created_offset = kSizesOffset + (is_wide ? kWideSizes : kNarrowSizes);
  const std::size_t key_offset = created_offset + (has_created ? sizeof(std::int64_t) : 0);
  char* const bytes = static_cast<char*>(::operator new(key_offset + entity.size() + sort.size() + value.size()));
  const std::uint64_t flags =
      (cell.deleted ? kDeleted : 0u) | (has_created ? kHasCreated : 0u) | (is_wide ? kIsWide : 0u);
  StoreFixed(cell.time.event_time_us, bytes);
  StoreFixed(cell.stamp.bits() << kFlagBits | flags, bytes + kStampOffset);
  if (is_wide) {
    StoreFixed(static_cast<std::uint32_t>(value.size()), bytes + kSizesOffset);
    StoreFixed(static_cast<std::uint32_t>(entity.size()), bytes + kSizesOffset + 4);
    StoreFixed(static_cast<std::uint32_t>(sort.size()), bytes + kSizesOffset + 8);
  } else {
    StoreFixed(static_cast<std::uint16_t>(value.size()), bytes + kSizesOffset);
    StoreFixed(static_cast<std::uint8_t>(entity.size()), bytes + kSizesOffset + 2);
    StoreFixed(static_cast<std::uint8_t>(sort.size()), bytes + kSizesOffset + 3);
  }
  if (has_created) StoreFixed(*cell.time.created_time_us, bytes + created_offset);
  entity.copy(bytes + key_offset, entity.size());
  sort.copy(bytes + key_offset + entity.size(), sort.size());
  value.copy(bytes + key_offset + entity.size() + sort.size(), value.size());
  return reinterpret_cast<RamEntry*>(bytes);
}

void RamEntry::Free(RamEntry* entry) { ::operator delete(static_cast<void*>(entry)); }

RamEntry::Sizes RamEntry::sizes() const {
  const char* const at = bytes() + kSizesOffset;
  const std::size_t created_size = (flags() & kHasCreated) != 0 ? sizeof(std::int64_t) : 0;
  if ((flags() & kIsWide) != 0) {
    return {LoadFixed<std::uint32_t>(at + 4), LoadFixed<std::uint32_t>(at + 8), LoadFixed<std::uint32_t>(at),
            kSizesOffset + kWideSizes + created_size};
  }
  return {LoadFixed<std::uint8_t>(at + 2), LoadFixed<std::uint8_t>(at + 3), LoadFixed<std::uint16_t>(at),
          kSizesOffset + kNarrowSizes + created_size};
}

CellKey RamEntry::key() const {
  const Sizes sizes = this->sizes();
  const char* const at = bytes() + sizes.key_offset;
  return {{at, sizes.entity}, {at + sizes.entity, sizes.sort}};
}

std::string_view RamEntry::value() const {
  const Sizes sizes = this->sizes();
  return {bytes() + sizes.key_offset + sizes.entity + sizes.sort, sizes.value};
}

CellTime RamEntry::time() const {
  CellTime time{LoadFixed<std::int64_t>(bytes()), std::nullopt};
  if ((flags() & kHasCreated) != 0) {
    const std::size_t offset = kSizesOffset + ((flags() & kIsWide) != 0 ? kWideSizes : kNarrowSizes);
    time.created_time_us = LoadFixed<std::int64_t>(bytes() + offset);
  }
  return time;
}

CellStamp RamEntry::stamp() const {
  return CellStamp::FromBits(LoadFixed<std::uint64_t>(bytes() + kStampOffset) >> kFlagBits);
}

std::int64_t RamEntry::allocated_bytes() const {
  // The sanitizers' allocators take the pointer as not const.
  void* const place = const_cast<RamEntry*>(this);
  return static_cast<std::int64_t>(malloc_usable_size(place)) + kAllocatorHeader;
}

bool RamEntry::IsNewerThan(const RamCell& cell) const {
  const CellTime own = time();
  return own != cell.time ? cell.time < own : cell.stamp.sequence() < stamp().sequence();
}

}  // namespace larder
