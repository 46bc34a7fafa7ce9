#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstddef>

#include "base/coding.h"

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

namespace larder {
namespace {

constexpr std::uint32_t kCastagnoli = 0x82F63B78;  // the polynomial, least bit first
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables MakeTables() {
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kCastagnoli : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t table = 1; table < tables.size(); ++table) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = tables[table - 1][byte];
      tables[table][byte] = (crc >> 8) ^ tables[0][crc & 0xFF];
    }
  }
  return tables;
}

constexpr CrcTables kTables = MakeTables();

std::uint32_t StepByte(std::uint32_t crc, char byte) {
  return (crc >> 8) ^ kTables[0][(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) std::uint32_t ExtendCrc32cSse42(std::uint32_t crc, std::string_view bytes) {
  std::uint64_t state = crc ^ 0xFFFFFFFFU;
  while (bytes.size() >= 8) {
    state = _mm_crc32_u64(state, LoadFixed64(bytes.data()));
    bytes.remove_prefix(8);
  }
  auto rest = static_cast<std::uint32_t>(state);
  for (const char byte : bytes) rest = _mm_crc32_u8(rest, static_cast<unsigned char>(byte));
  return rest ^ 0xFFFFFFFFU;
}
#endif

using ExtendFunction = std::uint32_t (*)(std::uint32_t, std::string_view);

ExtendFunction ChooseExtend() {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2")) return ExtendCrc32cSse42;
#endif
  return ExtendCrc32cPortable;
}

}  // namespace

std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128Value Hash128(std::string_view bytes, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64};
}

std::uint32_t ExtendCrc32c(std::uint32_t crc, std::string_view bytes) {
  static const ExtendFunction kExtend = ChooseExtend();
  return kExtend(crc, bytes);
}

std::uint32_t ExtendCrc32cPortable(std::uint32_t crc, std::string_view bytes) {
  crc ^= 0xFFFFFFFFU;
  while (bytes.size() >= 8) {
    const std::uint32_t low = LoadFixed32(bytes.data()) ^ crc;
    const std::uint32_t high = LoadFixed32(bytes.data() + 4);
    crc = kTables[7][low & 0xFF] ^ kTables[6][low >> 8 & 0xFF] ^ kTables[5][low >> 16 & 0xFF] ^ kTables[4][low >> 24] ^
          kTables[3][high & 0xFF] ^ kTables[2][high >> 8 & 0xFF] ^ kTables[1][high >> 16 & 0xFF] ^
          kTables[0][high >> 24];
    bytes.remove_prefix(8);
  }
  for (const char byte : bytes) crc = StepByte(crc, byte);
  return crc ^ 0xFFFFFFFFU;
}

}  // namespace larder
