#include "ram/ram_tier.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "ram/ram_table.h"

namespace larder {
namespace {

class RamTierStore final : public RamTier, private RamAccount {
 public:
  RamTierStore(std::unique_ptr<OnlineStore> store, const RamTierOptions& options, Counters& counters);
  ~RamTierStore() override;

  Result<std::shared_ptr<OnlineTable>> OpenTable(const TableName& name) override;
  MemoryPin PinMemory() override { return pins_->Take(); }
  Status DropTable(const TableName& name) override;
  std::vector<TableStatistics> Tables() const override { return store_->Tables(); }
  Status Checkpoint(const std::string& folder) override { return store_->Checkpoint(folder); }
  Status CheckWritable() const override { return store_->CheckWritable(); }
  std::int64_t StoredBytes() const override { return store_->StoredBytes(); }
  std::int64_t UsedBytes() const override { return used_bytes_->load(); }
  void WaitUntilLoaded() override;

 private:
  const std::shared_ptr<std::atomic<std::int64_t>>& used_bytes() override { return used_bytes_; }
  std::int64_t limit_bytes() const override { return options_.memory_bytes; }
  const std::shared_ptr<MemoryPins>& pins() override { return pins_; }
  void Balance() override;
  void LoadLater(const TableName& name) override;

  std::vector<std::shared_ptr<RamTable>> OpenedTables() const;
  RamCounters CountersOf(const std::string& view);
  void LoadTables();
  void RefreshTables();

  const std::unique_ptr<OnlineStore> store_;
  const RamTierOptions options_;
  Counters& counters_;
  Gauge& bytes_gauge_;
  const std::shared_ptr<std::atomic<std::int64_t>> used_bytes_ = std::make_shared<std::atomic<std::int64_t>>(0);
  const std::shared_ptr<MemoryPins> pins_ = std::make_shared<MemoryPins>();
  std::mutex balance_mutex_;  ///< one evicts at a time
  std::size_t next_table_ = 0;
  mutable std::mutex mutex_;  ///< guards the list of tables and the queue
  std::map<TableName, std::shared_ptr<RamTable>> tables_;
  std::deque<TableName> to_load_;
  bool is_loading_ = false;
  std::condition_variable load_changed_;
  std::atomic<bool> stop_{false};
  std::thread loader_;
  std::thread refresher_;  ///< only when cells may be answered after their ttl
};

RamTierStore::RamTierStore(std::unique_ptr<OnlineStore> store, const RamTierOptions& options, Counters& counters)
    : store_(std::move(store)),
      options_(options),
      counters_(counters),
      bytes_gauge_(counters.GetGauge({"larder_cache_bytes", "Bytes that cells in memory take."})),
      loader_([this] { LoadTables(); }) {
  if (options_.ages.stale_us > 0) refresher_ = std::thread([this] { RefreshTables(); });
  for (const TableStatistics& table : store_->Tables()) {
    // A table that cannot be opened now is opened, or fails, when it is asked for.
    (void)OpenTable(table.name);
  }
}

RamTierStore::~RamTierStore() {
  {
    const std::scoped_lock lock(mutex_);
    stop_.store(true);
    load_changed_.notify_all();
  }
  loader_.join();
  if (refresher_.joinable()) refresher_.join();
  tables_.clear();
}

RamCounters RamTierStore::CountersOf(const std::string& view) {
  const Labels labels = {{"view", view}};
  return {
      counters_.GetCounter({"larder_cache_hits_total", "Cells answered from memory."}, labels),
      counters_.GetCounter({"larder_cache_misses_total", "Cells read from the store."}, labels),
      counters_.GetCounter({"larder_cache_evictions_total", "Cells that memory gave up."}, labels),
      counters_.GetCounter({"larder_cache_stale_total", "Cells answered while they are read again."}, labels),
      counters_.GetCounter({"larder_cache_shared_reads_total", "Misses answered by another reader's read."}, labels)};
}

Result<std::shared_ptr<OnlineTable>> RamTierStore::OpenTable(const TableName& name) {
  const std::scoped_lock lock(mutex_);
  const auto place = tables_.find(name);
  if (place != tables_.end()) return std::shared_ptr<OnlineTable>(place->second);
  LARDER_ASSIGN_OR_RETURN(std::shared_ptr<OnlineTable> stored, store_->OpenTable(name));
  RamAccount& account = *this;  // the base is private: only here can it be named
  auto table = std::make_shared<RamTable>(std::move(stored), account, options_, CountersOf(name.view));
  tables_.emplace(name, table);
  if (options_.load_at_open) {
    to_load_.push_back(name);
    load_changed_.notify_all();
  }
  return std::shared_ptr<OnlineTable>(std::move(table));
}

Status RamTierStore::DropTable(const TableName& name) {
  std::shared_ptr<RamTable> table;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto place = tables_.find(name); place != tables_.end()) table = place->second;
  }
  if (table == nullptr) return store_->DropTable(name);
  table->BeginBypass();
  Status status = store_->DropTable(name);
  if (!status.ok()) {
    table->EndBypass(0);
    LoadLater(name);
    return status;
  }
  // The old table is bypassed for good: its readers are told what the store says of a dropped table.
  const std::scoped_lock lock(mutex_);
  const auto place = tables_.find(name);
  if (place != tables_.end() && place->second == table) tables_.erase(place);
  return {};
}

