// Cells and tables as bytes of a store that keeps plain keys and values (docs/formats/online_store.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "online/cell.h"
#include "online/online_store.h"

namespace larder {

/// Appends the stored key of a cell. The cells of one key stand together, by sort key; no other cell is between.
void AppendStoredKey(const CellKey& key, std::string& out);
/// Appends what the stored keys of all cells of this entity key begin with, and no others.
void AppendStoredPrefix(std::string_view entity_key, std::string& out);
/// Takes a stored key apart; borrows its bytes. kDamaged when it is none.
Status ReadStoredKey(std::string_view stored_key, CellKey& key);

/// Holds a stored cell, taken apart; borrows its bytes.
struct StoredCell {
  CellTime time;
  bool deleted = false;
  std::string_view value;
};

/// Appends the bytes under which a cell is stored. The checksum at their end covers the stored key too, so that a cell
/// that stands under another key is noticed.
void AppendStoredCell(std::string_view stored_key, const StoredCell& cell, std::string& out);
/// Returns how many bytes WriteStoredKey writes.
std::size_t StoredKeySize(const CellKey& key);
/// Returns how many bytes WriteStoredCell writes.
std::size_t StoredCellSize(const StoredCell& cell);
/// Writes what AppendStoredKey appends to a place with room for it.
void WriteStoredKey(const CellKey& key, char* out);
/// Writes what AppendStoredCell appends to a place with room for it.
void WriteStoredCell(std::string_view stored_key, const StoredCell& cell, char* out);
/// Takes bytes apart that AppendStoredCell or WriteStoredCell of this process gave: nothing is verified.
StoredCell PeekStoredCell(std::string_view bytes);
/// Takes the bytes of a cell apart and verifies their checksum; kDamaged when they are not what was written under this
/// key, kNewerFormat when a later version wrote them. Costs a pass over the bytes; allocates only on failure.
Status ReadStoredCell(std::string_view stored_key, std::string_view bytes, StoredCell& cell);

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
