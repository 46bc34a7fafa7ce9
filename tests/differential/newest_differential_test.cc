// What materialization ends with, in memory and in rounds, against the winners that the oracle's rule names.
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "engine/newest_per_key.h"
#include "tests/differential/random_join.h"

namespace larder::differential {
namespace {

// A key's columns, one after another, with their lengths.
std::string StoreKey(const std::vector<Bits>& bits) {
  std::string key;
  for (const Bits& column : bits) key += BitsOf(column->size()) + *column;
  return key;
}

// What a store holds for a key.
struct Stored {
  std::int64_t event_us = 0;
  std::optional<std::int64_t> created_us;
  bool deleted = false;
  std::vector<Bits> values;

  friend bool operator==(const Stored& a, const Stored& b) = default;
};

/// Keeps the newer row of a key; the later one of equal pairs: what the online store promises.
class Store {
 public:
  void Write(const std::string& key, Stored row) {
    ++writes_;
    const auto [place, is_new] = rows_.try_emplace(key, row);
    const auto pair_of = [](const Stored& stored) { return std::pair(stored.event_us, stored.created_us); };
    if (!is_new && pair_of(row) >= pair_of(place->second)) place->second = std::move(row);
  }

  const std::map<std::string, Stored>& rows() const { return rows_; }
  std::int64_t writes() const { return writes_; }

 private:
  std::map<std::string, Stored> rows_;
  std::int64_t writes_ = 0;
};

struct NewestCase {
  FeatureTable table;
  NewestPerKeyPlan plan;
  std::size_t key_columns = 0;
};

NewestCase MakeCase(Random& random, std::uint64_t row_count, std::size_t keys_in_pool) {
  NewestCase made;
  TableSource source{{}, random.OneIn(4) ? INT64_MIN : 1000, random.OneIn(2) ? 5 : 500, row_count};
  std::vector<ValueType> types;
  for (std::uint64_t left = random.Between(1, 2); left > 0; --left) {
    types.push_back(ValueType::Of(random.OneIn(2) ? TypeKind::kInt64 : TypeKind::kString));
    source.pools.emplace_back();
    for (std::size_t i = 0; i < keys_in_pool; ++i) {
      source.pools.back().push_back(types.back().is_integer() ? BitsOf(static_cast<std::int64_t>(i) * 7919)
                                                              : "key" + std::to_string(i));
    }
  }
  made.key_columns = types.size();
  made.table.layout = RandomLayout(random, std::move(types));
  made.table.values = RandomValueColumns(random);
  FillTable(random, source, made.table);
  made.plan.layout = made.table.layout;
  if (random.OneIn(2)) made.plan.event_time.from_us = SaturatingAdd(source.origin_us, random.Between(-4, 4));
  if (random.OneIn(2)) made.plan.event_time.to_us = SaturatingAdd(source.origin_us, random.Between(0, 300));
  for (std::size_t i = 0; i < made.key_columns; ++i) {
    made.plan.columns.push_back({"key" + std::to_string(i), made.table.layout.keys[i]});
  }
  made.plan.columns.insert(made.plan.columns.end(), made.table.values.begin(), made.table.values.end());
  return made;
}

// The store that the contract asks for: per key the winner among the rows in the range.
std::map<std::string, Stored> Wanted(const NewestCase& made) {
  std::map<std::string, oracle::FeatureRow> winners;
  const std::vector<oracle::FeatureRow> rows = OracleRows(made.table);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<Bits> key;
    for (const std::vector<Bits>& column : made.table.key_columns) key.push_back(column[i]);
    if (std::find(key.begin(), key.end(), std::nullopt) != key.end()) continue;
    const std::optional<std::int64_t> event_us = rows[i].event_time_us;
    if (!event_us.has_value() || *event_us < made.plan.event_time.from_us || *event_us > made.plan.event_time.to_us) {
      continue;
    }
    const auto [place, is_new] = winners.try_emplace(StoreKey(key), rows[i]);
    if (!is_new && oracle::WinsOver(rows[i], place->second)) place->second = rows[i];
  }
  std::map<std::string, Stored> wanted;
  for (const auto& [key, row] : winners) {
    wanted[key] = {*row.event_time_us, row.created_time_us, row.deleted, row.values};
  }
  return wanted;
}

Status WriteRows(const NewestRows& rows, std::size_t key_columns, Store& store) {
  for (std::int64_t row = 0; row < rows.columns->num_rows(); ++row) {
    std::vector<Bits> key;
    Stored stored{rows.event_time_us->Value(row), {}, rows.deleted->Value(row), {}};
    if (!rows.created_time_us->IsNull(row)) stored.created_us = rows.created_time_us->Value(row);
    for (int i = 0; i < rows.columns->num_columns(); ++i) {
      const Bits bits = BitsAt(*rows.columns->column(i), row);
      (static_cast<std::size_t>(i) < key_columns ? key : stored.values).push_back(bits);
    }
    store.Write(StoreKey(key), std::move(stored));
  }
  return {};
}

// Materializes into a store with a budget of `limit_bytes`; returns the rounds it took.
std::int64_t ExpectWanted(const NewestCase& made, ReaderHabits habits, std::int64_t limit_bytes) {
  MemoryBudget memory(limit_bytes);
  const ExecutionContext context{memory, nullptr, nullptr, nullptr, {}};
  const std::unique_ptr<FeatureRows> reader = NewMemoryFeatureRows(made.table, habits);
  Store store;
  const Result<NewestPerKeyStatistics> statistics = GiveNewestPerKey(
      made.plan, *reader, context, [&](const NewestRows& rows) { return WriteRows(rows, made.key_columns, store); });
  EXPECT_TRUE(statistics.ok()) << statistics.status().ToString();
  if (!statistics.ok()) return 0;
  EXPECT_TRUE(store.rows() == Wanted(made));
  EXPECT_EQ(statistics->rows_given, store.writes());
  if (statistics->rounds <= 1) {
    EXPECT_EQ(store.writes(), static_cast<std::int64_t>(store.rows().size()));
  }
  EXPECT_EQ(memory.used_bytes(), 0);
  EXPECT_LE(memory.peak_bytes(), limit_bytes);
  return statistics->rounds;
}

TEST(NewestDifferential, InMemory) {
  const std::uint64_t seed = SeedFromSystem() >> 1;
  for (std::uint64_t i = 0; i < 1000 && !HasFailure(); ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << seed + i);
    Random random(seed + i);
    const NewestCase made = MakeCase(random, 40, 4);
    const ReaderHabits habits{random.Next(), random.OneIn(2), random.OneIn(2), random.OneIn(2), 0};
    EXPECT_LE(ExpectWanted(made, habits, std::int64_t{1} << 40), 1);
  }
}

TEST(NewestDifferential, InRounds) {
  const std::uint64_t seed = SeedFromSystem() >> 1;
  std::int64_t most_rounds = 0;
  for (std::uint64_t i = 0; i < 20 && !HasFailure(); ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << seed + i);
    Random random(seed + i);
    const NewestCase made = MakeCase(random, 6000, 2500);
    // Rounds need rows in the order of the source.
    const ReaderHabits habits{random.Next(), false, random.OneIn(2), random.OneIn(2), 200};
    most_rounds = std::max(most_rounds, ExpectWanted(made, habits, std::int64_t{400} << 10));
  }
  EXPECT_GT(most_rounds, 1);
}

}  // namespace
}  // namespace larder::differential
