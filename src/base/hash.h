// Hashes and checksums with the same value on every machine.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace larder {

/// Returns XXH3 (64 bits) of the bytes.
std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed = 0);

/// Holds 128 bits of a hash.
struct Hash128Value {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend auto operator<=>(const Hash128Value&, const Hash128Value&) = default;
};

/// Returns XXH3 (128 bits) of the bytes.
Hash128Value Hash128(std::string_view bytes, std::uint64_t seed = 0);

/// Returns the CRC-32C (Castagnoli; RFC 3720 appendix B.4) of `bytes` after what `crc` covers already: 0 for nothing.
/// So ExtendCrc32c(ExtendCrc32c(0, a), b) is the checksum of a followed by b.
std::uint32_t ExtendCrc32c(std::uint32_t crc, std::string_view bytes);

/// Returns the CRC-32C of the bytes.
inline std::uint32_t Crc32c(std::string_view bytes) { return ExtendCrc32c(0, bytes); }

/// Returns what ExtendCrc32c returns, without the processor's instruction for it: what machines that lack it run.
std::uint32_t ExtendCrc32cPortable(std::uint32_t crc, std::string_view bytes);

}  // namespace larder
