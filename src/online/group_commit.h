// The commit of one group of writes to RocksDB: read what is stored, decide who is newer, write all at once.
#pragma once

#include <span>

#include "online/commit_queue.h"
#include "online/rocksdb_table.h"

namespace larder {

/// Commits the batches of a group, each whole or not at all, with one write to the log, and fills in their results. To
/// be called by one thread at a time.
void CommitGroup(RocksDbShared& shared, std::span<PendingWrite* const> group);

}  // namespace larder
