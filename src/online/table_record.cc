#include "online/table_record.h"

#include "base/coding.h"
#include "base/hash.h"

namespace larder {
namespace {

constexpr char kRecordMark = 'T';
constexpr std::uint8_t kRecordVersion = 1;

std::uint32_t Checksum(std::string_view key, std::string_view bytes) { return ExtendCrc32c(Crc32c(key), bytes); }

Status Damaged() {
  return Status(Reason::kDamaged, "the record of an online table is damaged",
                "restore the folder of the online store from a copy, or remove it and materialize again");
}

}  // namespace

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
  constexpr std::size_t kChecksumSize = 4;
  if (bytes.size() < kChecksumSize) return Damaged();
  const std::string_view content = bytes.substr(0, bytes.size() - kChecksumSize);
  if (LoadFixed32(bytes.data() + content.size()) != Checksum(key, content)) return Damaged();
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
  if (version == 0 || mark != kRecordMark || !reader.done() || !key_reader.done()) return Damaged();
  return record;
}

}  // namespace larder
