#include "engine/as_of_word.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "engine/key_table.h"

namespace larder {
namespace {

TEST(AsOfWord, HoldsAllOfInt64) {
  for (const std::int64_t time_us : {INT64_MIN, INT64_MIN + 1, std::int64_t{-1}, std::int64_t{0}, INT64_MAX}) {
    const AsOfWord word = MakeAsOfWord(0xfedcba98U, time_us, 0x89abcdefU);
    EXPECT_EQ(AsOfKey(word), 0xfedcba98U);
    EXPECT_EQ(AsOfTime(word), time_us);
    EXPECT_EQ(AsOfRow(word), 0x89abcdefU);
  }
}

TEST(AsOfWord, ComparesKeysAndTimesWithoutRows) {
  EXPECT_TRUE(NotAfter(MakeAsOfWord(1, -5, 9), MakeAsOfWord(1, -5, 2)));
  EXPECT_TRUE(NotAfter(MakeAsOfWord(1, INT64_MIN, 9), MakeAsOfWord(1, INT64_MAX, 2)));
  EXPECT_FALSE(NotAfter(MakeAsOfWord(1, 0, 0), MakeAsOfWord(1, -1, 9)));
  EXPECT_TRUE(NotAfter(MakeAsOfWord(1, 7, 0), MakeAsOfWord(2, -7, 0)));
  EXPECT_FALSE(NotAfter(MakeAsOfWord(2, -7, 0), MakeAsOfWord(1, 7, 0)));
}

TEST(AsOfWord, SortsByKeyThenTimeThenRow) {
  struct Row {
    std::uint32_t key;
    std::int64_t time_us;
    std::uint32_t row;
  };
  Random random(7);
  // Below and above the size from which on the vectorised sort is used.
  for (const std::uint32_t count : {0U, 1U, 50U, 5000U}) {
    std::vector<Row> rows;
    std::vector<AsOfWord> words;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::int64_t time_us = random.OneIn(9) ? INT64_MIN : random.Between(-3, 3);
      rows.push_back({static_cast<std::uint32_t>(random.Below(5)), time_us, i});
      words.push_back(MakeAsOfWord(rows.back().key, time_us, i));
    }
    std::shuffle(words.begin(), words.end(), random);
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      return std::tie(a.key, a.time_us, a.row) < std::tie(b.key, b.time_us, b.row);
    });
    SortAsOfWords(words);
    for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(AsOfRow(words[i]), rows[i].row) << i << " of " << count;
  }
}

TEST(KeyPartitions, GrowWithTheKeyAndCoverAll) {
  for (const std::uint32_t key_count : {1U, 2U, 3U, 1000U, 1U << 31, UINT32_MAX - 2}) {
    const KeyPartitions partitions(key_count, 10'000'000);
    EXPECT_EQ(partitions.Of(0), 0U);
    EXPECT_EQ(partitions.Of(key_count - 1), partitions.count() - 1);
    EXPECT_LE(partitions.count(), 1024U);
    EXPECT_LE(partitions.Of(key_count / 2), partitions.Of(key_count - 1));
  }
  EXPECT_EQ(KeyPartitions(1000, 10).count(), 1U);
  EXPECT_EQ(KeyPartitions(0, 0).count(), 1U);
}

TEST(PartitionAsOfRows, LeavesOutRowsWithoutKeyAndNumbersTheOthers) {
  MemoryBudget memory(1 << 20);
  const std::vector<std::uint32_t> keys = {1, kNullKeyId, 0, 1};
  const std::vector<std::int64_t> times_us = {5, 6, 7, 4};
  Result<PartitionedWords> words =
      PartitionAsOfRows({keys, times_us}, KeyPartitions(2, 4), {memory, nullptr, nullptr, nullptr, {}});
  ASSERT_TRUE(words.ok());
  ASSERT_EQ(words->Partition(0).size(), 3U);
  SortAsOfWords(words->Partition(0));
  EXPECT_EQ(AsOfRow(words->Partition(0)[0]), 2U);
  EXPECT_EQ(AsOfRow(words->Partition(0)[1]), 3U);
  EXPECT_EQ(AsOfRow(words->Partition(0)[2]), 0U);
}

TEST(PartitionAsOfRows, FailsWhenTheBudgetIsFull) {
  MemoryBudget memory(40);
  const std::vector<std::uint32_t> keys = {0, 0, 0};
  const std::vector<std::int64_t> times_us = {1, 2, 3};
  EXPECT_EQ(PartitionAsOfRows({keys, times_us}, KeyPartitions(1, 3), {memory, nullptr, nullptr, nullptr, {}})
                .status()
                .reason(),
            Reason::kMemoryLimit);
  EXPECT_EQ(memory.used_bytes(), 0);
}

}  // namespace
}  // namespace larder
