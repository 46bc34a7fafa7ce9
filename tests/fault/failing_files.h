// RocksDB's files, failing when a test wants them to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <rocksdb/file_system.h>

namespace larder::fault {

/// Says what goes wrong, and when. Shared by a file system and all its files; thread-safe.
struct FaultPlan {
  std::atomic<std::int64_t> space_left{INT64_MAX};    ///< bytes that may still be appended; then "no space left"
  std::atomic<std::int64_t> appends_left{INT64_MAX};  ///< appends that succeed; those after them fail
  std::atomic<std::int64_t> syncs_left{INT64_MAX};    ///< syncs that succeed; those after them fail
  std::atomic<bool> tells_space{false};               ///< the system's answer to how much is free is `space_left`
  std::atomic<std::int64_t> append_count{0};
  std::atomic<std::int64_t> sync_count{0};

  /// Lets everything succeed again; counts stay.
  void Heal();
};

/// Passes calls on to the operating system's files as the plan says. An append that fails for want of space writes what
/// fits, as a disk does.
std::shared_ptr<rocksdb::FileSystem> NewFailingFiles(std::shared_ptr<FaultPlan> plan);

}  // namespace larder::fault
