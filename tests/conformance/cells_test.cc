// What every online store does with the cells of one table: order of writes, deletions, ranges, scans, statistics.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/conformance/store_under_test.h"

namespace larder::conformance {
namespace {

using namespace std::string_literals;

constexpr auto kNone = std::nullopt;

class Cells : public testing::TestWithParam<StoreSetup> {
 protected:
  Cells() : under_test_(GetParam()), table_(under_test_.Table("view")) {}
  OnlineTable& table() { return *table_; }

  StoreUnderTest under_test_;
  std::shared_ptr<OnlineTable> table_;
};

using Applied = std::vector<bool>;

TEST_P(Cells, AFreshTableIsEmpty) {
  EXPECT_EQ(Get(table(), "a"), kNone);
  EXPECT_TRUE(ScanAll(table(), ScanCells::kEverything).empty());
  EXPECT_TRUE(under_test_.store().Tables().empty());
  EXPECT_EQ(table().Statistics(), (TableStatistics{{"view", 1}, 0, 0, 0, kNone}));
  EXPECT_EQ(table().name(), (TableName{"view", 1}));
  EXPECT_TRUE(under_test_.store().CheckWritable().ok());
}

TEST_P(Cells, TheGreaterEventTimeWins) {
  EXPECT_EQ(Write(table(), {{"a", "", {10, {}}, "ten"}}), Applied{true});
  EXPECT_EQ(Write(table(), {{"a", "", {9, 1'000}, "nine"}}), Applied{false});
  EXPECT_EQ(Get(table(), "a"), "ten");
  EXPECT_EQ(Write(table(), {{"a", "", {11, {}}, "eleven"}}), Applied{true});
  EXPECT_EQ(Get(table(), "a"), "eleven");
  EXPECT_EQ(Write(table(), {{"b", "", {INT64_MIN, {}}, "beginning"}}), Applied{true});
  EXPECT_EQ(Get(table(), "b"), "beginning");
}

TEST_P(Cells, OfEqualEventTimesTheGreaterCreatedTimeWinsAndNullIsLowest) {
  EXPECT_EQ(Write(table(), {{"a", "", {10, 5}, "five"}}), Applied{true});
  EXPECT_EQ(Write(table(), {{"a", "", {10, {}}, "null"}}), Applied{false});
  EXPECT_EQ(Write(table(), {{"a", "", {10, 4}, "four"}}), Applied{false});
  EXPECT_EQ(Get(table(), "a"), "five");
  EXPECT_EQ(Write(table(), {{"a", "", {10, 6}, "six"}}), Applied{true});
  EXPECT_EQ(Get(table(), "a"), "six");
  EXPECT_EQ(Write(table(), {{"b", "", {10, {}}, "null"}}), Applied{true});
  EXPECT_EQ(Write(table(), {{"b", "", {10, INT64_MIN}, "least"}}), Applied{true});
  EXPECT_EQ(Get(table(), "b"), "least");
}

TEST_P(Cells, OfEqualPairsTheLaterWriteWins) {
  EXPECT_EQ(Write(table(), {{"a", "", {10, 5}, "first"}}), Applied{true});
  EXPECT_EQ(Write(table(), {{"a", "", {10, 5}, "second"}}), Applied{true});
  EXPECT_EQ(Get(table(), "a"), "second");
  EXPECT_EQ(Write(table(), {{"b", "", {10, {}}, "first"}}), Applied{true});
  EXPECT_EQ(Write(table(), {{"b", "", {10, {}}, "second"}}), Applied{true});
  EXPECT_EQ(Get(table(), "b"), "second");
}

TEST_P(Cells, ABatchCountsEachWriteInItsOrder) {
  EXPECT_EQ(Write(table(), {{"a", "", {2, {}}, "two"},
                            {"b", "", {1, {}}, "one"},
                            {"a", "", {1, {}}, "older"},
                            {"a", "", {3, {}}, "three"},
                            {"a", "", {3, {}}, "three again"},
                            {"a", "x", {0, {}}, "another cell"}}),
            (Applied{true, true, false, true, true, true}));
  EXPECT_EQ(Get(table(), "a"), "three again");
  EXPECT_EQ(Get(table(), "b"), "one");
  EXPECT_EQ(Get(table(), "a", "x"), "another cell");
  EXPECT_TRUE(Write(table(), {}).empty());
}

TEST_P(Cells, ADeletionIsAWriteThatOlderRowsDoNotUndo) {
  Write(table(), {{"a", "", {10, {}}, "row"}});
  EXPECT_EQ(Write(table(), {{"a", "", {9, {}}, "", true}}), Applied{false});
  EXPECT_EQ(Get(table(), "a"), "row");
  EXPECT_EQ(Write(table(), {{"a", "", {12, {}}, "", true}}), Applied{true});
  EXPECT_EQ(Get(table(), "a"), kNone);
  EXPECT_EQ(Write(table(), {{"a", "", {11, {}}, "late row"}}), Applied{false});
  EXPECT_EQ(Get(table(), "a"), kNone);
  EXPECT_EQ(Write(table(), {{"a", "", {12, {}}, "equal pair"}}), Applied{true});
  EXPECT_EQ(Get(table(), "a"), "equal pair");
  // Of a key that was never there.
  EXPECT_EQ(Write(table(), {{"never", "", {5, {}}, "", true}}), Applied{true});
  EXPECT_EQ(Write(table(), {{"never", "", {4, {}}, "late"}}), Applied{false});
  EXPECT_EQ(Get(table(), "never"), kNone);
}

TEST_P(Cells, AReadTellsTimesAndStates) {
  Write(table(), {{"a", "", {10, 7}, "row"}, {"b", "", {11, {}}, "", true}});
  CellBatch cells;
  const CellKey keys[] = {{"a"}, {"missing"}, {"b"}, {"a"}};
  for (int round = 0; round < 2; ++round) {  // the second time from memory, where there is a tier
    ASSERT_TRUE(ReadCells(table(), keys, cells).ok());
    ASSERT_EQ(cells.size(), 4u);
    EXPECT_EQ(cells.state(0), CellState::kFound);
    EXPECT_EQ(cells.time(0), (CellTime{10, 7}));
    EXPECT_EQ(cells.value(0), "row");
    EXPECT_EQ(cells.state(1), CellState::kMissing);
    EXPECT_EQ(cells.value(1), "");
    EXPECT_EQ(cells.state(2), CellState::kDeleted);
    EXPECT_EQ(cells.time(2), (CellTime{11, {}}));
    EXPECT_EQ(cells.value(2), "");
    EXPECT_EQ(cells.state(3), CellState::kFound);
    EXPECT_EQ(cells.value(3), "row");
  }
  ASSERT_TRUE(ReadCells(table(), {}, cells).ok());
  EXPECT_EQ(cells.size(), 0u);
}

TEST_P(Cells, KeysAndValuesAreAnyBytes) {
  const std::string all_bytes = [] {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
  }();
  const std::vector<std::string> keys = {"", "\0"s, "\0\0"s, "\xff", "\xff\xff", "a\0b"s, all_bytes, "a", "ab"};
  std::vector<Row> rows;
  for (const std::string& key : keys) {
    for (const std::string& sort : keys) rows.push_back({key, sort, {1, {}}, "value of " + key + "/" + sort});
  }
  Write(table(), rows);
  for (const Row& row : rows) EXPECT_EQ(Get(table(), row.key, row.sort), row.value);
  for (const std::string& key : keys) {
    EXPECT_EQ(Range(table(), {key}).size(), keys.size()) << testing::PrintToString(key);
  }
  EXPECT_EQ(Write(table(), {{"empty value", "", {1, {}}, ""}, {"bytes", "", {1, {}}, all_bytes}}),
            (Applied{true, true}));
  EXPECT_EQ(Get(table(), "empty value"), "");
  EXPECT_EQ(Get(table(), "bytes"), all_bytes);
}

TEST_P(Cells, LargeValuesComeBack) {
  for (const std::size_t size : {std::size_t{1'000}, std::size_t{70'000}, std::size_t{5'000'000}}) {
    std::string value(size, '\0');
    Random random(size);
    for (char& byte : value) byte = static_cast<char>(random.Below(256));
    Write(table(), {{"large", "", {static_cast<std::int64_t>(size), {}}, value}});
    EXPECT_TRUE(Get(table(), "large") == value) << size;
    EXPECT_TRUE(Get(table(), "large") == value) << size;
  }
}

TEST_P(Cells, TooLongIsRefusedAndWritesNothing) {
  const std::string key(kMaxEntityKeyBytes + 1, 'k');
  const std::string sort(kMaxSortKeyBytes + 1, 's');
  const CellWrite writes[] = {{{"good"}, {1, {}}, "v"}, {{key}, {1, {}}, "v"}};
  EXPECT_EQ(table().Write(writes).status().reason(), Reason::kLimitExceeded);
  const CellWrite long_sort[] = {{{"good"}, {1, {}}, "v"}, {{"k", sort}, {1, {}}, "v"}};
  EXPECT_EQ(table().Write(long_sort).status().reason(), Reason::kLimitExceeded);
  EXPECT_EQ(Get(table(), "good"), kNone);
  const std::string longest(kMaxEntityKeyBytes, 'k');
  Write(table(), {{longest, "", {1, {}}, "at the limit"}});
  EXPECT_EQ(Get(table(), longest), "at the limit");
}

TEST_P(Cells, ARangeIsReadInOrderWithinItsBounds) {
  Write(table(), {{"k", "b", {1, {}}, "2"},
                  {"k", "a", {1, {}}, "1"},
                  {"k", "d", {1, {}}, "4"},
                  {"k", "c", {1, {}}, "3"},
                  {"k", "", {1, {}}, "0"},
                  {"j", "a", {1, {}}, "other"},
                  {"kk", "a", {1, {}}, "other"},
                  {"l", "a", {1, {}}, "other"}});
  using Texts = std::vector<std::string>;
  EXPECT_EQ(Range(table(), {"k"}), (Texts{"=0", "a=1", "b=2", "c=3", "d=4"}));
  EXPECT_EQ(Range(table(), {.entity_key = "k", .descending = true}), (Texts{"d=4", "c=3", "b=2", "a=1", "=0"}));
  EXPECT_EQ(Range(table(), {"k", "b"}), (Texts{"b=2", "c=3", "d=4"}));
  EXPECT_EQ(Range(table(), {"k", "b", "d"}), (Texts{"b=2", "c=3"}));
  EXPECT_EQ(Range(table(), {"k", "aa", "cc", true}), (Texts{"c=3", "b=2"}));
  EXPECT_EQ(Range(table(), {"k", "", kNone, false, 2}), (Texts{"=0", "a=1"}));
  EXPECT_EQ(Range(table(), {"k", "", kNone, true, 2}), (Texts{"d=4", "c=3"}));
  EXPECT_EQ(Range(table(), {"k", "d", "b"}), Texts{});
  EXPECT_EQ(Range(table(), {"k", "b", "b"}), Texts{});
  EXPECT_EQ(Range(table(), {"nobody"}), Texts{});
  EXPECT_EQ(Range(table(), {"k", "", kNone, false, 0}), Texts{});
  Write(table(), {{"k", "b", {2, {}}, "", true}});
  EXPECT_EQ(Range(table(), {"k", "", kNone, false, 3}), (Texts{"=0", "a=1", "c=3"}));
}

TEST_P(Cells, AScanGivesEveryCellAsItWasWhenItBegan) {
  std::vector<Row> rows;
  for (int i = 1'000; i < 2'000; ++i) {
    rows.push_back({"key" + std::to_string(i),
                    "",
                    {i, i % 2 == 0 ? std::optional<std::int64_t>(i) : kNone},
                    "value" + std::to_string(i)});
  }
  rows.push_back({"zz", "s1", {1, {}}, "one"});
  rows.push_back({"zz", "s2", {1, {}}, "", true});
  Write(table(), rows);
  EXPECT_EQ(ScanAll(table(), ScanCells::kEverything), rows);
  const auto scan = table().Scan(ScanCells::kRows);
  ASSERT_TRUE(scan.ok());
  Write(table(), {{"later", "", {1, {}}, "not in the scan"}, {"key1000", "", {1'000'000, {}}, "new"}});
  ScannedCell cell;
  std::vector<std::string> values;
  while (true) {
    const auto more = scan.value()->Next(cell);
    ASSERT_TRUE(more.ok());
    if (!more.value()) break;
    values.emplace_back(cell.value);
  }
  EXPECT_EQ(values.size(), 1'001u);
  EXPECT_EQ(std::count(values.begin(), values.end(), "value1000"), 1);
  EXPECT_FALSE(*scan.value()->Next(cell));
}

TEST_P(Cells, StatisticsAreExact) {
  Write(table(), {{"a", "", {10, {}}, "12345"}, {"b", "x", {30, {}}, "123"}, {"c", "", {20, {}}, ""}});
  EXPECT_EQ(table().Statistics(), (TableStatistics{{"view", 1}, 3, 0, 6 + 5 + 1, 30}));
  Write(table(), {{"a", "", {11, {}}, "1"}, {"a", "", {5, {}}, "older"}});
  EXPECT_EQ(table().Statistics(), (TableStatistics{{"view", 1}, 3, 0, 2 + 5 + 1, 30}));
  Write(table(), {{"b", "x", {40, {}}, "", true}, {"new", "", {50, {}}, "", true}});
  EXPECT_EQ(table().Statistics(), (TableStatistics{{"view", 1}, 2, 2, 2 + 2 + 1 + 3, 30}));
  Write(table(), {{"b", "x", {41, {}}, "back"}});
  EXPECT_EQ(table().Statistics(), (TableStatistics{{"view", 1}, 3, 1, 2 + 6 + 1 + 3, 41}));
  ASSERT_EQ(under_test_.store().Tables().size(), 1u);
  EXPECT_EQ(under_test_.store().Tables()[0], table().Statistics());
  EXPECT_GT(under_test_.store().StoredBytes(), 0);
}

TEST_P(Cells, SequencesGrow) {
  const CellWrite writes[] = {{{"a"}, {1, {}}, "v"}};
  const auto first = table().Write(writes);
  const auto second = table().Write(writes);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_LT(first->sequence, second->sequence);
  EXPECT_EQ(second->applied_count(), 1);
  EXPECT_EQ(second->older_count(), 0);
}

/// A model of a table: the rule of the contract, literally.
class Model {
 public:
  bool Write(const Row& row) {
    for (Row& stored : rows_) {
      if (stored.key != row.key || stored.sort != row.sort) continue;
      if (row.time < stored.time) return false;
      stored = row;
      return true;
    }
    rows_.push_back(row);
    return true;
  }
  std::vector<Row> Sorted() const {
    std::vector<Row> rows = rows_;
    std::sort(rows.begin(), rows.end(),
              [](const Row& a, const Row& b) { return std::tie(a.key, a.sort) < std::tie(b.key, b.sort); });
    return rows;
  }

 private:
  std::vector<Row> rows_;
};

Row RandomRow(Random& random) {
  Row row;
  row.key = "k" + std::to_string(random.Below(20));
  row.sort = random.OneIn(3) ? "s" + std::to_string(random.Below(3)) : "";
  row.time.event_time_us = random.Between(-5, 5);
  if (random.OneIn(2)) row.time.created_time_us = random.Between(0, 3);
  row.deleted = random.OneIn(6);
  if (!row.deleted) row.value = std::string(random.Below(400), static_cast<char>('a' + random.Below(26)));
  return row;
}

TEST_P(Cells, RandomWritesLoadsAndReopeningsGiveWhatTheModelGives) {
  const std::uint64_t seed = SeedFromSystem();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  Model model;
  for (int round = 0; round < 60; ++round) {
    std::vector<Row> rows;
    for (std::uint64_t i = random.Below(40); i > 0; --i) rows.push_back(RandomRow(random));
    Applied expected;
    for (const Row& row : rows) expected.push_back(model.Write(row));
    if (random.OneIn(10)) {
      Load(table(), rows);
    } else {
      EXPECT_EQ(Write(table(), rows), expected);
    }
    if (GetParam().is_persistent && random.OneIn(15)) {
      table_.reset();
      under_test_.Reopen();
      table_ = under_test_.Table("view");
    }
    for (const Row& row : model.Sorted()) {
      EXPECT_EQ(Get(table(), row.key, row.sort), row.deleted ? kNone : std::optional(row.value));
    }
  }
  EXPECT_EQ(ScanAll(table(), ScanCells::kEverything), model.Sorted());
}

INSTANTIATE_TEST_SUITE_P(Stores, Cells, testing::ValuesIn(AllSetups()),
                         [](const auto& setup) { return setup.param.name; });

}  // namespace
}  // namespace larder::conformance
