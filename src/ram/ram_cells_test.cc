#include "ram/ram_cells.h"

#include <map>
#include <string>
#include <thread>
#include <tuple>

#include <gtest/gtest.h>

#include "base/random.h"

namespace larder {
namespace {

class RamCellsTest : public testing::Test {
 protected:
  void Put(const CellKey& key, const CellTime& time, std::string_view value, std::uint64_t sequence = 1) {
    const RamCell cell = {key, time, false, value, CellStamp::OfWrite(sequence)};
    cells_.Put({&cell, 1}, RamCells::PutRule::kAlways, [] { return true; });
  }
  CellInMemory Find(const CellKey& key) {
    CellInMemory cell;
    cells_.Find({&key, 1}, true, {&cell, 1});
    return cell;
  }

  const std::shared_ptr<MemoryPins> pins_ = std::make_shared<MemoryPins>();
  const std::shared_ptr<std::atomic<std::int64_t>> used_bytes_ = std::make_shared<std::atomic<std::int64_t>>(0);
  RamCells cells_{pins_, used_bytes_};
};

TEST_F(RamCellsTest, HoldsWhatAMapHolds) {
  Random random(7);
  std::map<std::pair<std::string, std::string>, std::tuple<std::int64_t, std::string>> model;
  for (int i = 0; i < 20'000; ++i) {
    // Long keys and values too, which take the wide header.
    const std::string key = std::to_string(random.Below(3'000)) + (random.Below(50) == 0 ? std::string(300, 'k') : "");
    const std::string sort = random.Below(3) == 0 ? std::to_string(random.Below(3)) : "";
    const auto time_us = static_cast<std::int64_t>(random.Below(1'000));
    const std::string value(random.Below(100) == 0 ? 70'000 : random.Below(200), static_cast<char>('a' + i % 26));
    Put({key, sort}, {time_us, time_us % 2 == 0 ? std::optional(time_us) : std::nullopt}, value,
        static_cast<std::uint64_t>(i) + 1);
    auto& known = model.try_emplace({key, sort}, INT64_MIN, "").first->second;
    if (time_us >= std::get<0>(known)) known = {time_us, value};
  }
  const MemoryPin pin = pins_->Take();
  std::vector<CellKey> keys;
  for (const auto& [key, content] : model) keys.push_back({key.first, key.second});
  keys.push_back({"not there", ""});
  std::vector<CellInMemory> found(keys.size());
  cells_.Find(keys, false, found);
  std::size_t i = 0;
  for (const auto& [key, content] : model) {
    ASSERT_EQ(found[i].state, MemoryState::kFound) << key.first;
    ASSERT_EQ(found[i].time.event_time_us, std::get<0>(content));
    ASSERT_EQ(found[i].time.created_time_us.has_value(), std::get<0>(content) % 2 == 0);
    ASSERT_EQ(found[i].value, std::get<1>(content));
    ++i;
  }
  EXPECT_EQ(found[i].state, MemoryState::kUnknown);
}

TEST_F(RamCellsTest, EqualTimesAreOrderedBySequence) {
  Put({"a"}, {5, {}}, "second", 2);
  Put({"a"}, {5, {}}, "first", 1);
  const MemoryPin pin = pins_->Take();
  EXPECT_EQ(Find({"a"}).value, "second");
}

TEST_F(RamCellsTest, APinKeepsWhatIsReplaced) {
  Put({"a"}, {1, {}}, "one");
  MemoryPin pin = pins_->Take();
  const CellInMemory before = Find({"a"});
  for (std::uint64_t i = 2; i < 1'000; ++i) Put({"a"}, {static_cast<std::int64_t>(i), {}}, std::to_string(i), i);
  cells_.Clear();
  EXPECT_EQ(before.value, "one");  // the address sanitizer looks on
  EXPECT_EQ(Find({"a"}).state, MemoryState::kUnknown);
  EXPECT_EQ(used_bytes_->load(), 0);
}

TEST_F(RamCellsTest, PinsAreBounded) {
  std::vector<MemoryPin> pins;
  for (std::size_t i = 0; i < MemoryPins::kPins; ++i) pins.push_back(pins_->Take());
  EXPECT_TRUE(pins.back().is_held());
  EXPECT_FALSE(pins_->Take().is_held());
  pins.pop_back();
  EXPECT_TRUE(pins_->Take().is_held());
}

// The bound of the design: 1.4 times keys and values, for ten float64 features with an integer key.
TEST_F(RamCellsTest, TakesLittleMoreThanKeysAndValues) {
  constexpr int kCells = 100'000;
  constexpr std::size_t kValueBytes = 32 + 2 + 80;
  std::int64_t content_bytes = 0;
  for (int i = 0; i < kCells; ++i) {
    const std::string key = "key" + std::to_string(1'000'000 + i);
    Put({key}, {i, {}}, std::string(kValueBytes, 'v'));
    content_bytes += static_cast<std::int64_t>(key.size() + kValueBytes);
    // Also when the tables have just grown.
    if (i < kCells / 10) continue;
    ASSERT_LE(static_cast<double>(used_bytes_->load()), 1.4 * static_cast<double>(content_bytes));
  }
}

TEST_F(RamCellsTest, EvictsWhatWasNotRead) {
  for (int i = 0; i < 2'000; ++i) Put({"key" + std::to_string(i)}, {1, {}}, std::string(100, 'v'));
  const std::int64_t used_before = used_bytes_->load();
  EXPECT_EQ(cells_.Evict(1 << 30, INT64_MIN), 0);  // the first pass takes the marks of the writes only
  for (int i = 0; i < 200; ++i) {
    const MemoryPin pin = pins_->Take();
    Find({"key" + std::to_string(i)});
  }
  // A cell that moves across the end of its table can be met twice by one pass: one of each shard at most.
  const std::int64_t evicted = cells_.Evict(1 << 30, INT64_MIN);
  EXPECT_GE(evicted, 1'800);
  EXPECT_LE(evicted, 1'800 + static_cast<std::int64_t>(RamCells::kShards) / 4);
  EXPECT_LT(used_bytes_->load(), used_before / 4);
  const MemoryPin pin = pins_->Take();
  int kept = 0;
  for (int i = 0; i < 200; ++i) kept += Find({"key" + std::to_string(i)}).state == MemoryState::kFound ? 1 : 0;
  EXPECT_EQ(kept, 2'000 - evicted);
}

// Tells whose it is and of when, and has a length of its own.
std::string ValueOf(const std::string& key, std::int64_t time_us) {
  return key + "@" + std::to_string(time_us) + std::string(static_cast<std::size_t>(time_us % 50), 'x');
}

TEST_F(RamCellsTest, ReadersWithoutLocksSeeWholeCells) {
  constexpr int kKeys = 300;
  std::atomic<bool> is_done{false};
  std::vector<std::thread> threads;
  for (int reader = 0; reader < 3; ++reader) {
    threads.emplace_back([&, reader] {
      std::vector<std::string> names;
      for (int i = 0; i < kKeys; ++i) names.push_back("key" + std::to_string(i));
      std::vector<CellKey> keys;
      for (const std::string& name : names) keys.push_back({name});
      std::vector<CellInMemory> found(keys.size());
      std::vector<std::int64_t> last(keys.size(), 0);
      const auto begin = static_cast<std::size_t>(reader);
      while (!is_done) {
        const MemoryPin pin = pins_->Take();
        cells_.Find(std::span(keys).subspan(begin), true, std::span(found).subspan(begin));
        for (std::size_t i = begin; i < keys.size(); ++i) {
          if (found[i].state != MemoryState::kFound) continue;
          ASSERT_EQ(found[i].value, ValueOf(names[i], found[i].time.event_time_us));
          last[i] = found[i].time.event_time_us;
        }
      }
    });
  }
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 2; ++writer) {
    writers.emplace_back([&, writer] {
      Random random(static_cast<std::uint64_t>(writer));
      for (int i = 0; i < 20'000; ++i) {
        const auto time_us = static_cast<std::int64_t>(random.Below(100'000));
        const std::string name = "key" + std::to_string(random.Below(kKeys));
        Put({name}, {time_us, {}}, ValueOf(name, time_us), static_cast<std::uint64_t>(i) + 1);
        if (i % 20 == 0) cells_.Evict(2'000, INT64_MIN);
        if (i % 7'000 == 0) cells_.Clear();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  is_done = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace larder
