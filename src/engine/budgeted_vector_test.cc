// What a vector of the budget promises: room counted, new values zeros, pages used again.
#include "engine/budgeted_vector.h"

#include <cstdint>

#include <gtest/gtest.h>

#include "base/memory_budget.h"

namespace larder {
namespace {

constexpr std::size_t kWordsOfUnit = KeptPages::kUnit / sizeof(std::uint64_t);

TEST(BudgetedVector, NewValuesAreZerosWhereverTheirMemoryWasBefore) {
  MemoryBudget memory(64 << 20);
  for (int round = 0; round < 3; ++round) {
    BudgetedVector<std::uint64_t> values(&memory, "test");
    for (const std::size_t count : {std::size_t{3}, kWordsOfUnit + 1, 3 * kWordsOfUnit}) {
      const std::size_t before = values.size();
      ASSERT_TRUE(values.Resize(count).ok());
      for (std::size_t i = 0; i < before; ++i) ASSERT_EQ(values[i], i + 1);
      for (std::size_t i = before; i < count; ++i) ASSERT_EQ(values[i], 0u);
      for (std::size_t i = 0; i < count; ++i) values[i] = i + 1;
    }
    values.Clear();
    ASSERT_TRUE(values.Resize(kWordsOfUnit).ok());
    for (std::size_t i = 0; i < kWordsOfUnit; ++i) ASSERT_EQ(values[i], 0u);
  }
  EXPECT_EQ(memory.used_bytes(), 0);
}

TEST(BudgetedVector, KeepsValuesWhileItGrows) {
  MemoryBudget memory(256 << 20);
  BudgetedVector<std::uint64_t> values(&memory, "test");
  BudgetedVector<std::uint64_t> others(&memory, "test");
  for (std::uint64_t i = 0; i < 5 * kWordsOfUnit; ++i) {
    ASSERT_TRUE(values.MakeRoom(1).ok());
    values.Add(i);
    // Blocks that come and go between, so that pages of several mappings are put together.
    if (i % kWordsOfUnit != 0) continue;
    others.Reset();
    ASSERT_TRUE(others.Resize(i % 3 * kWordsOfUnit + 1, UINT64_MAX).ok());
  }
  for (std::uint64_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], i);
}

TEST(BudgetedVector, CountsItsRoom) {
  MemoryBudget memory(8 * static_cast<std::int64_t>(KeptPages::kUnit));
  BudgetedVector<std::uint64_t> values(&memory, "words of a test");
  ASSERT_TRUE(values.ResizeForOverwrite(kWordsOfUnit * 7 / 2).ok());
  EXPECT_GE(memory.used_bytes(), static_cast<std::int64_t>(KeptPages::kUnit) * 7 / 2);
  const Status full = values.Resize(kWordsOfUnit * 9);
  EXPECT_EQ(full.reason(), Reason::kMemoryLimit);
  EXPECT_EQ(values.size(), kWordsOfUnit * 7 / 2);
  values.Reset();
  EXPECT_EQ(memory.used_bytes(), 0);
}

TEST(KeptPages, GivesOutWhatIsKeptAndNoMore) {
  MemoryBudget memory(4 * static_cast<std::int64_t>(KeptPages::kUnit));
  {
    ByteBlock block;
    ASSERT_TRUE(block.Grow(ByteBlock::RoundUp(2 * KeptPages::kUnit), memory.kept_pages()).has_value());
  }
  const std::int64_t kept = memory.kept_pages().byte_count();
  if (kept == 0) GTEST_SKIP() << "under the address sanitizer blocks are on the heap";
  EXPECT_EQ(kept, 2 * static_cast<std::int64_t>(KeptPages::kUnit));
  ByteBlock block;
  const auto dirty_end = block.Grow(3 * KeptPages::kUnit, memory.kept_pages());
  EXPECT_EQ(dirty_end, 2 * KeptPages::kUnit);
  EXPECT_EQ(memory.kept_pages().byte_count(), 0);
  for (std::size_t i = *dirty_end; i < block.size(); ++i) ASSERT_EQ(block.bytes()[i], std::byte{0});
}

TEST(KeptPages, MakesRoomForWhatIsTakenElsewhere) {
  MemoryBudget memory(4 * static_cast<std::int64_t>(KeptPages::kUnit));
  {
    ByteBlock block;
    ASSERT_TRUE(block.Grow(ByteBlock::RoundUp(3 * KeptPages::kUnit), memory.kept_pages()).has_value());
  }
  MemoryReservation elsewhere(&memory);
  ASSERT_TRUE(elsewhere.Grow(2 * static_cast<std::int64_t>(KeptPages::kUnit), "test").ok());
  memory.MakeRoomBesideKeptPages();
  EXPECT_LE(memory.kept_pages().byte_count() + memory.used_bytes(), memory.limit_bytes());
}

}  // namespace
}  // namespace larder
