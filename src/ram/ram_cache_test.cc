// A tier that cannot hold all: shared reads, ttl, stale answers, retention.
#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/counters.h"
#include "online/memory_store.h"
#include "ram/ram_tier.h"

namespace larder {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

/// Counts the reads of a store, holds them back and makes them fail.
struct ReadControl {
  std::atomic<int> read_count{0};
  std::atomic<int> held_count{0};  ///< so many more reads wait until it is 0 again
  std::atomic<int> waiting_count{0};
  std::string failing_key;
};

class ControlledTable final : public OnlineTable {
 public:
  ControlledTable(std::shared_ptr<OnlineTable> table, ReadControl& control)
      : table_(std::move(table)), control_(control) {}

  const TableName& name() const override { return table_->name(); }
  void Read(std::span<const CellKey> keys, CellBatch& cells, ReadDone done) override {
    control_.read_count.fetch_add(1);
    Status status = ReadCells(*table_, keys, cells);
    if (control_.held_count.load() > 0) {
      control_.waiting_count.fetch_add(1);
      while (control_.held_count.load() > 0) std::this_thread::yield();
    }
    for (const CellKey& key : keys) {
      if (key.entity_key == control_.failing_key) status = Status(Reason::kDamaged, "damaged", "mend");
    }
    done(std::move(status));
  }
  void ReadRange(const CellRange& range, CellBatch& cells, ReadDone done) override {
    table_->ReadRange(range, cells, std::move(done));
  }
  Result<WriteResult> Write(std::span<const CellWrite> writes) override { return table_->Write(writes); }
  Result<std::unique_ptr<CellScan>> Scan(ScanCells what) override { return table_->Scan(what); }
  Result<std::unique_ptr<TableLoad>> BeginLoad(const LoadOptions& options) override {
    return table_->BeginLoad(options);
  }
  TableStatistics Statistics() const override { return table_->Statistics(); }

 private:
  const std::shared_ptr<OnlineTable> table_;
  ReadControl& control_;
};

class ControlledStore final : public OnlineStore {
 public:
  explicit ControlledStore(ReadControl& control) : store_(std::move(OpenMemoryStore({})).value()), control_(control) {}

  Result<std::shared_ptr<OnlineTable>> OpenTable(const TableName& name) override {
    return std::shared_ptr<OnlineTable>(std::make_shared<ControlledTable>(*store_->OpenTable(name), control_));
  }
  Status DropTable(const TableName& name) override { return store_->DropTable(name); }
  std::vector<TableStatistics> Tables() const override { return store_->Tables(); }
  Status CheckWritable() const override { return {}; }
  std::int64_t StoredBytes() const override { return 0; }

 private:
  const std::unique_ptr<OnlineStore> store_;
  ReadControl& control_;
};

class RamCacheTest : public testing::Test {
 protected:
  /// Opens a tier that begins with nothing in memory over a store with rows "k0" to "k9" of the seconds 0 to 9.
  void Open(RamTierOptions options) {
    auto store = std::make_unique<ControlledStore>(control_);
    behind_ = *store->OpenTable({"view", 1});
    for (int i = 0; i < 10; ++i) WriteBehind("k" + std::to_string(i), i * kSecond, "v" + std::to_string(i));
    options.memory_bytes = 8 << 20;
    options.ages.clock = &clock_;
    tier_ = NewRamTier(std::move(store), options, counters_);
    table_ = *tier_->OpenTable({"view", 1});
    tier_->WaitUntilLoaded();
    control_.read_count.store(0);
  }
  void WriteBehind(const std::string& key, std::int64_t time_us, const std::string& value) {
    const CellWrite writes[] = {{{key}, {time_us, {}}, value}};
    ASSERT_TRUE(behind_->Write(writes).ok());
  }
  /// Returns the value of a row, or what went wrong.
  std::string Get(const std::string& key) {
    CellBatch cells;
    const CellKey keys[] = {{key}};
    const Status status = ReadCells(*table_, keys, cells);
    if (!status.ok()) return std::string(Describe(status.reason()).name);
    return cells.found(0) ? std::string(cells.value(0)) : "missing";
  }
  MemoryState StateInMemory(const std::string& key) {
    const CellKey keys[] = {{key}};
    CellInMemory cells[1];
    const MemoryPin pin = tier_->PinMemory();
    table_->FindInMemory(keys, pin, cells);
    return cells[0].state;
  }
  std::uint64_t Count(const std::string& name) {
    return counters_.GetCounter({name, "as the tier says"}, {{"view", "view"}}).value();
  }
  void WaitFor(const std::atomic<int>& count, int value) {
    while (count.load() < value) std::this_thread::yield();
  }

