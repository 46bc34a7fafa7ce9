#include "online/stored_format.h"

#include <cstdint>

#include "base/coding.h"
#include "base/hash.h"

namespace larder {
namespace {

constexpr std::uint8_t kCellVersion = 1;
constexpr std::uint8_t kDeletedFlag = 1;
constexpr std::uint8_t kCreatedFlag = 2;
constexpr std::size_t kChecksumSize = 4;
constexpr char kRecordMark = 'T';
constexpr std::uint8_t kRecordVersion = 1;
constexpr std::size_t kLeastCellSize = 2 + 8 + kChecksumSize;

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kShownBytes = 64;
  std::string text;
  for (const char byte : bytes.substr(0, kShownBytes)) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15u];
  }
  return bytes.size() > kShownBytes ? text + "..." : text;
}

Status Damaged(std::string_view what, std::string_view stored_key) {
  return Status(Reason::kDamaged, "stored " + std::string(what) + " is damaged: key " + Hex(stored_key),
                "restore the folder of the online store from a copy, or remove it and materialize again");
}

Status DamagedRecord() {
  return Status(Reason::kDamaged, "the record of an online table is damaged",
                "restore the folder of the online store from a copy, or remove it and materialize again");
}

std::size_t VarintSize(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

std::uint32_t Checksum(std::string_view stored_key, std::string_view bytes) {
  return ExtendCrc32c(Crc32c(stored_key), bytes);
}

}  // namespace

void AppendStoredKey(const CellKey& key, std::string& out) {
  AppendStoredPrefix(key.entity_key, out);
  out += key.sort_key;
}

void AppendStoredPrefix(std::string_view entity_key, std::string& out) { AppendLengthPrefixed(entity_key, out); }

Status ReadStoredKey(std::string_view stored_key, CellKey& key) {
  ByteReader reader(stored_key);
  key.entity_key = reader.ReadLengthPrefixed();
  if (!reader.ok()) return Damaged("key", stored_key);
  key.sort_key = reader.rest();
  return {};
}

std::size_t StoredKeySize(const CellKey& key) {
  return VarintSize(key.entity_key.size()) + key.entity_key.size() + key.sort_key.size();
}

std::size_t StoredCellSize(const StoredCell& cell) {
  return kLeastCellSize + (cell.time.created_time_us ? sizeof(std::int64_t) : 0) +
         (cell.deleted ? 0 : cell.value.size());
}

void WriteStoredKey(const CellKey& key, char* out) {
  std::uint64_t size = key.entity_key.size();
  for (; size >= 0x80; size >>= 7) *out++ = static_cast<char>(size | 0x80u);
  *out++ = static_cast<char>(size);
  out += key.entity_key.copy(out, key.entity_key.size());
  key.sort_key.copy(out, key.sort_key.size());
}

void WriteStoredCell(std::string_view stored_key, const StoredCell& cell, char* out) {
  char* const begin = out;
  *out++ = static_cast<char>(kCellVersion);
  *out++ = static_cast<char>((cell.deleted ? kDeletedFlag : 0) | (cell.time.created_time_us ? kCreatedFlag : 0));
  StoreFixed(cell.time.event_time_us, out);
  out += sizeof(std::int64_t);
  if (cell.time.created_time_us) {
    StoreFixed(*cell.time.created_time_us, out);
    out += sizeof(std::int64_t);
  }
  if (!cell.deleted) out += cell.value.copy(out, cell.value.size());
  StoreFixed32(Checksum(stored_key, {begin, static_cast<std::size_t>(out - begin)}), out);
}

void AppendStoredCell(std::string_view stored_key, const StoredCell& cell, std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + StoredCellSize(cell));
  WriteStoredCell(stored_key, cell, out.data() + begin);
}

