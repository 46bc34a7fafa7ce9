// What every online store does with tables: names, bulk loads, drops, reopening, many threads.
#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/cancellation.h"
#include "base/random.h"
#include "tests/conformance/store_under_test.h"

namespace larder::conformance {
namespace {

constexpr auto kNone = std::nullopt;

class Tables : public testing::TestWithParam<StoreSetup> {
 protected:
  Tables() : under_test_(GetParam()) {}
  OnlineStore& store() { return under_test_.store(); }

  StoreUnderTest under_test_;
};

std::vector<Row> Numbered(int from, int to, std::int64_t event_time_us, const std::string& value) {
  std::vector<Row> rows;
  for (int i = from; i < to; ++i) rows.push_back({"key" + std::to_string(i), "", {event_time_us, {}}, value});
  return rows;
}

TEST_P(Tables, GenerationsAndViewsAreApart) {
  Write(*under_test_.Table("view", 1), {{"a", "", {1, {}}, "one"}});
  Write(*under_test_.Table("view", 2), {{"a", "", {1, {}}, "two"}});
  Write(*under_test_.Table("vie", 1), {{"a", "", {1, {}}, "three"}});
  EXPECT_EQ(Get(*under_test_.Table("view", 1), "a"), "one");
  EXPECT_EQ(Get(*under_test_.Table("view", 2), "a"), "two");
  EXPECT_EQ(Get(*under_test_.Table("vie", 1), "a"), "three");
  EXPECT_EQ(Get(*under_test_.Table("view", 3), "a"), kNone);
  const std::vector<TableStatistics> tables = store().Tables();
  ASSERT_EQ(tables.size(), 3u);
  EXPECT_EQ(tables[0].name, (TableName{"vie", 1}));
  EXPECT_EQ(tables[1].name, (TableName{"view", 1}));
  EXPECT_EQ(tables[2].name, (TableName{"view", 2}));
}

TEST_P(Tables, AHandleTakenBeforeTheFirstWriteSeesIt) {
  const auto reader = under_test_.Table("view");
  EXPECT_EQ(Get(*reader, "a"), kNone);
  Write(*under_test_.Table("view"), {{"a", "", {1, {}}, "one"}});
  EXPECT_EQ(Get(*reader, "a"), "one");
}

TEST_P(Tables, ManyTables) {
  constexpr int kTables = 15;
  for (int i = 0; i < kTables; ++i) {
    Write(*under_test_.Table("view" + std::to_string(i)), {{"a", "", {i, {}}, std::to_string(i)}});
  }
  EXPECT_EQ(store().Tables().size(), std::size_t{kTables});
  if (GetParam().is_persistent) under_test_.Reopen();
  for (int i = 0; i < kTables; ++i) {
    EXPECT_EQ(Get(*under_test_.Table("view" + std::to_string(i)), "a"), std::to_string(i));
  }
}

TEST_P(Tables, ADroppedTableIsEmptyAndItsHandleWritesNoMore) {
  const auto table = under_test_.Table("view");
  Write(*table, {{"a", "", {10, {}}, "one"}});
  Write(*under_test_.Table("other"), {{"a", "", {1, {}}, "stays"}});
  ASSERT_TRUE(store().DropTable({"view", 1}).ok());
  EXPECT_EQ(Get(*table, "a"), kNone);
  EXPECT_TRUE(ScanAll(*table, ScanCells::kEverything).empty());
  EXPECT_EQ(table->Statistics().row_count, 0);
  const CellWrite writes[] = {{{"a"}, {11, {}}, "v"}};
  EXPECT_EQ(table->Write(writes).status().reason(), Reason::kUnknownObject);
  EXPECT_EQ(table->BeginLoad({}).status().reason(), Reason::kUnknownObject);
  EXPECT_EQ(store().Tables().size(), 1u);
  // A new handle begins afresh: nothing of the old table counts, deletions and times neither.
  const auto fresh = under_test_.Table("view");
  EXPECT_EQ(Get(*fresh, "a"), kNone);
  EXPECT_EQ(Write(*fresh, {{"a", "", {5, {}}, "older than before"}}), std::vector<bool>{true});
  EXPECT_EQ(Get(*fresh, "a"), "older than before");
  EXPECT_TRUE(store().DropTable({"never there", 1}).ok());
  if (!GetParam().is_persistent) return;
  ASSERT_TRUE(store().DropTable({"view", 1}).ok());
  under_test_.Reopen();
  EXPECT_EQ(Get(*under_test_.Table("view"), "a"), kNone);
  EXPECT_EQ(Get(*under_test_.Table("other"), "a"), "stays");
}

TEST_P(Tables, AScanOutlivesADropAndASwap) {
  const auto table = under_test_.Table("view");
  Write(*table, Numbered(0, 500, 1, "old"));
  auto scan = table->Scan(ScanCells::kRows);
  ASSERT_TRUE(scan.ok());
  Load(*table, Numbered(0, 500, 2, "new"));
  ASSERT_TRUE(store().DropTable({"view", 1}).ok());
  ScannedCell cell;
  int count = 0;
  for (; *scan.value()->Next(cell); ++count) EXPECT_EQ(cell.value, "old");
  EXPECT_EQ(count, 500);
}

TEST_P(Tables, ALoadFillsAnEmptyTable) {
  const auto table = under_test_.Table("view");
  // In any order, with duplicates, in memory so small that it takes many runs.
  std::vector<Row> rows = Numbered(0, 3'000, 5, "five");
  const std::vector<Row> older = Numbered(0, 1'000, 4, "four");
  rows.insert(rows.end(), older.begin(), older.end());
  const std::vector<Row> equal = Numbered(500, 600, 5, "five, later");
  rows.insert(rows.end(), equal.begin(), equal.end());
  const LoadResult result = Load(*table, rows, 1);
  EXPECT_EQ(result.applied_count, 3'000);
  EXPECT_EQ(result.older_count, 1'100);
  EXPECT_EQ(Get(*table, "key0"), "five");
  EXPECT_EQ(Get(*table, "key500"), "five, later");
  EXPECT_EQ(Get(*table, "key2999"), "five");
  EXPECT_EQ(Get(*table, "key3000"), kNone);
  EXPECT_EQ(table->Statistics().row_count, 3'000);
  EXPECT_EQ(table->Statistics().newest_event_time_us, 5);
  EXPECT_EQ(ScanAll(*table, ScanCells::kEverything).size(), 3'000u);
}

TEST_P(Tables, ALoadOfNothingMakesTheTable) {
  EXPECT_EQ(Load(*under_test_.Table("view"), {}).applied_count, 0);
  ASSERT_EQ(store().Tables().size(), 1u);
  EXPECT_EQ(store().Tables()[0], (TableStatistics{{"view", 1}, 0, 0, 0, kNone}));
}

TEST_P(Tables, ALoadMergesWithWhatIsThere) {
  const auto table = under_test_.Table("view");
  Write(*table, {{"newer", "", {10, {}}, "pushed"},
                 {"older", "", {1, {}}, "pushed"},
                 {"equal", "", {5, 5}, "pushed"},
                 {"only pushed", "", {1, {}}, "pushed"},
                 {"deleted", "", {9, {}}, "", true}});
  const LoadResult result = Load(*table, {{"newer", "", {5, 5}, "loaded"},
                                          {"older", "", {5, 5}, "loaded"},
                                          {"equal", "", {5, 5}, "loaded"},
                                          {"only loaded", "", {5, 5}, "loaded"},
                                          {"deleted", "", {5, 5}, "loaded"},
                                          {"older", "", {7, {}}, "", true}});
  EXPECT_EQ(result.applied_count, 3);
  EXPECT_EQ(result.older_count, 3);
  EXPECT_EQ(Get(*table, "newer"), "pushed");
  EXPECT_EQ(Get(*table, "older"), kNone);
  EXPECT_EQ(Get(*table, "equal"), "loaded");
  EXPECT_EQ(Get(*table, "only pushed"), "pushed");
  EXPECT_EQ(Get(*table, "only loaded"), "loaded");
  EXPECT_EQ(Get(*table, "deleted"), kNone);
  EXPECT_EQ(table->Statistics().row_count, 4);
  EXPECT_EQ(table->Statistics().deleted_count, 2);
  EXPECT_EQ(table->Statistics().newest_event_time_us, 10);
  // The order of times holds across the swap.
  EXPECT_EQ(Write(*table, {{"equal", "", {5, 4}, "late"}, {"older", "", {6, {}}, "late"}}),
            (std::vector<bool>{false, false}));
}

TEST_P(Tables, ALoadWithoutCommitLeavesNothing) {
  const auto table = under_test_.Table("view");
  Write(*table, {{"a", "", {1, {}}, "one"}});
  {
    auto load = table->BeginLoad({});
    ASSERT_TRUE(load.ok());
    const CellWrite cells[] = {{{"a"}, {2, {}}, "two"}, {{"b"}, {2, {}}, "two"}};
    ASSERT_TRUE(load.value()->Add(cells).ok());
    EXPECT_EQ(table->BeginLoad({}).status().reason(), Reason::kAlreadyRunning);
  }
  EXPECT_EQ(Get(*table, "a"), "one");
  EXPECT_EQ(Get(*table, "b"), kNone);
  EXPECT_EQ(Load(*table, {{"b", "", {3, {}}, "three"}}).applied_count, 1);
  EXPECT_EQ(Get(*table, "b"), "three");
}

TEST_P(Tables, ALoadCanBeCancelled) {
  const auto table = under_test_.Table("view");
  Cancellation cancellation;
  LoadOptions options;
  options.cancellation = &cancellation;
  auto load = table->BeginLoad(options);
  ASSERT_TRUE(load.ok());
  const CellWrite cells[] = {{{"a"}, {2, {}}, "two"}};
  ASSERT_TRUE(load.value()->Add(cells).ok());
  cancellation.Cancel();
  EXPECT_EQ(load.value()->Add(cells).reason(), Reason::kInterrupted);
  EXPECT_EQ(load.value()->Commit().status().reason(), Reason::kInterrupted);
  EXPECT_EQ(Get(*table, "a"), kNone);
}

TEST_P(Tables, ALoadOfADroppedTableFails) {
  const auto table = under_test_.Table("view");
  Write(*table, {{"a", "", {1, {}}, "one"}});
  auto load = table->BeginLoad({});
  ASSERT_TRUE(load.ok());
  ASSERT_TRUE(store().DropTable({"view", 1}).ok());
  EXPECT_EQ(load.value()->Commit().status().reason(), Reason::kUnknownObject);
  EXPECT_TRUE(store().Tables().empty());
}

TEST_P(Tables, EverythingIsThereAfterReopening) {
  if (!GetParam().is_persistent) GTEST_SKIP() << "this store goes with its process";
  Write(*under_test_.Table("pushed"), {{"a", "s", {1, 2}, "one"}, {"b", "", {3, {}}, "", true}});
  Load(*under_test_.Table("loaded", 7), Numbered(0, 1'000, 5, "five"));
  Write(*under_test_.Table("loaded", 7), {{"key1", "", {6, {}}, "six"}});
  const std::vector<TableStatistics> before = store().Tables();
  under_test_.Reopen();
  EXPECT_EQ(store().Tables(), before);
  EXPECT_EQ(ScanAll(*under_test_.Table("pushed"), ScanCells::kEverything),
            (std::vector<Row>{{"a", "s", {1, 2}, "one"}, {"b", "", {3, {}}, "", true}}));
  EXPECT_EQ(Get(*under_test_.Table("loaded", 7), "key1"), "six");
  EXPECT_EQ(Get(*under_test_.Table("loaded", 7), "key999"), "five");
  EXPECT_EQ(Write(*under_test_.Table("pushed"), {{"b", "", {2, {}}, "late"}}), std::vector<bool>{false});
}

TEST_P(Tables, TheEventTimeOfACellNeverGoesBack) {
  constexpr int kWriters = 4;
  constexpr int kReaders = 2;
  constexpr int kWrites = 300;
  const auto table = under_test_.Table("view");
  std::atomic<int> writing{kWriters};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      Random random(static_cast<std::uint64_t>(writer));
      for (int i = 0; i < kWrites; ++i) {
        const std::int64_t time_us = i + random.Between(-20, 20);
        const std::string value = std::to_string(time_us);
        Write(*table, {{"hot", "1", {time_us, {}}, value}, {"hot", "2", {time_us, {}}, value}});
      }
      --writing;
    });
  }
  for (int reader = 0; reader < kReaders; ++reader) {
    threads.emplace_back([&] {
      CellBatch cells;
      std::int64_t last_time_us = INT64_MIN;
      while (writing > 0) {
        const CellKey keys[] = {{"hot", "1"}, {"hot", "2"}};
        ASSERT_TRUE(ReadCells(*table, keys, cells).ok());
        ASSERT_EQ(cells.state(0), cells.state(1));
        if (!cells.found(0)) continue;
        // One batch writes both, so they are the same at any moment.
        ASSERT_EQ(cells.value(0), cells.value(1));
        ASSERT_EQ(cells.value(0), std::to_string(cells.time(0).event_time_us));
        ASSERT_GE(cells.time(0).event_time_us, last_time_us);
        last_time_us = cells.time(0).event_time_us;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(Tables, AReaderSeesItsOwnAcknowledgedWrites) {
  constexpr int kThreads = 4;
  const auto table = under_test_.Table("view");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 300; ++i) {
        const std::string key = "key" + std::to_string(thread) + "-" + std::to_string(i % 20);
        const std::string value = std::to_string(i) + std::string(500, 'x');
        Write(*table, {{key, "", {7, {}}, value}});  // equal times: the later write wins
        ASSERT_EQ(Get(*table, key), value);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int thread = 0; thread < kThreads; ++thread) {
    for (int i = 280; i < 300; ++i) {
      const std::string key = "key" + std::to_string(thread) + "-" + std::to_string(i % 20);
      EXPECT_EQ(Get(*table, key), std::to_string(i) + std::string(500, 'x'));
    }
  }
}

TEST_P(Tables, ASwapIsWholeForReadersAndLosesNoWrite) {
  const auto table = under_test_.Table("view");
  Load(*table, Numbered(0, 200, 0, "0"));
  std::atomic<bool> is_done{false};
  std::thread reader([&] {
    CellBatch cells;
    std::int64_t last = 0;
    for (int i = 0; !is_done; ++i) {
      const std::string key = "key" + std::to_string(i % 200);
      const CellKey keys[] = {{key}};
      ASSERT_TRUE(ReadCells(*table, keys, cells).ok());
      ASSERT_TRUE(cells.found(0));
      // Whole: a key met later has at least the round of one met before.
      ASSERT_GE(cells.time(0).event_time_us, last);
      last = cells.time(0).event_time_us;
    }
  });
  std::atomic<int> written{0};
  std::thread writer([&] {
    for (int i = 0; !is_done; ++i) {
      Write(*table, {{"written" + std::to_string(i), "", {i, {}}, "w"}});
      written = i + 1;
    }
  });
  for (int round = 1; round <= 8; ++round) Load(*table, Numbered(0, 200, round, std::to_string(round)));
  is_done = true;
  reader.join();
  writer.join();
  for (int i = 0; i < written; ++i) ASSERT_EQ(Get(*table, "written" + std::to_string(i)), "w") << i;
  EXPECT_EQ(table->Statistics().row_count, 200 + written);
  EXPECT_EQ(ScanAll(*table, ScanCells::kRows).size(), static_cast<std::size_t>(200 + written));
}

TEST_P(Tables, EqualPairsOfManyWritersEndAsTheStoreHasThem) {
  const auto table = under_test_.Table("view");
  for (int round = 0; round < 20; ++round) {
    const std::string key = "key" + std::to_string(round);
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 4; ++writer) {
      threads.emplace_back([&, writer] { Write(*table, {{key, "", {1, {}}, "writer" + std::to_string(writer)}}); });
    }
    for (std::thread& thread : threads) thread.join();
    // A tier in memory and the store below it hold the same winner; a range is read from the store.
    const std::vector<std::string> stored = Range(*table, {key});
    ASSERT_EQ(stored.size(), 1u);
    EXPECT_EQ("=" + *Get(*table, key), stored[0]);
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, Tables, testing::ValuesIn(AllSetups()),
                         [](const auto& setup) { return setup.param.name; });

}  // namespace
}  // namespace larder::conformance
