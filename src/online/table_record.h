// What a store remembers of a table beside its cells (docs/formats/online_store.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "online/online_store.h"

namespace larder {

/// Names the place of a table's cells, and counts them.
struct TableRecord {
  std::uint64_t family = 0;
  TableStatistics statistics;
};

/// Returns the key of a table's record.
std::string TableRecordKey(const TableName& name);
/// Returns the bytes of a table's record, a checksum over key and bytes at their end.
std::string EncodeTableRecord(const TableRecord& record);
/// Reads a record; kDamaged when key or bytes are not what was written, kNewerFormat when a later version wrote them.
Result<TableRecord> DecodeTableRecord(std::string_view key, std::string_view bytes);

}  // namespace larder
