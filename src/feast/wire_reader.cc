#include "feast/wire_reader.h"

#include <string>

namespace larder {
namespace {

constexpr std::uint64_t kMaxField = (1U << 29) - 1;
constexpr int kMaxVarintBytes = 10;

Status NoMessage(const char* what) {
  return Status(Reason::kInvalidFile, std::string("no protocol buffer: ") + what,
                "give the file that `registry:` of feature_store.yaml names");
}

}  // namespace

Result<bool> WireReader::Next() {
  if (rest_.empty()) return false;
  LARDER_ASSIGN_OR_RETURN(const std::uint64_t tag, TakeVarint());
  number_ = 0;
  bytes_ = {};
  const std::uint64_t field = tag >> 3;
  if (field == 0 || field > kMaxField) return NoMessage("a field's number out of range");
  field_ = static_cast<std::uint32_t>(field);
  switch (tag & 7) {
    case 0: {
      LARDER_ASSIGN_OR_RETURN(number_, TakeVarint());
      return true;
    }
    case 1: {
      LARDER_ASSIGN_OR_RETURN(number_, TakeFixed(8));
      return true;
    }
    case 2: {
      LARDER_ASSIGN_OR_RETURN(const std::uint64_t size, TakeVarint());
      if (size > rest_.size()) return NoMessage("a field that is cut short");
      bytes_ = rest_.substr(0, size);
      rest_.remove_prefix(size);
      return true;
    }
    case 5: {
      LARDER_ASSIGN_OR_RETURN(number_, TakeFixed(4));
      return true;
    }
    default:
      return NoMessage("a field of an unknown kind");
  }
}

Result<std::uint64_t> WireReader::TakeVarint() {
  std::uint64_t value = 0;
  for (int i = 0; i < kMaxVarintBytes; ++i) {
    if (rest_.empty()) return NoMessage("a number that is cut short");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    // Of the tenth byte only one bit has room.
    if (i == kMaxVarintBytes - 1 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) return value;
  }
  return NoMessage("a number of more than 64 bits");
}

Result<std::uint64_t> WireReader::TakeFixed(std::size_t byte_count) {
  if (rest_.size() < byte_count) return NoMessage("a number that is cut short");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < byte_count; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
  }
  rest_.remove_prefix(byte_count);
  return value;
}

}  // namespace larder
