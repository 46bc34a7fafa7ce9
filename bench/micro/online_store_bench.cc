// Reads, durable writes, bulk loads and starts of the online store: rows of ten float64 features under ten-byte keys.
// Beside wall times stands the processor time of all threads (cpu_s), which says more where others run too.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/check.h"
#include "base/counters.h"
#include "base/random.h"
#include "online/rocksdb_store.h"
#include "ram/ram_tier.h"

namespace larder {
namespace {

constexpr std::size_t kValueBytes = 32 + 2 + 80;  // a feature row of ten float64

std::string Key(std::uint64_t number) {
  std::string key = std::to_string(number);
  return std::string(10 - key.size(), '0') + key;
}

/// Returns the processor time of this process so far.
double ProcessSeconds() {
  rusage usage{};
  LARDER_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Makes a value of a row: as long as the real one, and as hard to compress.
std::string Value(Random& random) {
  std::string value(kValueBytes, '\0');
  for (std::size_t i = kValueBytes - 80; i < kValueBytes; i += 8) {
    const std::uint64_t bits = random.Next() >> 12 | 0x3ff0000000000000u;  // a float64 in [1, 2)
    value.replace(i, 8, reinterpret_cast<const char*>(&bits), 8);
  }
  return value;
}

/// Has a store in a folder of its own.
class BenchStore {
 public:
  explicit BenchStore(bool ram_tier = false) {
    std::string folder = (std::filesystem::temp_directory_path() / "larder-bench-XXXXXX").string();
    LARDER_CHECK(mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    Open(ram_tier);
  }
  ~BenchStore() {
    Close();
    std::filesystem::remove_all(folder_);
  }
  OnlineTable& table() { return *table_; }
  RamTier& tier() { return *tier_; }

  void Open(bool ram_tier) {
    StoreOptions options;
    options.path = folder_ + "/store";
    auto store = OpenRocksDbStore(options);
    LARDER_CHECK(store.ok());
    store_ = std::move(*store);
    if (ram_tier) {
      auto tier = NewRamTier(std::move(store_), {std::int64_t{4} << 30, true}, counters_);
      tier_ = tier.get();
      store_ = std::move(tier);
    }
    table_ = *store_->OpenTable({"view", 1});
  }
  void Close() {
    table_.reset();
    store_.reset();
  }

  /// Loads keys 0 to `count`, in the order of a step through all of them: 1 is sorted.
  void Load(std::uint64_t count, std::uint64_t step) {
    Random random(7);
    LoadOptions options;
    options.memory_bytes = std::int64_t{1} << 30;
    auto load = table_->BeginLoad(options);
    LARDER_CHECK(load.ok());
    std::vector<std::string> keys(1'000);
    std::vector<std::string> values(keys.size());
    for (std::string& value : values) value = Value(random);
    std::vector<CellWrite> writes(keys.size());
    for (std::uint64_t i = 0; i < count; i += keys.size()) {
      for (std::size_t j = 0; j < keys.size(); ++j) {
        keys[j] = Key((i + j) * step % count);
        writes[j] = {{keys[j]}, {1, {}}, values[j]};
      }
      LARDER_CHECK(load.value()->Add(writes).ok());
    }
    LARDER_CHECK(load.value()->Commit().ok());
  }

 private:
  std::string folder_;
  Counters counters_;
  std::unique_ptr<OnlineStore> store_;
  RamTier* tier_ = nullptr;
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
  const double began_s = ProcessSeconds();
  for (auto _ : state) {
    ++time_us;
    for (std::size_t i = 0; i < batch_rows; ++i) {
      keys[i] = Key(random.Below(1'000'000));
      writes[i] = {{keys[i]}, {time_us, {}}, value};
    }
    LARDER_CHECK(store->table().Write(writes).ok());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  if (state.thread_index() == 0) state.counters["cpu_s"] = ProcessSeconds() - began_s;
  if (state.thread_index() == 0) store.reset();
}
BENCHMARK(DurableWrites)->Arg(1'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(DurableWrites)->Arg(100)->Threads(64)->UseRealTime()->Unit(benchmark::kMillisecond);

void BulkLoad(benchmark::State& state) {
  constexpr std::uint64_t kRows = 1'000'000;
  for (auto _ : state) {
    state.PauseTiming();
    auto store = std::make_unique<BenchStore>();
    const double began_s = ProcessSeconds();
    state.ResumeTiming();
    store->Load(kRows, static_cast<std::uint64_t>(state.range(0)));
    state.PauseTiming();
    state.counters["cpu_s"] = ProcessSeconds() - began_s;
    store.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}
BENCHMARK(BulkLoad)->ArgName("step")->Arg(1)->Arg(7'919)->UseRealTime()->Unit(benchmark::kMillisecond);

/// Opens a store of a million rows: until the first answer, and until all of it is in memory.
void Start(benchmark::State& state) {
  constexpr std::uint64_t kRows = 1'000'000;
  BenchStore store;
  store.Load(kRows, 1);
  for (auto _ : state) {
    state.PauseTiming();
    store.Close();
    const double began_s = ProcessSeconds();
    state.ResumeTiming();
    store.Open(true);
    CellBatch cells;
    const std::string key = Key(kRows / 2);
    const CellKey keys[] = {{key}};
    LARDER_CHECK(ReadCells(store.table(), keys, cells).ok() && cells.found(0));
    if (state.range(0) == 0) continue;
    store.tier().WaitUntilLoaded();
    state.counters["cpu_s"] = ProcessSeconds() - began_s;
    const auto bytes = static_cast<double>(store.table().Statistics().byte_count);
    state.counters["memory_to_rows"] = static_cast<double>(store.tier().UsedBytes()) / bytes;
  }
  if (state.range(0) != 0) state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}
BENCHMARK(Start)->ArgName("until_loaded")->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

/// Looks up rows of a table that is whole in memory, as an event loop does.
void FindsInMemory(benchmark::State& state) {
  constexpr std::uint64_t kRows = 1'000'000;
  BenchStore store(true);
  store.Load(kRows, 1);
  store.tier().WaitUntilLoaded();
  const auto batch_rows = static_cast<std::size_t>(state.range(0));
  Random random(1);
  std::vector<std::string> keys(batch_rows);
  std::vector<CellKey> cell_keys(batch_rows);
  std::vector<CellInMemory> cells(batch_rows);
  std::uint64_t sum = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < batch_rows; ++i) {
      keys[i] = Key(random.Below(kRows));
      cell_keys[i] = {keys[i]};
    }
    const MemoryPin pin = store.tier().PinMemory();
    store.table().FindInMemory(cell_keys, pin, cells);
    for (const CellInMemory& cell : cells) {
      LARDER_CHECK(cell.state == MemoryState::kFound);
      sum += static_cast<unsigned char>(cell.value.back());
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(FindsInMemory)->ArgName("rows")->Arg(1)->Arg(100)->Arg(1'000);

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