std::vector<std::shared_ptr<RamTable>> RamTierStore::OpenedTables() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<RamTable>> tables;
  for (const auto& [name, table] : tables_) tables.push_back(table);
  return tables;
}

void RamTierStore::Balance() {
  bytes_gauge_.Set(static_cast<double>(used_bytes_->load()));
  if (used_bytes_->load() <= options_.memory_bytes) return;
  const std::scoped_lock lock(balance_mutex_);
  const std::vector<std::shared_ptr<RamTable>> tables = OpenedTables();
  // Two rounds at least: the first takes from cells only the mark that they were read.
  constexpr std::size_t kMaxRounds = 4;
  for (std::size_t step = 0; step < tables.size() * kMaxRounds; ++step) {
    const std::int64_t excess = used_bytes_->load() - options_.memory_bytes;
    if (excess <= 0) break;
    // A little more than need be, so that not every write has to.
    tables[next_table_++ % tables.size()]->Evict(excess + options_.memory_bytes / 64);
  }
  bytes_gauge_.Set(static_cast<double>(used_bytes_->load()));
}

void RamTierStore::LoadLater(const TableName& name) {
  if (!options_.load_at_open) return;
  const std::scoped_lock lock(mutex_);
  to_load_.push_back(name);
  load_changed_.notify_all();
}

void RamTierStore::LoadTables() {
  std::unique_lock lock(mutex_);
  while (true) {
    load_changed_.wait(lock, [this] { return stop_.load() || !to_load_.empty(); });
    if (stop_.load()) return;
    const TableName name = to_load_.front();
    to_load_.pop_front();
    const auto place = tables_.find(name);
    if (place != tables_.end()) {
      const std::shared_ptr<RamTable> table = place->second;
      is_loading_ = true;
      lock.unlock();
      // A table that cannot be read whole is read cell by cell, and whoever reads the damaged one is told.
      (void)table->LoadAll(stop_);
      Balance();
      lock.lock();
      is_loading_ = false;
    }
    load_changed_.notify_all();
  }
}

void RamTierStore::RefreshTables() {
  constexpr auto kInterval = std::chrono::milliseconds(2);
  std::unique_lock lock(mutex_);
  while (!load_changed_.wait_for(lock, kInterval, [this] { return stop_.load(); })) {
    lock.unlock();
    for (const std::shared_ptr<RamTable>& table : OpenedTables()) table->Refresh();
    lock.lock();
  }
}

void RamTierStore::WaitUntilLoaded() {
  std::unique_lock lock(mutex_);
  load_changed_.wait(lock, [this] { return stop_.load() || (to_load_.empty() && !is_loading_); });
}

}  // namespace

std::unique_ptr<RamTier> NewRamTier(std::unique_ptr<OnlineStore> store, const RamTierOptions& options,
                                    Counters& counters) {
  return std::make_unique<RamTierStore>(std::move(store), options, counters);
}

}  // namespace larder
