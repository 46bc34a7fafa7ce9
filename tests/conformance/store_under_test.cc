#include "tests/conformance/store_under_test.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "online/memory_store.h"
#include "online/rocksdb_store.h"
#include "ram/ram_tier.h"

namespace larder::conformance {
namespace {

using Opened = Result<std::unique_ptr<OnlineStore>>;

Opened OpenRocksDb(const std::string& folder, StoreDurability durability) {
  StoreOptions options;
  options.path = folder + "/store";
  options.durability = durability;
  return OpenRocksDbStore(options);
}

Opened UnderRamTier(Opened store, const RamTierOptions& options, Counters& counters) {
  if (!store.ok()) return store.status();
  return std::unique_ptr<OnlineStore>(NewRamTier(std::move(*store), options, counters));
}

constexpr RamTierOptions kRoomForAll = {.memory_bytes = std::int64_t{1} << 30};
constexpr RamTierOptions kRoomForFew = {.memory_bytes = 64 << 10};

/// Says that everything is forgotten at once, and partly never known.
RamTierOptions ShortMemory() {
  static const std::unique_ptr<Clock> clock = NewSystemClock();
  return {.memory_bytes = 512 << 10, .retention_us = 500, .ages = {2'000, 2'000, clock.get()}};
}

}  // namespace

const std::vector<StoreSetup>& AllSetups() {
  static const std::vector<StoreSetup> setups = {
      {"Memory", false, [](const std::string&, Counters&) { return OpenMemoryStore({}); }},
      {"RocksDbSync", true,
       [](const std::string& folder, Counters&) { return OpenRocksDb(folder, StoreDurability::kSync); }},
      {"RocksDbProcess", true,
       [](const std::string& folder, Counters&) { return OpenRocksDb(folder, StoreDurability::kProcess); }},
      {"RamTierOverMemory", false,
       [](const std::string&, Counters& counters) { return UnderRamTier(OpenMemoryStore({}), kRoomForAll, counters); }},
      {"RamTierOverRocksDb", true,
       [](const std::string& folder, Counters& counters) {
         return UnderRamTier(OpenRocksDb(folder, StoreDurability::kProcess), kRoomForAll, counters);
       }},
      {"SmallRamTierOverRocksDb", true,
       [](const std::string& folder, Counters& counters) {
         return UnderRamTier(OpenRocksDb(folder, StoreDurability::kProcess), kRoomForFew, counters);
       }},
      {"ForgetfulRamTierOverRocksDb", true,
       [](const std::string& folder, Counters& counters) {
         return UnderRamTier(OpenRocksDb(folder, StoreDurability::kProcess), ShortMemory(), counters);
       }},
  };
  return setups;
}

StoreUnderTest::StoreUnderTest(const StoreSetup& setup) : setup_(setup) {
  std::string folder = (std::filesystem::temp_directory_path() / "larder-store-XXXXXX").string();
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  folder_ = folder;
  Open();
}

StoreUnderTest::~StoreUnderTest() {
  store_.reset();
  std::filesystem::remove_all(folder_);
}

void StoreUnderTest::Open() {
  Opened store = setup_.open(folder_, counters_);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  store_ = std::move(*store);
}

void StoreUnderTest::Reopen() {
  store_.reset();
  Open();
}

std::shared_ptr<OnlineTable> StoreUnderTest::Table(const std::string& view, std::int64_t generation) {
  auto table = store_->OpenTable({view, generation});
  EXPECT_TRUE(table.ok());
  return *table;
}

void PrintTo(const StoreSetup& setup, std::ostream* out) { *out << setup.name; }

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.key << "|" << row.sort << "|" << row.time.event_time_us << "|"
       << (row.time.created_time_us ? std::to_string(*row.time.created_time_us) : "null") << "|" << row.value
       << (row.deleted ? "|deleted" : "");
}

namespace {

std::vector<CellWrite> ToWrites(const std::vector<Row>& rows) {
  std::vector<CellWrite> writes;
  writes.reserve(rows.size());
  for (const Row& row : rows) writes.push_back({{row.key, row.sort}, row.time, row.value, row.deleted});
  return writes;
}

}  // namespace

std::vector<bool> Write(OnlineTable& table, const std::vector<Row>& rows) {
  const auto result = table.Write(ToWrites(rows));
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  std::vector<bool> applied;
  if (!result.ok()) return applied;
  for (const WriteOutcome outcome : result->outcomes) applied.push_back(outcome == WriteOutcome::kApplied);
  return applied;
}

std::optional<std::string> Get(OnlineTable& table, std::string_view key, std::string_view sort) {
  CellBatch cells;
  const CellKey keys[] = {{key, sort}};
  const Status status = ReadCells(table, keys, cells);
  EXPECT_TRUE(status.ok()) << status.ToString();
  if (!status.ok() || !cells.found(0)) return std::nullopt;
  return std::string(cells.value(0));
}

std::vector<std::string> Range(OnlineTable& table, const CellRange& range) {
  CellBatch cells;
  const Status status = ReadCellRange(table, range, cells);
  EXPECT_TRUE(status.ok()) << status.ToString();
  std::vector<std::string> texts;
  for (std::size_t i = 0; status.ok() && i < cells.size(); ++i) {
    EXPECT_TRUE(cells.found(i));
    texts.push_back(std::string(cells.sort_key(i)) + "=" + std::string(cells.value(i)));
  }
  return texts;
}

std::vector<Row> ScanAll(OnlineTable& table, ScanCells what) {
  std::vector<Row> rows;
  const auto scan = table.Scan(what);
  EXPECT_TRUE(scan.ok()) << scan.status().ToString();
  if (!scan.ok()) return rows;
  ScannedCell cell;
  while (true) {
    const auto more = scan.value()->Next(cell);
    EXPECT_TRUE(more.ok()) << more.status().ToString();
    if (!more.ok() || !more.value()) break;
    rows.push_back({std::string(cell.key.entity_key), std::string(cell.key.sort_key), cell.time,
                    std::string(cell.value), cell.deleted});
  }
  std::sort(rows.begin(), rows.end(),
            [](const Row& a, const Row& b) { return std::tie(a.key, a.sort) < std::tie(b.key, b.sort); });
  return rows;
}

LoadResult Load(OnlineTable& table, const std::vector<Row>& rows, std::int64_t memory_bytes) {
  LoadOptions options;
  options.memory_bytes = memory_bytes;
  const auto load = table.BeginLoad(options);
  EXPECT_TRUE(load.ok()) << load.status().ToString();
  if (!load.ok()) return {};
  const Status added = load.value()->Add(ToWrites(rows));
  EXPECT_TRUE(added.ok()) << added.ToString();
  const auto result = load.value()->Commit();
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return result.ok() ? *result : LoadResult();
}

}  // namespace larder::conformance