  ReadControl control_;
  ManualClock clock_{1'000 * kSecond};
  Counters counters_;
  std::shared_ptr<OnlineTable> behind_;  ///< the store itself
  std::unique_ptr<RamTier> tier_;
  std::shared_ptr<OnlineTable> table_;
};

TEST_F(RamCacheTest, ReadersOfOneCellShareARead) {
  Open({.load_at_open = false});
  control_.held_count.store(1);
  auto first = std::async(std::launch::async, [&] { return Get("k3"); });
  WaitFor(control_.waiting_count, 1);
  std::vector<std::future<std::string>> others;
  for (int i = 0; i < 7; ++i) others.push_back(std::async(std::launch::async, [&] { return Get("k3"); }));
  while (Count("larder_cache_shared_reads_total") < 7) std::this_thread::yield();
  control_.held_count.store(0);
  EXPECT_EQ(first.get(), "v3");
  for (auto& other : others) EXPECT_EQ(other.get(), "v3");
  EXPECT_EQ(control_.read_count.load(), 1);
  EXPECT_EQ(Get("k3"), "v3");
  EXPECT_EQ(control_.read_count.load(), 1) << "it is in memory now";
}

TEST_F(RamCacheTest, ABatchWaitsForPartsThatOthersRead) {
  Open({.load_at_open = false});
  control_.held_count.store(1);
  auto first = std::async(std::launch::async, [&] { return Get("k3"); });
  WaitFor(control_.waiting_count, 1);
  auto batch = std::async(std::launch::async, [&] {
    CellBatch cells;
    const CellKey keys[] = {{"k1"}, {"k3"}, {"nobody"}, {"k1"}, {"k3"}};
    EXPECT_TRUE(ReadCells(*table_, keys, cells).ok());
    std::string values;
    for (std::size_t i = 0; i < cells.size(); ++i) values += std::string(cells.value(i)) + ",";
    return values;
  });
  WaitFor(control_.waiting_count, 2);
  control_.held_count.store(0);
  EXPECT_EQ(batch.get(), "v1,v3,,v1,v3,");
  EXPECT_EQ(first.get(), "v3");
  EXPECT_EQ(control_.read_count.load(), 2);
}

TEST_F(RamCacheTest, AReaderAfterAWriteDoesNotShareAReadFromBefore) {
  // What lies behind the horizon is not put into memory: the second reader misses too.
  Open({.load_at_open = false, .retention_us = kSecond});
  control_.held_count.store(1);
  auto before = std::async(std::launch::async, [&] { return Get("k3"); });
  WaitFor(control_.waiting_count, 1);
  const CellWrite writes[] = {{{"k3"}, {3 * kSecond + 1, {}}, "new"}};
  ASSERT_TRUE(table_->Write(writes).ok());
  auto after = std::async(std::launch::async, [&] { return Get("k3"); });
  WaitFor(control_.waiting_count, 2);
  control_.held_count.store(0);
  EXPECT_EQ(before.get(), "v3") << "it was read before the write";
  EXPECT_EQ(after.get(), "new");
  EXPECT_EQ(Count("larder_cache_shared_reads_total"), 0u);
  EXPECT_EQ(Get("k3"), "new");
}

TEST_F(RamCacheTest, AFailureIsOnlyOfThoseWhoAskForTheCellThatFails) {
  Open({.load_at_open = false});
  control_.failing_key = "k1";
  control_.held_count.store(1);
  auto failing = std::async(std::launch::async, [&] {
    CellBatch cells;
    const CellKey keys[] = {{"k1"}, {"k2"}};
    return ReadCells(*table_, keys, cells).reason();
  });
  WaitFor(control_.waiting_count, 1);
  auto first = std::async(std::launch::async, [&] { return Get("k1"); });
  auto second = std::async(std::launch::async, [&] { return Get("k2"); });
  while (Count("larder_cache_shared_reads_total") < 2) std::this_thread::yield();
  control_.held_count.store(0);
  EXPECT_EQ(failing.get(), Reason::kDamaged);
  EXPECT_EQ(first.get(), "damaged");
  EXPECT_EQ(second.get(), "v2");
}

TEST_F(RamCacheTest, AfterItsTtlACellIsReadAgain) {
  Open({.load_at_open = false, .ages = {.ttl_us = 60 * kSecond}});
  EXPECT_EQ(Get("k3"), "v3");
  WriteBehind("k3", 4 * kSecond, "from elsewhere");
  clock_.Advance(40 * kSecond);
  EXPECT_EQ(Get("k3"), "v3");
  EXPECT_EQ(control_.read_count.load(), 1);
  clock_.Advance(20 * kSecond);
  EXPECT_EQ(StateInMemory("k3"), MemoryState::kUnknown);
  EXPECT_EQ(Get("k3"), "from elsewhere");
  EXPECT_EQ(control_.read_count.load(), 2);
  EXPECT_EQ(StateInMemory("k3"), MemoryState::kFound);
}

TEST_F(RamCacheTest, AStaleCellIsAnsweredAndReadAgain) {
  Open({.load_at_open = false, .ages = {.ttl_us = 60 * kSecond, .stale_us = 30 * kSecond}});
  EXPECT_EQ(Get("k3"), "v3");
  WriteBehind("k3", 4 * kSecond, "from elsewhere");
  clock_.Advance(60 * kSecond);
  EXPECT_EQ(Get("k3"), "v3") << "nobody waits";
  EXPECT_GE(Count("larder_cache_stale_total"), 1u);
  while (Get("k3") != "from elsewhere") std::this_thread::yield();
  EXPECT_EQ(control_.read_count.load(), 2) << "one for all who asked";
  clock_.Advance(90 * kSecond);
  EXPECT_EQ(StateInMemory("k3"), MemoryState::kUnknown) << "too old for an answer";
}

TEST_F(RamCacheTest, AWholeTableDoesNotAge) {
  Open({.ages = {.ttl_us = 60 * kSecond}});
  clock_.Advance(600 * kSecond);
  EXPECT_EQ(StateInMemory("k3"), MemoryState::kFound);
  EXPECT_EQ(StateInMemory("nobody"), MemoryState::kMissing);
}

TEST_F(RamCacheTest, RowsBehindTheRetentionStayInTheStore) {
  Open({.retention_us = 4 * kSecond});  // the newest is of second 9: from second 5 on
  EXPECT_EQ(StateInMemory("k4"), MemoryState::kUnknown);
  EXPECT_EQ(StateInMemory("k5"), MemoryState::kFound);
  EXPECT_EQ(StateInMemory("nobody"), MemoryState::kUnknown) << "memory does not hold all";
  EXPECT_EQ(Get("k4"), "v4");
  EXPECT_EQ(StateInMemory("k4"), MemoryState::kUnknown);
  EXPECT_EQ(Get("nobody"), "missing");
  const CellWrite writes[] = {{{"k1"}, {20 * kSecond, {}}, "new"}, {{"k2"}, {3 * kSecond, {}}, "late"}};
  ASSERT_TRUE(table_->Write(writes).ok());
  EXPECT_EQ(StateInMemory("k1"), MemoryState::kFound);
  EXPECT_EQ(StateInMemory("k2"), MemoryState::kUnknown);
  EXPECT_EQ(Get("k2"), "late");
  // What is in memory and was overtaken is still answered rightly, also when a late row comes.
  const CellWrite late[] = {{{"k9"}, {10 * kSecond, {}}, "newer than it was"}};
  ASSERT_TRUE(table_->Write(late).ok());
  EXPECT_EQ(Get("k9"), "newer than it was");
}

TEST_F(RamCacheTest, ARetentionThatCoversAllKeepsTheTableWhole) {
  Open({.retention_us = 9 * kSecond});
  EXPECT_EQ(StateInMemory("k0"), MemoryState::kFound);
  EXPECT_EQ(StateInMemory("nobody"), MemoryState::kMissing);
}

}  // namespace
}  // namespace larder
