#include "lookup/row_texts.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/hash.h"
#include "columnar/row_codec.h"

namespace larder {

/// Stands before the bytes of a block: the row, padding, the ends, the text.
struct RowTexts::Head {
  std::uint64_t use = 0;
  std::uint32_t row_size = 0;
  std::uint32_t text_offset = 0;
};

namespace {

constexpr std::size_t kAlignment = 8;
/// Of the bound, what goes to places: a block of a few features takes about as many bytes as this says.
constexpr std::size_t kBytesPerPlace = 256;

std::size_t Aligned(std::size_t size) { return (size + kAlignment - 1) & ~(kAlignment - 1); }

std::uint64_t HashOf(const RowTexts::Key& key) { return Hash64(key.row.substr(0, kRowHeaderSize), key.use); }

}  // namespace

void RowTexts::Allocate() {
  const std::size_t place_count = std::bit_floor(std::max<std::size_t>(max_bytes_ / kBytesPerPlace, 2));
  places_.resize(place_count);
  ring_bytes_ = (max_bytes_ - std::min(max_bytes_, place_count * sizeof(Place))) & ~(kAlignment - 1);
  ring_.reset(new char[ring_bytes_]);  // not touched before it is used
  written_ = kAlignment;               // position 0 means none
}

/// Returns the block of a place, nullptr when it is overwritten, or could be before the request ends.
const char* RowTexts::BlockAt(const Place& place) const {
  if (place.position == 0 || written_ - place.position > ring_bytes_ - ring_bytes_ / 4) return nullptr;
  return ring_.get() + place.position % ring_bytes_;
}

bool RowTexts::Holds(const char* block, const Key& key) const {
  Head head;
  std::memcpy(&head, block, sizeof head);
  return head.use == key.use && head.row_size == key.row.size() &&
         std::memcmp(block + sizeof head, key.row.data(), key.row.size()) == 0;
}

RowText RowTexts::Find(const Key& key) const {
  if (places_.empty()) return {};
  const std::uint64_t hash = HashOf(key);
  for (std::size_t way = 0; way < 2; ++way) {
    const Place& place = places_[PlaceOf(hash) + way];
    if (place.hash != hash) continue;
    const char* const block = BlockAt(place);
    if (block == nullptr || !Holds(block, key)) continue;
    ++hit_count_;
    Head head;
    std::memcpy(&head, block, sizeof head);
    const char* const ends = block + Aligned(sizeof head + head.row_size);
    // Written there as such by Put, and aligned.
    return {reinterpret_cast<const std::uint32_t*>(ends), block + head.text_offset};
  }
  return {};
}

bool RowTexts::IsMetAgain(const Key& key) {
  if (max_bytes_ == 0) return false;
  if (places_.empty()) Allocate();
  const std::uint64_t hash = HashOf(key);
  Place* free_place = nullptr;
  for (std::size_t way = 0; way < 2; ++way) {
    Place& place = places_[PlaceOf(hash) + way];
    if (place.hash == hash) return true;
    if (BlockAt(place) == nullptr) free_place = &place;
  }
  if (free_place != nullptr) *free_place = {hash, 0};
  return false;
}

RowText RowTexts::Put(const Key& key, const std::vector<std::uint32_t>& ends, std::string_view text) {
  const std::size_t ends_offset = Aligned(sizeof(Head) + key.row.size());
  const std::size_t text_offset = ends_offset + ends.size() * sizeof(std::uint32_t);
  const std::size_t size = Aligned(text_offset + text.size());
  if (put_bytes_ + 2 * size > ring_bytes_ / 4) return {};
  const std::uint64_t hash = HashOf(key);
  const auto way = std::find_if(places_.begin() + static_cast<std::ptrdiff_t>(PlaceOf(hash)),
                                places_.begin() + static_cast<std::ptrdiff_t>(PlaceOf(hash) + 2),
                                [&](const Place& place) { return place.hash == hash; });
  if (way == places_.begin() + static_cast<std::ptrdiff_t>(PlaceOf(hash) + 2)) return {};
  const std::size_t left = ring_bytes_ - written_ % ring_bytes_;
  if (left < size) written_ += left;  // a block lies in one piece
  put_bytes_ += size + (left < size ? left : 0);
  char* const block = ring_.get() + written_ % ring_bytes_;
  const Head head{key.use, static_cast<std::uint32_t>(key.row.size()), static_cast<std::uint32_t>(text_offset)};
  std::memcpy(block, &head, sizeof head);
  std::memcpy(block + sizeof head, key.row.data(), key.row.size());
  std::memcpy(block + ends_offset, ends.data(), ends.size() * sizeof(std::uint32_t));
  if (!text.empty()) std::memcpy(block + text_offset, text.data(), text.size());
  way->position = written_;
  written_ += size;
  return {reinterpret_cast<const std::uint32_t*>(block + ends_offset), block + text_offset};
}

}  // namespace larder
