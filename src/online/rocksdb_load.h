// The bulk load of a table in RocksDB: sorted files in a fresh family, swapped in by name.
#pragma once

#include <memory>

#include "base/status.h"
#include "online/rocksdb_table.h"

namespace larder {

/// Begins a load of a table whose loading flag is set already; the load takes the flag back when it goes.
Result<std::unique_ptr<TableLoad>> NewRocksDbLoad(std::shared_ptr<RocksDbTable> table, RocksDbShared& shared,
                                                  const LoadOptions& options);

}  // namespace larder
