#include "ram/ram_index.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace larder {
namespace {

struct Cell {
  std::string name;
  std::uint64_t hash = 0;
  RamEntry* entry = nullptr;

  CellKey key() const { return {name}; }
};

// Returns two cells that want the same place of an index of kLeastPlaces.
std::vector<Cell> TwoOfOnePlace() {
  std::vector<Cell> cells;
  for (int i = 0; cells.size() < 2; ++i) {
    const std::string name = "key" + std::to_string(i);
    const std::uint64_t hash = CellHash(EntityHash(name), {name});
    // The place is the greatest four bits of the low half: sixteen places.
    static_assert(RamIndex::kLeastPlaces == 16);
    if (!cells.empty() && ((hash ^ cells[0].hash) >> 28 & 15u) != 0) continue;
    cells.push_back({name, hash, nullptr});
  }
  for (Cell& cell : cells) cell.entry = RamEntry::Make({cell.key(), {1, {}}, false, cell.name, {}});
  return cells;
}

// Cells give up and take one place again and again, while a reader marks it as read: it must never be told of the
// other.
TEST(RamIndexTest, AReaderGetsTheCellItAskedFor) {
  const std::vector<Cell> cells = TwoOfOnePlace();
  RamIndex index(RamIndex::kLeastPlaces);
  std::atomic<bool> is_done{false};
  std::atomic<std::int64_t> found_count{0};
  std::vector<std::thread> readers;
  for (const Cell& cell : cells) {
    readers.emplace_back([&] {
      while (!is_done) {
        const RamEntry* const found = index.Find(cell.hash, cell.key(), true);
        if (found == nullptr) continue;
        ++found_count;
        ASSERT_EQ(found, cell.entry);
      }
    });
  }
  // Ends when readers met it often, however they are scheduled.
  for (int round = 0; round < 3'000'000 || (found_count < 1'000 && round < 100'000'000); ++round) {
    for (const Cell& cell : cells) {
      const std::size_t place = index.PlaceOf(cell.hash, cell.key());
      if (index.At(place) == nullptr) index.Put(place, cell.hash, cell.entry);
    }
    const Cell& goes = cells[static_cast<std::size_t>(round) % 2];
    index.TakeReadMark(index.PlaceOf(cells[0].hash, cells[0].key()));
    index.TakeReadMark(index.PlaceOf(cells[1].hash, cells[1].key()));
    index.Remove(index.PlaceOf(goes.hash, goes.key()));
  }
  is_done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(found_count, 0);
  for (const Cell& cell : cells) RamEntry::Free(cell.entry);
}

}  // namespace
}  // namespace larder
