#include "engine/as_of_word.h"

#include <algorithm>
#include <utility>

#include <hwy/contrib/sort/vqsort.h>

#include "engine/key_table.h"

namespace larder {
namespace {

// 16 bytes a word: two sides of this size fit the second-level cache of common cores.
constexpr std::size_t kWordsPerPartition = 32 << 10;
// A scatter writes to as many places at once as there are partitions; beyond this the writes miss the cache.
constexpr std::uint32_t kMaxPartitions = 1024;
// Below this the set-up of the vectorised sort costs more than it saves.
constexpr std::size_t kSmallSort = 256;
// Rows that are worth a task of their own, and tasks beyond which their counters would miss the cache.
constexpr std::size_t kLeastRowsPerTask = 128 << 10;
constexpr std::size_t kMostTasks = 32;

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

Result<PartitionedWords> PartitionAsOfRows(const AsOfRows& rows, KeyPartitions partitions,
                                           const ExecutionContext& context) {
  const std::size_t row_count = rows.keys.size();
  const std::size_t partition_count = partitions.count();
  // Each task counts the words of its rows first, so that all know their places before any is written.
  const std::size_t task_count = std::clamp<std::size_t>(row_count / kLeastRowsPerTask, 1, kMostTasks);
  const auto begin_of = [&](std::size_t task) { return row_count * task / task_count; };
  std::vector<std::vector<std::size_t>> places(task_count, std::vector<std::size_t>(partition_count, 0));
  LARDER_RETURN_IF_ERROR(RunTasks(context, task_count, [&](std::size_t task) {
    for (const std::uint32_t key : rows.keys.subspan(begin_of(task), begin_of(task + 1) - begin_of(task))) {
      if (key != kNullKeyId) ++places[task][partitions.Of(key)];
    }
    return Status();
  }));
  PartitionedWords result;
  result.partitions = partitions;
  result.starts.reserve(partition_count + 1);
  std::size_t word_count = 0;
  for (std::size_t partition = 0; partition < partition_count; ++partition) {
    result.starts.push_back(word_count);
    for (std::vector<std::size_t>& places_of_task : places) {
      word_count += std::exchange(places_of_task[partition], word_count);
    }
  }
  result.starts.push_back(word_count);

  result.words = BudgetedVector<AsOfWord>(&context.memory, "keys and times of a join");
  LARDER_RETURN_IF_ERROR(result.words.ResizeForOverwrite(word_count));
  LARDER_RETURN_IF_ERROR(RunTasks(context, task_count, [&](std::size_t task) {
    std::vector<std::size_t>& next = places[task];
    for (std::size_t row = begin_of(task); row < begin_of(task + 1); ++row) {
      const std::uint32_t key = rows.keys[row];
      if (key == kNullKeyId) continue;
      result.words[next[partitions.Of(key)]++] = MakeAsOfWord(key, rows.times_us[row], static_cast<std::uint32_t>(row));
    }
    return Status();
  }));
  return result;
}

Status SortPartitions(PartitionedWords& words, const ExecutionContext& context) {
  if (words.sorted) return {};
  LARDER_RETURN_IF_ERROR(RunTasks(context, words.partitions.count(), [&](std::size_t partition) {
    SortAsOfWords(words.Partition(partition));
    return Status();
  }));
  words.sorted = true;
  return {};
}

}  // namespace larder
