// Failures of RocksDB as ours.
#pragma once

#include <string_view>

#include <rocksdb/status.h>

#include "base/status.h"

namespace larder {

/// Returns the failure of RocksDB under our reason, with `what` before its text: kDamaged for what its checksums found
/// and for files that are gone, kNoSpace, kReadOnly, kLocked, else kIoError. Ok stays ok.
Status FromRocksDb(const rocksdb::Status& status, std::string_view what);

}  // namespace larder
