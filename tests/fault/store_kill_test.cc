// kill -9 of a process that writes: nothing acknowledged is lost, nothing is half there, nothing deleted comes back.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "online/rocksdb_store.h"
#include "tests/fault/store_writer.h"
#include "tests/fault/test_folder.h"

namespace larder::fault {
namespace {

/// Holds what the writer said was acknowledged.
struct Ledger {
  std::map<std::pair<int, int>, std::int64_t> written;  ///< greatest time by thread and key
  std::int64_t loaded = 0;
  std::int64_t greatest = 0;
  std::int64_t line_count = 0;

  void Take(const std::string& line) {
    std::istringstream words(line);
    char kind = 0;
    words >> kind;
    std::int64_t time_us = 0;
    if (kind == 'W') {
      int thread = 0;
      int key = 0;
      words >> thread >> key >> time_us;
      written[{thread, key}] = time_us;
    } else {
      ASSERT_EQ(kind, 'L') << line;
      words >> time_us;
      loaded = time_us;
    }
    greatest = std::max(greatest, time_us);
    ++line_count;
  }
};

/// Runs the writer, kills it, and returns all that it said.
std::string RunAndKill(const std::vector<std::string>& arguments, std::chrono::milliseconds life) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    std::vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    std::_Exit(127);
  }
  close(ends[1]);
  std::string said;
  // Its life is counted from the first acknowledgement on: before that the process starts and opens the store.
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  char buffer[65'536];
  bool is_alive = true;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (is_alive && left.count() <= 0) {
      kill(child, SIGKILL);
      is_alive = false;
    }
    pollfd waiting{ends[0], POLLIN, 0};
    poll(&waiting, 1, is_alive ? static_cast<int>(left.count()) : -1);
    if (waiting.revents == 0) continue;
    const ssize_t size = read(ends[0], buffer, sizeof(buffer));
    if (size <= 0) break;
    if (said.empty()) end = std::chrono::steady_clock::now() + life;
    said.append(buffer, static_cast<std::size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the writer ended by itself: status " << status;
  return said;
}

void CheckPair(OnlineTable& table, std::pair<int, int> place, std::int64_t acknowledged_us) {
  const std::string key = WriterKey(place.first, place.second);
  const CellKey keys[] = {{key, "1"}, {key, "2"}};
  CellBatch cells;
  const Status status = ReadCells(table, keys, cells);
  ASSERT_TRUE(status.ok()) << status.ToString();
  ASSERT_NE(cells.state(0), CellState::kMissing) << key << " acknowledged at " << acknowledged_us;
  const std::int64_t time_us = cells.time(0).event_time_us;
  ASSERT_GE(time_us, acknowledged_us) << key;
  ASSERT_EQ(cells.time(1).event_time_us, time_us) << key << ": a batch is there by half";
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    ASSERT_EQ(cells.state(i), WriterDeletes(time_us) ? CellState::kDeleted : CellState::kFound) << key;
    ASSERT_EQ(cells.value(i), WriterDeletes(time_us) ? "" : WriterValue(key, time_us));
  }
}

void CheckLoaded(OnlineTable& table, std::int64_t acknowledged_us) {
  CellBatch cells;
  std::int64_t first_us = 0;
  for (int row = 0; row < kLoadedRows; ++row) {
    const std::string key = LoadedKey(row);
    const CellKey keys[] = {{key}};
    const Status status = ReadCells(table, keys, cells);
    ASSERT_TRUE(status.ok()) << status.ToString();
    if (row == 0) first_us = cells.time(0).event_time_us;
    ASSERT_TRUE(cells.found(0)) << key;
    ASSERT_GE(cells.time(0).event_time_us, acknowledged_us);
    ASSERT_EQ(cells.time(0).event_time_us, first_us) << "a load is there by half";
    ASSERT_EQ(cells.value(0), WriterValue(key, first_us));
  }
}

void CheckStatistics(OnlineTable& table) {
  const auto scan = table.Scan(ScanCells::kEverything);
  ASSERT_TRUE(scan.ok());
  ScannedCell cell;
  TableStatistics counted;
  counted.name = table.name();
  while (true) {
    const auto more = scan.value()->Next(cell);
    ASSERT_TRUE(more.ok()) << more.status().ToString();
    if (!more.value()) break;
    counted.Add(cell.time, cell.deleted, cell.key.entity_key.size() + cell.key.sort_key.size() + cell.value.size());
  }
  counted.newest_event_time_us = table.Statistics().newest_event_time_us;
  EXPECT_EQ(table.Statistics(), counted);
}

class StoreKill : public testing::TestWithParam<std::string> {};

TEST_P(StoreKill, NothingAcknowledgedIsLost) {
  Random random(TestSeed());
  const TestFolder folder;
  const std::string path = folder.path() + "/store";
  Ledger ledger;
  const int rounds = RoundCount(4);
  for (int round = 0; round < rounds; ++round) {
    const std::int64_t first_time_us = ledger.greatest + 1'000'000;
    const std::chrono::milliseconds life(random.Below(600));
    std::istringstream lines(RunAndKill({STORE_WRITER, path, GetParam(), std::to_string(first_time_us)}, life));
    for (std::string line; std::getline(lines, line);) ledger.Take(line);
    StoreOptions options;
    options.path = path;
    const auto store = OpenRocksDbStore(options);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    const auto written = store.value()->OpenTable({"written", 1});
    const auto loaded = store.value()->OpenTable({"loaded", 1});
    ASSERT_TRUE(written.ok() && loaded.ok());
    for (const auto& [place, time_us] : ledger.written) CheckPair(**written, place, time_us);
    if (ledger.loaded > 0) CheckLoaded(**loaded, ledger.loaded);
    CheckStatistics(**written);
    CheckStatistics(**loaded);
    if (HasFatalFailure()) return;
  }
  std::printf("%lld acknowledgements, %d kills\n", static_cast<long long>(ledger.line_count), rounds);
  EXPECT_GT(ledger.line_count, 0) << "the writer never came to write: a slow machine?";
}

INSTANTIATE_TEST_SUITE_P(Durabilities, StoreKill, testing::Values("sync", "process"),
                         [](const auto& durability) { return durability.param; });

}  // namespace
}  // namespace larder::fault
