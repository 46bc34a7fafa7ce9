#include "base/coding.h"

namespace larder {
namespace {

template <class T>
void AppendFixed(T value, std::string& out) {
  char bytes[sizeof(T)];
  StoreFixed(value, bytes);
  out.append(bytes, sizeof(T));
}

}  // namespace

void AppendFixed16(std::uint16_t value, std::string& out) { AppendFixed(value, out); }
void AppendFixed32(std::uint32_t value, std::string& out) { AppendFixed(value, out); }
void AppendFixed64(std::uint64_t value, std::string& out) { AppendFixed(value, out); }

void AppendVarint(std::uint64_t value, std::string& out) {
  char bytes[kMaxVarintBytes];
  std::size_t size = 0;
  while (value >= 0x80) {
    bytes[size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes[size++] = static_cast<char>(value);
  out.append(bytes, size);
}

void AppendSignedVarint(std::int64_t value, std::string& out) {
  const auto bits = static_cast<std::uint64_t>(value);
  AppendVarint((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0), out);
}

void AppendLengthPrefixed(std::string_view bytes, std::string& out) {
  AppendVarint(bytes.size(), out);
  out.append(bytes);
}

void ByteReader::Fail() {
  ok_ = false;
  rest_ = {};
}

std::uint64_t ByteReader::ReadVarint() {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kMaxVarintBytes && i < rest_.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(rest_[i]);
    if (i == kMaxVarintBytes - 1 && byte > 1) break;  // beyond 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if (byte >= 0x80) continue;
    if (byte == 0 && i > 0) break;  // a last byte of zero could have been left out
    rest_.remove_prefix(i + 1);
    return value;
  }
  Fail();
  return 0;
}

std::int64_t ByteReader::ReadSignedVarint() {
  const std::uint64_t bits = ReadVarint();
  return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

std::string_view ByteReader::ReadLengthPrefixed() {
  const std::uint64_t size = ReadVarint();
  return ReadBytes(size);
}

std::string_view ByteReader::ReadBytes(std::size_t size) {
  if (!ok_ || size > rest_.size()) {
    Fail();
    return {};
  }
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

}  // namespace larder
