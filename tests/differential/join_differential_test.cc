// The engine against the oracle, on random joins: values bit for bit, statuses, matched times, order of rows.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "base/thread_pool.h"
#include "engine/point_in_time_join.h"
#include "tests/differential/random_join.h"

// Address sanitizer keeps one frame of each allocation instead of thirty: half of the time of many tiny cases. A replay
// with ASAN_OPTIONS=malloc_context_size=30 shows all.
extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
  return "malloc_context_size=1";
}

namespace larder::differential {
namespace {

// Replay one case with LARDER_SEED=<the seed it printed> LARDER_CASES=1.
std::uint64_t NumberFromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

struct Cases {
  std::uint64_t count;
  JoinSize size;
  std::uint64_t threads_every = 1;  ///< joined once more by several threads: one case in so many
};

// Compares one row of one view with the oracle's answer; returns what differs, or nothing.
std::string Difference(const JoinedView& view, std::int64_t row, const oracle::Answer& wanted, bool match_details) {
  for (std::size_t i = 0; i < view.values.size(); ++i) {
    if (BitsAt(*view.values[i], row) != wanted.values[i]) return "value " + std::to_string(i);
  }
  if (!match_details) return view.status == nullptr && view.event_time == nullptr ? "" : "details nobody asked for";
  if (view.status->Value(row) != static_cast<std::uint8_t>(wanted.status)) return "status";
  const Bits wanted_time = wanted.event_time_us.has_value() ? Bits(BitsOf(*wanted.event_time_us)) : Bits();
  if (BitsAt(*view.event_time, row) != wanted_time) return "event time";
  return "";
}

// Counts the answers of a view as its statistics should.
ViewStatistics CountAnswers(const std::vector<oracle::Answer>& answers, bool match_details) {
  ViewStatistics counts;
  for (const oracle::Answer& answer : answers) {
    if (answer.status == oracle::Status::kPresent) {
      ++counts.matched_rows;
    } else if (answer.status == oracle::Status::kOutsideMaxAge && match_details) {
      ++counts.outside_max_age_rows;
    } else {
      ++counts.not_found_rows;
    }
  }
  return counts;
}

void ExpectStatistics(const ViewStatistics& found, const ViewStatistics& wanted) {
  EXPECT_EQ(found.matched_rows, wanted.matched_rows);
  EXPECT_EQ(found.not_found_rows, wanted.not_found_rows);
  EXPECT_EQ(found.outside_max_age_rows, wanted.outside_max_age_rows);
}

// Compares a batch whose first row is `first_row` of all with the oracle's answers.
void ExpectBatch(const JoinedBatch& batch, const RandomJoin& join,
                 const std::vector<std::vector<oracle::Answer>>& wanted, std::size_t first_row) {
  ASSERT_GT(batch.left->num_rows(), 0);
  const auto& numbers = static_cast<const arrow::Int64Array&>(*batch.left->column(batch.left->num_columns() - 1));
  for (std::int64_t row = 0; row < batch.left->num_rows(); ++row) {
    const std::size_t left_row = first_row + static_cast<std::size_t>(row);
    ASSERT_EQ(numbers.Value(row), static_cast<std::int64_t>(left_row));
    for (std::size_t view = 0; view < wanted.size(); ++view) {
      ASSERT_EQ(batch.views[view].values.size(), join.plan.views[view].values.size());
      const std::string difference =
          Difference(batch.views[view], row, wanted[view][left_row], join.plan.match_details);
      ASSERT_EQ(difference, "") << "row " << left_row << " of view " << view;
    }
  }
}

// Reads the whole stream beside the oracle's answers; returns the failure of the stream, if it has one.
Status ExpectStream(JoinedBatchStream& stream, const RandomJoin& join,
                    const std::vector<std::vector<oracle::Answer>>& wanted) {
  std::size_t first_row = 0;
  while (!::testing::Test::HasFatalFailure()) {
    LARDER_ASSIGN_OR_RETURN(const std::optional<JoinedBatch> batch, stream.Next());
    if (!batch.has_value()) break;
    ExpectBatch(*batch, join, wanted, first_row);
    first_row += static_cast<std::size_t>(batch->left->num_rows());
  }
  EXPECT_EQ(first_row, join.left_row_count());
  return {};
}

constexpr std::int64_t kMuchMemory = std::int64_t{1} << 40;

// Says how a join is run: none of it may change the answer.
struct Way {
  std::uint64_t seed = 0;  // of the batches of the left side
  ThreadPool* threads = nullptr;
  JoinTuning tuning = {};
  std::int64_t memory_bytes = kMuchMemory;
};

// Joins with the engine and compares; returns the most that was in memory. Too little memory is no fault, and returns
// 0.
std::int64_t ExpectSame(const RandomJoin& join, const std::vector<std::vector<oracle::Answer>>& wanted,
                        const Way& way) {
  MemoryBudget memory(way.memory_bytes);
  std::vector<std::unique_ptr<FeatureRows>> readers;
  std::vector<FeatureRows*> borrowed;
  for (std::size_t i = 0; i < join.tables.size(); ++i) {
    readers.push_back(NewMemoryFeatureRows(join.tables[i], join.habits[i]));
    borrowed.push_back(readers.back().get());
  }
  const auto run = [&] {
    const ExecutionContext context{memory, way.threads, nullptr, nullptr, {}, way.tuning};
    const std::shared_ptr<arrow::RecordBatchReader> left = LeftReader(join, way.seed);
    Result<std::unique_ptr<JoinedBatchStream>> stream = JoinPointInTime(join.plan, *left, borrowed, context);
    const Status status = stream.ok() ? ExpectStream(**stream, join, wanted) : stream.status();
    if (!status.ok()) {
      const bool had_little = way.memory_bytes < kMuchMemory && status.reason() == Reason::kMemoryLimit;
      EXPECT_TRUE(had_little) << status.ToString();
      return false;
    }
    EXPECT_EQ((*stream)->row_count(), static_cast<std::int64_t>(join.left_row_count()));
    for (std::size_t view = 0; view < wanted.size(); ++view) {
      ExpectStatistics((*stream)->statistics()[view], CountAnswers(wanted[view], join.plan.match_details));
    }
    return true;
  };
  const bool had_memory = run();
  EXPECT_EQ(memory.used_bytes(), 0) << "memory was not given back";
  return had_memory ? memory.peak_bytes() : 0;
}

// Returns a way by its number: every strategy, whole and in parts.
JoinTuning TuningOf(std::uint64_t number) {
  JoinTuning tuning;
  if (number % 3 == 1) tuning.strategy = JoinStrategy::kMerge;
  if (number % 3 == 2) tuning.strategy = JoinStrategy::kSlots;
  if (number / 3 % 2 == 1) tuning.part_rows = 1 + static_cast<std::int64_t>(number / 6 % 7);
  return tuning;
}

std::vector<std::vector<oracle::Answer>> AllAnswers(const RandomJoin& join) {
  std::vector<std::vector<oracle::Answer>> wanted;
  for (std::size_t view = 0; view < join.tables.size(); ++view) wanted.push_back(OracleAnswers(join, view));
  return wanted;
}

void RunCase(std::uint64_t seed, const Cases& cases, ThreadPool& threads) {
  const RandomJoin join = MakeRandomJoin(seed, cases.size);
  const std::vector<std::vector<oracle::Answer>> wanted = AllAnswers(join);
  ExpectSame(join, wanted, {seed, nullptr, TuningOf(seed)});
  if (seed % cases.threads_every != 0) return;
  ExpectSame(join, wanted, {seed + 1, &threads, TuningOf(seed / cases.threads_every + 1)});
}

// Runs cases until one fails; each has a seed of its own.
void RunCases(const Cases& cases) {
  const std::uint64_t first_seed = NumberFromEnvironment("LARDER_SEED", SeedFromSystem() >> 1);
  const std::uint64_t count = NumberFromEnvironment("LARDER_CASES", cases.count);
  ThreadPool threads(3, 64);
  for (std::uint64_t i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    RunCase(first_seed + i, cases, threads);
    if (::testing::Test::HasFailure()) std::cerr << "replay with LARDER_SEED=" << first_seed + i << " LARDER_CASES=1\n";
  }
  std::cout << count << " cases from LARDER_SEED=" << first_seed << "\n";
}

TEST(JoinDifferential, SmallTables) { RunCases({20'000, {16, 28, 2}, 2}); }

TEST(JoinDifferential, ManyViews) { RunCases({100, {12, 30, 40}}); }

TEST(JoinDifferential, TwoHundredViews) { RunCases({6, {10, 24, 200}}); }

TEST(JoinDifferential, LongHistories) { RunCases({60, {600, 600, 2}}); }

// With less and less memory: other strategies, more parts, at last a failure; never another answer.
TEST(JoinDifferential, LittleMemory) {
  const std::uint64_t first_seed = NumberFromEnvironment("LARDER_SEED", SeedFromSystem() >> 1);
  ThreadPool threads(3, 64);
  int joined = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + 20 && !::testing::Test::HasFailure(); ++seed) {
    const RandomJoin join = MakeRandomJoin(seed, {800, 800, 2});
    const std::vector<std::vector<oracle::Answer>> wanted = AllAnswers(join);
    const std::int64_t peak_bytes = ExpectSame(join, wanted, {seed});
    for (std::int64_t part = 7; part > 0; --part) {
      ThreadPool* used = part % 2 == 0 ? &threads : nullptr;
      if (ExpectSame(join, wanted, {seed, used, {}, peak_bytes * part / 8}) > 0) ++joined;
    }
    if (::testing::Test::HasFailure()) std::cerr << "replay with LARDER_SEED=" << seed << "\n";
  }
  EXPECT_GT(joined, 0);
}

// Enough rows for several partitions, batches and tasks, and for the vectorised sort.
TEST(JoinDifferential, SeveralPartitions) { RunCases({6, {150'000, 60, 1}}); }

}  // namespace
}  // namespace larder::differential
