// A disk that is full or fails: reads go on, nothing acknowledged is lost, and writing stops or resumes as promised.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "online/rocksdb_store.h"
#include "tests/fault/failing_files.h"
#include "tests/fault/test_folder.h"

namespace larder::fault {
namespace {

class StoreDisk : public testing::Test {
 protected:
  Result<std::unique_ptr<OnlineStore>> Open(StoreDurability durability = StoreDurability::kSync) {
    StoreOptions options;
    options.path = folder_.path() + "/store";
    options.durability = durability;
    return OpenRocksDbStore(options, NewFailingFiles(plan_));
  }
  void MustOpen(StoreDurability durability = StoreDurability::kSync) {
    table_.reset();
    store_.reset();
    auto store = Open(durability);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = std::move(*store);
    table_ = *store_->OpenTable({"view", 1});
  }
  /// Writes one row; remembers it when it is acknowledged.
  Status Put(const std::string& key, std::int64_t time_us, std::size_t size = 100) {
    const std::string value = std::to_string(time_us) + std::string(size, 'v');
    const CellWrite writes[] = {{{key}, {time_us, {}}, value}};
    const auto result = table_->Write(writes);
    if (result.ok()) acknowledged_[key] = value;
    return result.status();
  }
  /// Expects every acknowledged row; one that was written over without acknowledgement may be newer.
  void CheckAll() {
    for (const auto& [key, value] : acknowledged_) {
      CellBatch cells;
      const CellKey keys[] = {{key}};
      const Status status = ReadCells(*table_, keys, cells);
      ASSERT_TRUE(status.ok()) << status.ToString();
      ASSERT_TRUE(cells.found(0)) << key;
      ASSERT_EQ(cells.value(0), value) << key;
    }
  }

  TestFolder folder_;
  std::shared_ptr<FaultPlan> plan_ = std::make_shared<FaultPlan>();
  std::unique_ptr<OnlineStore> store_;
  std::shared_ptr<OnlineTable> table_;
  std::map<std::string, std::string> acknowledged_;
};

TEST_F(StoreDisk, OnAFullDiskReadsGoOnAndWritesResumeWhenThereIsSpace) {
  MustOpen();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put("key" + std::to_string(i), i).ok());
  for (int round = 0; round < 3; ++round) {
    plan_->space_left = 50;
    const Status full = Put("does not fit", 1);
    EXPECT_EQ(full.reason(), Reason::kNoSpace) << full.ToString();
    EXPECT_NE(full.hint(), "");
    EXPECT_EQ(Put("neither", 1).reason(), Reason::kNoSpace);
    EXPECT_EQ(store_->CheckWritable().reason(), Reason::kNoSpace);
    CheckAll();
    plan_->Heal();
    const Status resumed = Put("after round " + std::to_string(round), 1);
    ASSERT_TRUE(resumed.ok()) << resumed.ToString();
    EXPECT_TRUE(store_->CheckWritable().ok());
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put("key" + std::to_string(i), 100 * (round + 1) + i).ok());
    CheckAll();
    MustOpen();
    CheckAll();
  }
}

TEST_F(StoreDisk, AFullDiskAtTheVeryFirstWriteIsOvercome) {
  MustOpen();
  plan_->space_left = 10;
  EXPECT_EQ(Put("a", 1).reason(), Reason::kNoSpace);
  EXPECT_TRUE(store_->Tables().empty());
  plan_->Heal();
  const Status status = Put("a", 2);
  ASSERT_TRUE(status.ok()) << status.ToString();
  MustOpen();
  CheckAll();
}

TEST_F(StoreDisk, AFullDiskIsToldBeforeAnythingIsCutShort) {
  MustOpen();
  ASSERT_TRUE(Put("a", 1).ok());
  plan_->tells_space = true;
  plan_->space_left = 100'000;
  const std::int64_t append_count = plan_->append_count.load();
  EXPECT_EQ(Put("b", 1).reason(), Reason::kNoSpace);
  EXPECT_EQ(plan_->append_count.load(), append_count);
  CheckAll();
  plan_->Heal();
  EXPECT_TRUE(Put("b", 2).ok());
  CheckAll();
}

TEST_F(StoreDisk, AFullDiskFailsALoadAndLeavesTheTable) {
  MustOpen();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put("key" + std::to_string(i), i).ok());
  plan_->space_left = 100'000;
  {
    LoadOptions options;
    options.memory_bytes = 64 << 10;
    auto load = table_->BeginLoad(options);
    ASSERT_TRUE(load.ok()) << load.status().ToString();
    Random random(1);
    Status status;
    for (int i = 0; i < 100'000 && status.ok(); ++i) {
      std::string value(100, '\0');
      for (char& byte : value) byte = static_cast<char>(random.Below(256));
      const std::string key = "loaded" + std::to_string(i);
      const CellWrite cells[] = {{{key}, {1, {}}, value}};
      status = load.value()->Add(cells);
    }
    EXPECT_EQ(status.reason(), Reason::kNoSpace) << status.ToString();
  }
  CheckAll();
  EXPECT_EQ(table_->Statistics().row_count, 20);
  plan_->Heal();
  const Status resumed = Put("after", 1);
  ASSERT_TRUE(resumed.ok()) << resumed.ToString();
  MustOpen();
  CheckAll();
}

