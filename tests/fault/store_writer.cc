// Writes to a store until it is killed, and tells on standard output what was acknowledged:
// "W thread key time" and "L time", one line each.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "base/random.h"
#include "online/rocksdb_store.h"
#include "tests/fault/store_writer.h"

namespace larder::fault {
namespace {

/// Tells it in one write, which a pipe takes whole.
void Acknowledge(const std::string& line) {
  if (write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(3);
}

[[noreturn]] void Fail(const Status& status) {
  std::fprintf(stderr, "store writer: %s\n", status.ToString().c_str());
  std::_Exit(2);
}

void WriteForever(OnlineTable& table, int thread, std::int64_t first_time_us) {
  Random random(static_cast<std::uint64_t>(first_time_us + thread));
  for (std::int64_t time_us = first_time_us;; ++time_us) {
    const int key_number = static_cast<int>(random.Below(kKeysPerThread));
    const std::string key = WriterKey(thread, key_number);
    const std::string value = WriterValue(key, time_us);
    const bool deleted = WriterDeletes(time_us);
    const CellWrite writes[] = {{{key, "1"}, {time_us, {}}, value, deleted},
                                {{key, "2"}, {time_us, {}}, value, deleted}};
    const auto result = table.Write(writes);
    if (!result.ok()) Fail(result.status());
    Acknowledge("W " + std::to_string(thread) + " " + std::to_string(key_number) + " " + std::to_string(time_us) +
                "\n");
  }
}

void LoadForever(OnlineTable& table, std::int64_t first_time_us) {
  for (std::int64_t time_us = first_time_us;; ++time_us) {
    auto load = table.BeginLoad({});
    if (!load.ok()) Fail(load.status());
    for (int row = 0; row < kLoadedRows; ++row) {
      const std::string key = LoadedKey(row);
      const std::string value = WriterValue(key, time_us);
      const CellWrite cells[] = {{{key}, {time_us, {}}, value}};
      const Status added = load.value()->Add(cells);
      if (!added.ok()) Fail(added);
    }
    const auto result = load.value()->Commit();
    if (!result.ok()) Fail(result.status());
    Acknowledge("L " + std::to_string(time_us) + "\n");
  }
}

int Run(const std::string& folder, const std::string& durability, std::int64_t first_time_us) {
  StoreOptions options;
  options.path = folder;
  options.durability = durability == "sync" ? StoreDurability::kSync : StoreDurability::kProcess;
  const auto store = OpenRocksDbStore(options);
  if (!store.ok()) Fail(store.status());
  const auto written = store.value()->OpenTable({"written", 1});
  const auto loaded = store.value()->OpenTable({"loaded", 1});
  if (!written.ok() || !loaded.ok()) return 2;
  std::vector<std::thread> threads;
  threads.reserve(kWriterThreads + 1);
  for (int thread = 0; thread < kWriterThreads; ++thread) {
    threads.emplace_back([&, thread] { WriteForever(**written, thread, first_time_us); });
  }
  threads.emplace_back([&] { LoadForever(**loaded, first_time_us); });
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace larder::fault

int main(int argument_count, char** arguments) {
  if (argument_count != 4) {
    std::fprintf(stderr, "usage: store_writer FOLDER sync|process FIRST_TIME\n");
    return 2;
  }
  return larder::fault::Run(arguments[1], arguments[2], std::atoll(arguments[3]));
}