StoredCell PeekStoredCell(std::string_view bytes) {
  StoredCell cell;
  const auto flags = static_cast<std::uint8_t>(bytes[1]);
  cell.deleted = (flags & kDeletedFlag) != 0;
  cell.time.event_time_us = LoadFixed<std::int64_t>(bytes.data() + 2);
  std::size_t offset = 2 + sizeof(std::int64_t);
  if ((flags & kCreatedFlag) != 0) {
    cell.time.created_time_us = LoadFixed<std::int64_t>(bytes.data() + offset);
    offset += sizeof(std::int64_t);
  }
  cell.value = bytes.substr(offset, bytes.size() - kChecksumSize - offset);
  return cell;
}

Status ReadStoredCell(std::string_view stored_key, std::string_view bytes, StoredCell& cell) {
  if (bytes.size() < kLeastCellSize) return Damaged("cell", stored_key);
  const std::string_view content = bytes.substr(0, bytes.size() - kChecksumSize);
  if (LoadFixed32(bytes.data() + content.size()) != Checksum(stored_key, content)) return Damaged("cell", stored_key);
  ByteReader reader(content);
  const std::uint8_t version = reader.ReadByte();
  if (version > kCellVersion) {
    return Status(Reason::kNewerFormat, "a stored cell has format " + std::to_string(version) + ", known up to " +
                                            std::to_string(kCellVersion));
  }
  const std::uint8_t flags = reader.ReadByte();
  cell.deleted = (flags & kDeletedFlag) != 0;
  cell.time.event_time_us = static_cast<std::int64_t>(reader.ReadFixed64());
  cell.time.created_time_us.reset();
  if ((flags & kCreatedFlag) != 0) cell.time.created_time_us = static_cast<std::int64_t>(reader.ReadFixed64());
  if (!reader.ok() || version == 0) return Damaged("cell", stored_key);
  cell.value = reader.rest();
  return {};
}

std::string TableRecordKey(const TableName& name) {
  std::string key(1, kRecordMark);
  AppendLengthPrefixed(name.view, key);
  AppendFixed64(static_cast<std::uint64_t>(name.generation), key);
  return key;
}

std::string EncodeTableRecord(const TableRecord& record) {
  const TableStatistics& statistics = record.statistics;
  std::string bytes(1, static_cast<char>(kRecordVersion));
  AppendVarint(record.family, bytes);
  AppendSignedVarint(statistics.row_count, bytes);
  AppendSignedVarint(statistics.deleted_count, bytes);
  AppendSignedVarint(statistics.byte_count, bytes);
  bytes += static_cast<char>(statistics.newest_event_time_us ? 1 : 0);
  if (statistics.newest_event_time_us) {
    AppendFixed64(static_cast<std::uint64_t>(*statistics.newest_event_time_us), bytes);
  }
  AppendFixed32(Checksum(TableRecordKey(statistics.name), bytes), bytes);
  return bytes;
}

Result<TableRecord> DecodeTableRecord(std::string_view key, std::string_view bytes) {
  if (bytes.size() < kChecksumSize) return DamagedRecord();
  const std::string_view content = bytes.substr(0, bytes.size() - kChecksumSize);
  if (LoadFixed32(bytes.data() + content.size()) != Checksum(key, content)) return DamagedRecord();
  ByteReader reader(content);
  const std::uint8_t version = reader.ReadByte();
  if (version > kRecordVersion) {
    return Status(Reason::kNewerFormat, "the record of an online table has format " + std::to_string(version) +
                                            ", known up to " + std::to_string(kRecordVersion));
  }
  TableRecord record;
  record.family = reader.ReadVarint();
  record.statistics.row_count = reader.ReadSignedVarint();
  record.statistics.deleted_count = reader.ReadSignedVarint();
  record.statistics.byte_count = reader.ReadSignedVarint();
  if (reader.ReadByte() != 0) {
    record.statistics.newest_event_time_us = static_cast<std::int64_t>(reader.ReadFixed64());
  }
  ByteReader key_reader(key);
  const char mark = static_cast<char>(key_reader.ReadByte());
  record.statistics.name.view = key_reader.ReadLengthPrefixed();
  record.statistics.name.generation = static_cast<std::int64_t>(key_reader.ReadFixed64());
  if (version == 0 || mark != kRecordMark || !reader.done() || !key_reader.done()) return DamagedRecord();
  return record;
}

}  // namespace larder
