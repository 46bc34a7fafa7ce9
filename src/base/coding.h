// Integers and strings as bytes: fixed widths little-endian, and varints (seven bits a byte, the least first).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace larder {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "stored numbers are copied as they lie in memory");

/// The most bytes that a varint of 64 bits takes.
inline constexpr std::size_t kMaxVarintBytes = 10;

/// Reads a number from `bytes`, which has as many bytes as the number; no alignment is needed.
template <class T>
T LoadFixed(const void* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}
inline std::uint32_t LoadFixed32(const void* bytes) { return LoadFixed<std::uint32_t>(bytes); }
inline std::uint64_t LoadFixed64(const void* bytes) { return LoadFixed<std::uint64_t>(bytes); }

/// Writes a number to `bytes`, which has room for it; no alignment is needed.
template <class T>
void StoreFixed(T value, void* bytes) {
  std::memcpy(bytes, &value, sizeof(T));
}
inline void StoreFixed32(std::uint32_t value, void* bytes) { StoreFixed(value, bytes); }
inline void StoreFixed64(std::uint64_t value, void* bytes) { StoreFixed(value, bytes); }

/// Appends the two bytes of a number, the least first.
void AppendFixed16(std::uint16_t value, std::string& out);
/// Appends the four bytes of a number, the least first.
void AppendFixed32(std::uint32_t value, std::string& out);
/// Appends the eight bytes of a number, the least first.
void AppendFixed64(std::uint64_t value, std::string& out);
/// Appends a number in as few bytes as its size needs, at most kMaxVarintBytes.
void AppendVarint(std::uint64_t value, std::string& out);
/// Appends a signed number so that small magnitudes are short (zigzag, then a varint).
void AppendSignedVarint(std::int64_t value, std::string& out);
/// Appends the length as a varint, then the bytes.
void AppendLengthPrefixed(std::string_view bytes, std::string& out);

/// Reads what the functions above wrote, and never beyond the end: a read that does not fit, or a varint that is longer
/// than need be, makes ok() false for good and returns 0 or nothing. So a row of reads is checked once, after the last.
/// The views returned point into the bytes given.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  /// Returns what was not read yet; nothing after a failure.
  std::string_view rest() const { return rest_; }
  /// Returns whether all reads were good and nothing is left.
  bool done() const { return ok_ && rest_.empty(); }

  std::uint8_t ReadByte() { return ReadFixed<std::uint8_t>(); }
  std::uint16_t ReadFixed16() { return ReadFixed<std::uint16_t>(); }
  std::uint32_t ReadFixed32() { return ReadFixed<std::uint32_t>(); }
  std::uint64_t ReadFixed64() { return ReadFixed<std::uint64_t>(); }
  std::uint64_t ReadVarint();
  std::int64_t ReadSignedVarint();
  std::string_view ReadLengthPrefixed();
  std::string_view ReadBytes(std::size_t size);

 private:
  template <class T>
  T ReadFixed() {
    const std::string_view bytes = ReadBytes(sizeof(T));
    return bytes.empty() ? T{0} : LoadFixed<T>(bytes.data());
  }
  void Fail();

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace larder
