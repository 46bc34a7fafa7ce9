// The stores that the conformance suite judges, and what its tests say often.
#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/counters.h"
#include "online/online_store.h"

namespace larder::conformance {

/// Names one way to have a store. A new kind of store gets a row in store_under_test.cc.
struct StoreSetup {
  std::string name;
  bool is_persistent = false;
  Result<std::unique_ptr<OnlineStore>> (*open)(const std::string& folder, Counters& counters) = nullptr;
};

/// Prints its name for the messages of tests.
void PrintTo(const StoreSetup& setup, std::ostream* out);

/// Lists every setup.
const std::vector<StoreSetup>& AllSetups();

/// Has a fresh store in a folder of its own, which goes with it.
class StoreUnderTest {
 public:
  explicit StoreUnderTest(const StoreSetup& setup);
  StoreUnderTest(const StoreUnderTest&) = delete;
  StoreUnderTest& operator=(const StoreUnderTest&) = delete;
  ~StoreUnderTest();

  OnlineStore& store() { return *store_; }
  std::shared_ptr<OnlineTable> Table(const std::string& view, std::int64_t generation = 1);
  /// Closes the store and opens it again.
  void Reopen();

 private:
  void Open();

  const StoreSetup& setup_;
  std::string folder_;
  Counters counters_;
  std::unique_ptr<OnlineStore> store_;
};

/// Holds one cell as a test writes it down.
struct Row {
  std::string key;
  std::string sort;
  CellTime time;
  std::string value;
  bool deleted = false;

  friend bool operator==(const Row&, const Row&) = default;
};
/// Prints a row for the messages of tests.
void PrintTo(const Row& row, std::ostream* out);

/// Writes rows in one batch, and expects that the store takes them; true: applied, false: older.
std::vector<bool> Write(OnlineTable& table, const std::vector<Row>& rows);
/// Reads the cell with the empty sort key: nullopt when there is none or it is deleted.
std::optional<std::string> Get(OnlineTable& table, std::string_view key, std::string_view sort = {});
/// Reads a whole key as "sort=value" texts.
std::vector<std::string> Range(OnlineTable& table, const CellRange& range);
/// Scans everything, sorted by key, then sort key.
std::vector<Row> ScanAll(OnlineTable& table, ScanCells what);
/// Loads rows in bulk and commits.
LoadResult Load(OnlineTable& table, const std::vector<Row>& rows, std::int64_t memory_bytes = 1 << 20);

}  // namespace larder::conformance
