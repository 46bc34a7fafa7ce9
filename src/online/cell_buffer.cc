#include "online/cell_buffer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "online/stored_format.h"

namespace larder {
namespace {

std::uint64_t KeyHead(std::string_view key) {
  std::array<unsigned char, sizeof(std::uint64_t)> head{};
  std::memcpy(head.data(), key.data(), std::min(key.size(), head.size()));
  std::uint64_t number = 0;
  for (const unsigned char byte : head) number = number << 8 | byte;
  return number;
}

}  // namespace

void CellBuffer::Add(const CellWrite& write) {
  const StoredCell cell = {write.time, write.deleted, write.deleted ? std::string_view() : write.value};
  Entry entry;
  entry.offset = bytes_.size();
  entry.key_size = static_cast<std::uint32_t>(StoredKeySize(write.key));
  entry.cell_size = static_cast<std::uint32_t>(StoredCellSize(cell));
  bytes_.resize(entry.offset + entry.key_size + entry.cell_size);
  char* const place = bytes_.data() + entry.offset;
  WriteStoredKey(write.key, place);
  const std::string_view stored_key(place, entry.key_size);
  WriteStoredCell(stored_key, cell, place + entry.key_size);
  if (is_ordered_ && !entries_.empty()) is_ordered_ = Key(entries_.back()) < stored_key;
  entries_.push_back(entry);
}

void CellBuffer::Clear() {
  bytes_.clear();
  entries_.clear();
  is_ordered_ = true;
}

std::size_t CellBuffer::CommonPrefix() const {
  const std::string_view first = Key(entries_.front());
  std::size_t prefix = first.size();
  for (const Entry& entry : entries_) {
    const std::string_view key = Key(entry);
    prefix = std::min(prefix, key.size());
    if (std::memcmp(first.data(), key.data(), prefix) == 0) continue;
    prefix = static_cast<std::size_t>(std::mismatch(first.begin(), first.begin() + prefix, key.begin()).first -
                                      first.begin());
  }
  return prefix;
}

std::vector<CellBuffer::Place> CellBuffer::SortedPlaces() const {
  const std::size_t prefix = CommonPrefix();
  std::vector<Place> places;
  places.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    places.push_back({KeyHead(Key(entry).substr(prefix)), static_cast<std::uint32_t>(places.size())});
  }
  std::sort(places.begin(), places.end(), [this](const Place& a, const Place& b) {
    if (a.key_head != b.key_head) return a.key_head < b.key_head;
    const Entry& first = entries_[a.index];
    const Entry& second = entries_[b.index];
    if (const int order = Key(first).compare(Key(second)); order != 0) return order < 0;
    const CellTime first_time = PeekStoredCell(Cell(first)).time;
    const CellTime second_time = PeekStoredCell(Cell(second)).time;
    if (first_time != second_time) return second_time < first_time;
    return a.index > b.index;
  });
  return places;
}

void CellBuffer::Order() {
  if (is_ordered_) return;
  std::vector<Entry> ordered;
  ordered.reserve(entries_.size());
  for (const Place& place : SortedPlaces()) {
    const Entry& entry = entries_[place.index];
    if (ordered.empty() || Key(ordered.back()) != Key(entry)) ordered.push_back(entry);
  }
  entries_ = std::move(ordered);
  is_ordered_ = true;
}

}  // namespace larder
