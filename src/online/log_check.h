// Judges a log of RocksDB before it is read back.
#pragma once

#include <string>
#include <string_view>

#include <rocksdb/env.h>

#include "base/status.h"

namespace larder {

/// Checks the bytes of a log, which RocksDB reads to the first record that does not seem to be whole: after a kill that
/// is the last one, cut short. But a record whose length or type was damaged looks alike, and all behind it would be
/// gone in silence. kDamaged, with the offset, for a record that is there whole and damaged. Format: RocksDB's log of
/// blocks of 32 KiB with records of CRC-32C, length, type and bytes.
Status CheckLogBytes(std::string_view bytes);

/// Checks a log file; reads it once.
Status CheckLog(rocksdb::Env& env, const std::string& path);

}  // namespace larder
