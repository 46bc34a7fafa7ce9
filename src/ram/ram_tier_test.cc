#include "ram/ram_tier.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/counters.h"
#include "online/memory_store.h"

namespace larder {
namespace {

class RamTierTest : public testing::Test {
 protected:
  void Open(std::int64_t memory_bytes, bool load_at_open = true) {
    tier_ = NewRamTier(std::move(OpenMemoryStore({})).value(), {memory_bytes, load_at_open}, counters_);
    table_ = *tier_->OpenTable({"view", 1});
    tier_->WaitUntilLoaded();
  }
  void Write(const std::string& key, std::int64_t time_us, const std::string& value) {
    const CellWrite writes[] = {{{key}, {time_us, {}}, value}};
    ASSERT_TRUE(table_->Write(writes).ok());
  }
  std::vector<CellInMemory> Find(const std::vector<CellKey>& keys, const MemoryPin& pin) {
    std::vector<CellInMemory> cells(keys.size());
    table_->FindInMemory(keys, pin, cells);
    return cells;
  }
  std::uint64_t Count(const std::string& name) {
    return counters_.GetCounter({name, "as the tier says"}, {{"view", "view"}}).value();
  }

  Counters counters_;
  std::unique_ptr<RamTier> tier_;
  std::shared_ptr<OnlineTable> table_;
};

TEST_F(RamTierTest, AWholeTableAnswersEverythingFromMemory) {
  Open(1 << 20);
  Write("a", 1, "one");
  const CellWrite gone[] = {{{"b"}, {2, {}}, "", true}};
  ASSERT_TRUE(table_->Write(gone).ok());
  const MemoryPin pin = tier_->PinMemory();
  const auto cells = Find({{"a"}, {"b"}, {"c"}}, pin);
  EXPECT_EQ(cells[0].state, MemoryState::kFound);
  EXPECT_EQ(cells[0].value, "one");
  EXPECT_EQ(cells[0].time, (CellTime{1, {}}));
  EXPECT_EQ(cells[1].state, MemoryState::kDeleted);
  EXPECT_EQ(cells[1].time, (CellTime{2, {}}));
  EXPECT_EQ(cells[2].state, MemoryState::kMissing);
  EXPECT_EQ(Count("larder_cache_hits_total"), 3u);
  EXPECT_EQ(Count("larder_cache_misses_total"), 0u);
}

TEST_F(RamTierTest, AnEmptyPinFindsNothing) {
  Open(1 << 20);
  Write("a", 1, "one");
  EXPECT_EQ(Find({{"a"}}, MemoryPin())[0].state, MemoryState::kUnknown);
}

TEST_F(RamTierTest, OfATableThatIsNotWholeOnlyWhatIsThereIsKnown) {
  Open(1 << 20, false);
  Write("a", 1, "one");
  const MemoryPin pin = tier_->PinMemory();
  const auto cells = Find({{"a"}, {"c"}}, pin);
  EXPECT_EQ(cells[0].state, MemoryState::kFound);
  EXPECT_EQ(cells[1].state, MemoryState::kUnknown);
}

TEST_F(RamTierTest, ARevisionTellsContentsApart) {
  Open(1 << 20);
  Write("a", 1, "one");
  const MemoryPin pin = tier_->PinMemory();
  const CellInMemory first = Find({{"a"}}, pin)[0];
  EXPECT_EQ(Find({{"a"}}, pin)[0].revision, first.revision);
  Write("a", 1, "two");
  const CellInMemory second = Find({{"a"}}, pin)[0];
  EXPECT_NE(second.revision, first.revision);
  EXPECT_EQ(first.value, "one");
  EXPECT_EQ(second.value, "two");
}

TEST_F(RamTierTest, TheBoundHolds) {
  constexpr std::int64_t kBound = 256 << 10;
  Open(kBound);
  for (int i = 0; i < 5'000; ++i) {
    Write("key" + std::to_string(i), 1, std::string(200, 'v'));
    ASSERT_LE(tier_->UsedBytes(), kBound);
  }
  EXPECT_GT(Count("larder_cache_evictions_total"), 0u);
  const MemoryPin pin = tier_->PinMemory();
  CellBatch cells;
  for (int i = 0; i < 5'000; ++i) {
    const std::string key = "key" + std::to_string(i);
    const CellKey keys[] = {{key}};
    ASSERT_TRUE(ReadCells(*table_, keys, cells).ok());
    ASSERT_TRUE(cells.found(0));
  }
  EXPECT_GT(Count("larder_cache_misses_total"), 0u);
  EXPECT_LE(tier_->UsedBytes(), kBound);
}

}  // namespace
}  // namespace larder
