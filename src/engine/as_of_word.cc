#include "engine/as_of_word.h"

#include <algorithm>
#include <utility>

#include <hwy/contrib/sort/vqsort.h>

#include "engine/key_table.h"

namespace larder {
namespace {

// 16 bytes a word: two sides of this size fit the second-level cache of common cores.
constexpr std::size_t kWordsPerPartition = 32 * 1024;
// A scatter writes to as many places at once as there are partitions; beyond this the writes miss the cache.
constexpr std::uint32_t kMaxPartitions = 1024;
// Below this the set-up of the vectorised sort costs more than it saves.
constexpr std::size_t kSmallSort = 256;

}  // namespace

void SortAsOfWords(std::span<AsOfWord> words) {
  if (words.size() < kSmallSort) {
    std::sort(words.begin(), words.end(), [](const AsOfWord& a, const AsOfWord& b) { return a < b; });
    return;
  }
  hwy::Sorter()(words.data(), words.size(), hwy::SortAscending());
}

KeyPartitions::KeyPartitions(std::uint32_t key_count, std::size_t word_count) {
  if (key_count == 0) return;
  const std::size_t wanted = std::clamp<std::size_t>(word_count / kWordsPerPartition, 1, kMaxPartitions);
  shift_ = 0;
  while (((key_count - 1) >> shift_) >= wanted) ++shift_;
  count_ = ((key_count - 1) >> shift_) + 1;
}

Result<PartitionedWords> PartitionAsOfRows(const AsOfRows& rows, KeyPartitions partitions, MemoryBudget& memory) {
  PartitionedWords result;
  result.partitions = partitions;
  result.starts.assign(partitions.count() + 1, 0);
  for (const std::uint32_t key : rows.keys) {
    if (key != kNullKeyId) ++result.starts[partitions.Of(key) + 1];
  }
  for (std::size_t i = 1; i < result.starts.size(); ++i) result.starts[i] += result.starts[i - 1];

  result.words = BudgetedVector<AsOfWord>(&memory, "keys and times of a join");
  LARDER_RETURN_IF_ERROR(result.words.Resize(result.starts.back()));
  std::vector<std::size_t> places(result.starts.begin(), result.starts.end() - 1);
  for (std::size_t row = 0; row < rows.keys.size(); ++row) {
    const std::uint32_t key = rows.keys[row];
    if (key == kNullKeyId) continue;
    const AsOfWord word = MakeAsOfWord(key, rows.times_us[row], static_cast<std::uint32_t>(row));
    result.words[places[partitions.Of(key)]++] = word;
  }
  return result;
}

}  // namespace larder
