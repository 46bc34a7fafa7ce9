#include "online/log_check.h"

#include <algorithm>
#include <cstdint>

#include "base/coding.h"
#include "base/hash.h"

namespace larder {
namespace {

constexpr std::size_t kBlockSize = 32'768;
constexpr std::size_t kHeaderSize = 7;
constexpr std::size_t kLengthOffset = 4;
constexpr std::size_t kTypeOffset = 6;
constexpr unsigned kGreatestType = 4;  // whole, first, middle, last; others are not written with our options

/// Turns a checksum into what is stored: RocksDB hides checksums that stand inside checked bytes.
std::uint32_t Masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

Status Damaged(std::size_t offset) {
  return Status(Reason::kDamaged, "a record of the log of last writes is damaged: at byte " + std::to_string(offset),
                "restore the folder of the online store from a copy, or remove it and materialize again");
}

/// Tells whether the record is whole with some other length than it says.
bool IsWholeWithAnotherLength(std::string_view record) {
  const auto stored = LoadFixed32(record.data());
  std::uint32_t crc = 0;
  for (std::size_t i = kTypeOffset; i < record.size(); ++i) {
    crc = ExtendCrc32c(crc, record.substr(i, 1));
    if (Masked(crc) == stored) return true;
  }
  return false;
}

/// Checks the records of one block.
Status CheckBlock(std::string_view block, std::size_t block_offset, bool is_last) {
  std::size_t place = 0;
  while (place + kHeaderSize <= block.size()) {
    const std::string_view record = block.substr(place);
    const std::size_t length = LoadFixed<std::uint16_t>(record.data() + kLengthOffset);
    const unsigned type = static_cast<unsigned char>(record[kTypeOffset]);
    if (type == 0 && length == 0) {
      return {};  // space taken ahead and not written to
    }
    if (kHeaderSize + length > record.size()) {
      if (is_last && type <= kGreatestType && !IsWholeWithAnotherLength(record)) return {};  // cut short
      return Damaged(block_offset + place);
    }
    const std::uint32_t crc = Crc32c(record.substr(kTypeOffset, 1 + length));
    if (type > kGreatestType || LoadFixed32(record.data()) != Masked(crc)) return Damaged(block_offset + place);
    place += kHeaderSize + length;
  }
  return {};
}

}  // namespace

Status CheckLogBytes(std::string_view bytes) {
  for (std::size_t offset = 0; offset < bytes.size(); offset += kBlockSize) {
    const bool is_last = offset + kBlockSize >= bytes.size();
    LARDER_RETURN_IF_ERROR(CheckBlock(bytes.substr(offset, kBlockSize), offset, is_last));
  }
  return {};
}

Status CheckLog(rocksdb::Env& env, const std::string& path) {
  std::string bytes;
  const rocksdb::Status status = rocksdb::ReadFileToString(&env, path, &bytes);
  if (!status.ok()) return Status(Reason::kIoError, "cannot read " + path + ": " + status.ToString());
  return CheckLogBytes(bytes).WithContext(path);
}

}  // namespace larder