TEST_F(StoreDisk, OnAFullDiskTheStoreOpensForReading) {
  MustOpen();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put("key" + std::to_string(i), i).ok());
  table_.reset();
  store_.reset();
  plan_->space_left = 0;
  MustOpen();
  CheckAll();
  EXPECT_EQ(Put("new", 1).reason(), Reason::kNoSpace);
  EXPECT_EQ(store_->CheckWritable().reason(), Reason::kNoSpace);
  plan_->Heal();
  MustOpen();
  CheckAll();
  EXPECT_TRUE(Put("new", 1).ok());
}

TEST_F(StoreDisk, AFailedSyncStopsWritingForGood) {
  MustOpen();
  ASSERT_TRUE(Put("before", 1).ok());
  plan_->syncs_left = 0;
  const Status failed = Put("lost", 1);
  EXPECT_EQ(failed.reason(), Reason::kIoError) << failed.ToString();
  const std::int64_t sync_count = plan_->sync_count.load();
  plan_->Heal();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Put("later", i).reason(), Reason::kIoError);
  EXPECT_EQ(plan_->sync_count.load(), sync_count) << "a sync that failed was repeated";
  EXPECT_EQ(store_->CheckWritable().reason(), Reason::kIoError);
  EXPECT_EQ(table_->BeginLoad({}).status().reason(), Reason::kIoError);
  CheckAll();
  MustOpen();
  CheckAll();
  EXPECT_TRUE(Put("after", 1).ok());
}

/// Breaks the disk at the n-th call, for every n up to where nothing breaks any more.
void BreakAtEach(const std::function<bool(std::int64_t n)>& run) {
  const int most = RoundCount(25);
  for (std::int64_t n = 0; n < most; ++n) {
    SCOPED_TRACE("failing call " + std::to_string(n));
    if (!run(n) || testing::Test::HasFailure()) return;
  }
}

TEST_F(StoreDisk, AnAppendThatFailsAtAnyMomentLosesNothingAcknowledged) {
  BreakAtEach([&](std::int64_t n) {
    MustOpen();
    plan_->appends_left = n;
    for (int i = 0; i < 8; ++i) (void)Put("key" + std::to_string(i), n * 100 + i);
    CheckAll();
    const bool broke = plan_->appends_left.load() < 0;
    table_.reset();
    store_.reset();
    plan_->Heal();
    MustOpen();
    for (const auto& [key, value] : acknowledged_) {
      CellBatch cells;
      const CellKey keys[] = {{key}};
      EXPECT_TRUE(ReadCells(*table_, keys, cells).ok() && cells.found(0)) << key;
      // What failed may have reached the disk all the same: it is newer then, never older.
      if (cells.value(0) != value) {
        EXPECT_GT(cells.time(0).event_time_us, std::stoll(value));
      }
    }
    acknowledged_.clear();
    return broke;
  });
}

TEST_F(StoreDisk, AFullDiskAtAnyByteLosesNothingAcknowledged) {
  Random random(TestSeed());
  for (int round = RoundCount(15); round > 0; --round) {
    MustOpen();
    const std::int64_t space = random.Between(0, 5'000);
    SCOPED_TRACE("space " + std::to_string(space));
    plan_->space_left = space;
    for (int i = 0; i < 12; ++i) (void)Put("key" + std::to_string(i), round * -1'000 + 1'000'000 + i);
    CheckAll();
    plan_->Heal();
    const Status resumed = Put("resumed", 2'000'000 - round);
    ASSERT_TRUE(resumed.ok()) << resumed.ToString();
    for (int i = 0; i < 12; ++i) ASSERT_TRUE(Put("key" + std::to_string(i), round * -1'000 + 1'000'100 + i).ok());
    CheckAll();
    MustOpen();
    CheckAll();
    if (HasFailure()) return;
  }
}

TEST_F(StoreDisk, ManyWritersShareSyncs) {
  MustOpen();
  constexpr int kThreads = 16;
  constexpr int kWrites = 40;
  ASSERT_TRUE(Put("first", 1).ok());
  const std::int64_t before = plan_->sync_count.load();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kWrites; ++i) {
        const std::string key = std::to_string(thread) + "-" + std::to_string(i);
        const CellWrite writes[] = {{{key}, {1, {}}, "value"}};
        ASSERT_TRUE(table_->Write(writes).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LT(plan_->sync_count.load() - before, kThreads * kWrites / 2);
  EXPECT_EQ(table_->Statistics().row_count, 1 + kThreads * kWrites);
}

}  // namespace
}  // namespace larder::fault
