// (key, time, row) in 128 bits: sorted as numbers they stand by key, then by time, then by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <hwy/base.h>

#include "base/memory_budget.h"
#include "base/status.h"
#include "engine/budgeted_vector.h"
#include "engine/execution_context.h"

namespace larder {

using AsOfWord = hwy::uint128_t;

/// Bounds the rows of a side: row numbers are 32 bits, and a few of them are marks.
inline constexpr std::uint64_t kMaxAsOfRows = UINT32_MAX - 8;

/// Makes a word. The sign bit is flipped so that times compare as unsigned numbers: all of int64 fits, nothing is lost.
constexpr AsOfWord MakeAsOfWord(std::uint32_t key, std::int64_t time_us, std::uint32_t row) {
  const std::uint64_t time = static_cast<std::uint64_t>(time_us) ^ (std::uint64_t{1} << 63);
  AsOfWord word{};
  word.hi = (static_cast<std::uint64_t>(key) << 32) | (time >> 32);
  word.lo = (time << 32) | row;
  return word;
}

/// Takes a word apart again.
constexpr std::uint32_t AsOfKey(AsOfWord word) { return static_cast<std::uint32_t>(word.hi >> 32); }
constexpr std::uint32_t AsOfRow(AsOfWord word) { return static_cast<std::uint32_t>(word.lo); }
constexpr std::int64_t AsOfTime(AsOfWord word) {
  return static_cast<std::int64_t>(((word.hi << 32) | (word.lo >> 32)) ^ (std::uint64_t{1} << 63));
}

/// Tells whether (key, time) of `a` is not after (key, time) of `b`; rows do not matter.
constexpr bool NotAfter(AsOfWord a, AsOfWord b) { return a.hi != b.hi ? a.hi < b.hi : (a.lo >> 32) <= (b.lo >> 32); }

/// Sorts ascending. Words are all different, so the order is one and the same on every machine.
void SortAsOfWords(std::span<AsOfWord> words);

/// Cuts key numbers into ranges of equal size, so that the words of a range fit a core's cache.
class KeyPartitions {
 public:
  KeyPartitions() = default;
  /// Chooses the number of ranges for `word_count` words of `key_count` different keys.
  KeyPartitions(std::uint32_t key_count, std::size_t word_count);

  std::uint32_t count() const { return count_; }
  /// Returns the range of a key below `key_count`. Grows with the key.
  std::uint32_t Of(std::uint32_t key) const { return key >> shift_; }

 private:
  int shift_ = 31;
  std::uint32_t count_ = 1;
};

/// Holds words by partition: those of partition p from starts[p] to starts[p + 1].
struct PartitionedWords {
  KeyPartitions partitions;
  std::vector<std::size_t> starts;
  BudgetedVector<AsOfWord> words{nullptr, ""};
  bool sorted = false;  ///< within each partition

  std::span<AsOfWord> Partition(std::size_t index) {
    return words.span().subspan(starts[index], starts[index + 1] - starts[index]);
  }
};

/// Names rows by their keys and times; both are equally long.
struct AsOfRows {
  std::span<const std::uint32_t> keys;  ///< kNullKeyId: the row gets no word
  std::span<const std::int64_t> times_us;
};

/// Puts the words of `rows` (numbered from 0) into partitions. Fails with kMemoryLimit or kInterrupted.
Result<PartitionedWords> PartitionAsOfRows(const AsOfRows& rows, KeyPartitions partitions,
                                           const ExecutionContext& context);

/// Sorts the words of every partition, unless they are sorted. Partitions hold ascending ranges of keys: then all words
/// stand in order. Fails with kInterrupted.
Status SortPartitions(PartitionedWords& words, const ExecutionContext& context);

}  // namespace larder
