// The online store in files of RocksDB (docs/formats/online_store.md).
#pragma once

#include <memory>

#include "base/status.h"
#include "online/online_store.h"

namespace rocksdb {
class FileSystem;
}

namespace larder {

/// Opens the store at `options.path`, or makes it. One process has it: kLocked while another one holds it. kNewerFormat
/// when a later version of Larder made it, kDamaged when its files are not what was written, kReadOnly when the folder
/// cannot be written to (open it read-only then). On a full disk it opens for reading, and writes fail with kNoSpace.
/// What is written by many threads at once shares one sync. `files` takes the place of the operating system's, for
/// tests.
Result<std::unique_ptr<OnlineStore>> OpenRocksDbStore(const StoreOptions& options,
                                                      std::shared_ptr<rocksdb::FileSystem> files = nullptr);

}  // namespace larder
