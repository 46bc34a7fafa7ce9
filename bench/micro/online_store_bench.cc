// Reads, durable writes and bulk loads of the online store: rows of ten float64 features under ten-byte keys.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/counters.h"
#include "base/random.h"
#include "ram/ram_tier.h"
#include "online/rocksdb_store.h"

namespace larder {
namespace {

constexpr std::size_t kValueBytes = 32 + 2 + 80;  // a feature row of ten float64

std::string Key(std::uint64_t number) {
  std::string key = std::to_string(number);
  return std::string(10 - key.size(), '0') + key;
}

/// Has a store in a folder of its own.
class BenchStore {
 public:
  explicit BenchStore(bool ram_tier = false) {
    std::string folder = (std::filesystem::temp_directory_path() / "larder-bench-XXXXXX").string();
    LARDER_CHECK(mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    StoreOptions options;
    options.path = folder_ + "/store";
    auto store = OpenRocksDbStore(options);
    LARDER_CHECK(store.ok());
    store_ = std::move(*store);
    if (ram_tier) store_ = NewRamTier(std::move(store_), {std::int64_t{4} << 30, true}, counters_);
    table_ = *store_->OpenTable({"view", 1});
  }
  ~BenchStore() {
    table_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  OnlineTable& table() { return *table_; }

  /// Loads keys 0 to `count`, in the order of a step through all of them: 1 is sorted.
  void Load(std::uint64_t count, std::uint64_t step) {
    const std::string value(kValueBytes, 'v');
    auto load = table_->BeginLoad({});
    LARDER_CHECK(load.ok());
    std::vector<std::string> keys(1'000);
    std::vector<CellWrite> writes(keys.size());
    for (std::uint64_t i = 0; i < count; i += keys.size()) {
      for (std::size_t j = 0; j < keys.size(); ++j) {
        keys[j] = Key((i + j) * step % count);
        writes[j] = {{keys[j]}, {1, {}}, value};
      }
      LARDER_CHECK(load.value()->Add(writes).ok());
    }
    LARDER_CHECK(load.value()->Commit().ok());
  }

 private:
  std::string folder_;
  Counters counters_;
  std::unique_ptr<OnlineStore> store_;
  std::shared_ptr<OnlineTable> table_;
};

void DurableWrites(benchmark::State& state) {
  static std::unique_ptr<BenchStore> store;
  if (state.thread_index() == 0) store = std::make_unique<BenchStore>();
  const auto batch_rows = static_cast<std::size_t>(state.range(0));
  const std::string value(kValueBytes, 'v');
  std::vector<std::string> keys(batch_rows);
  std::vector<CellWrite> writes(batch_rows);
  Random random(static_cast<std::uint64_t>(state.thread_index()));
  std::int64_t time_us = 0;
  for (auto _ : state) {
    ++time_us;
    for (std::size_t i = 0; i < batch_rows; ++i) {
      keys[i] = Key(random.Below(1'000'000));
      writes[i] = {{keys[i]}, {time_us, {}}, value};
    }
    LARDER_CHECK(store->table().Write(writes).ok());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  if (state.thread_index() == 0) store.reset();
}
BENCHMARK(DurableWrites)->Arg(1'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(DurableWrites)->Arg(100)->Threads(64)->UseRealTime()->Unit(benchmark::kMillisecond);

void BulkLoad(benchmark::State& state) {
  constexpr std::uint64_t kRows = 1'000'000;
  for (auto _ : state) {
    state.PauseTiming();
    auto store = std::make_unique<BenchStore>();
    state.ResumeTiming();
    store->Load(kRows, static_cast<std::uint64_t>(state.range(0)));
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}
BENCHMARK(BulkLoad)->ArgName("step")->Arg(1)->Arg(7'919)->UseRealTime()->Unit(benchmark::kMillisecond);

void Reads(benchmark::State& state) {
  constexpr std::uint64_t kRows = 1'000'000;
  BenchStore store(state.range(0) != 0);
  store.Load(kRows, 1);
  const auto batch_rows = static_cast<std::size_t>(state.range(1));
  Random random(1);
  std::vector<std::string> keys(batch_rows);
  std::vector<CellKey> cell_keys(batch_rows);
  CellBatch cells;
  LARDER_CHECK(ReadCells(store.table(), cell_keys, cells).ok());
  // The tier loads in the background: read until it answers.
  for (int i = 0; i < 200'000 && state.range(0) != 0; ++i) {
    const std::string key = Key(random.Below(kRows));
    const CellKey one[] = {{key}};
    LARDER_CHECK(ReadCells(store.table(), one, cells).ok() && cells.found(0));
  }
  for (auto _ : state) {
    for (std::size_t i = 0; i < batch_rows; ++i) {
      keys[i] = Key(random.Below(kRows));
      cell_keys[i] = {keys[i]};
    }
    LARDER_CHECK(ReadCells(store.table(), cell_keys, cells).ok());
    LARDER_CHECK(cells.found(0));
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
}
BENCHMARK(Reads)->ArgNames({"ram_tier", "rows"})->Args({0, 1})->Args({0, 100})->Args({1, 1})->Args({1, 100});

}  // namespace
}  // namespace larder

BENCHMARK_MAIN();
