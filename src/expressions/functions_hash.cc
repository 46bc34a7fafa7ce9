// Hashes, digests, encodings and buckets.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include <openssl/evp.h>

#include "base/hash.h"
#include "expressions/functions_by_group.h"
#include "expressions/kernel.h"
#include "text/base64.h"

namespace larder {
namespace {

constexpr Failure kNotBase64 = {Reason::kInvalidData, "a text is not base64", "try(...) gives null"};
constexpr Failure kNoDigest = {Reason::kInternal, "the digest is not available", ""};

// The bytes that stand for a value: eight, little endian, for numbers; what they are for texts.
std::uint64_t HashBits(std::uint64_t bits) {
  std::array<char, 8> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bits >> (8 * i) & 0xFF);
  return Hash64({bytes.data(), bytes.size()});
}
std::uint64_t HashOf(std::int64_t value) { return HashBits(static_cast<std::uint64_t>(value)); }
std::uint64_t HashOf(bool value) { return HashBits(value ? 1 : 0); }
std::uint64_t HashOf(std::string_view text) { return Hash64(text); }
std::uint64_t HashOf(double value) {
  // Equal numbers have equal hashes, and so has every NaN.
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  return HashBits(std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value));
}

template <class T>
std::int64_t Hash(T value) {
  return static_cast<std::int64_t>(HashOf(value));
}
template <class T>
std::optional<std::int64_t> HashBucket(T value, std::int64_t count) {
  if (count < 1) return std::nullopt;
  return static_cast<std::int64_t>(HashOf(value) % static_cast<std::uint64_t>(count));
}

std::vector<Overload> HashOverloads() {
  return {{"(int64) -> int64", Map<Hash<std::int64_t>>},
          {"(float64) -> int64", Map<Hash<double>>},
          {"(string) -> int64", Map<Hash<std::string_view>>},
          {"(bytes) -> int64", Map<Hash<std::string_view>>},
          {"(bool) -> int64", Map<Hash<bool>>},
          {"(date) -> int64", Map<Hash<std::int64_t>>},
          {"(timestamp) -> int64", Map<Hash<std::int64_t>>}};
}
std::vector<Overload> BucketOverloads() {
  return {{"(int64, int64) -> int64", Map<HashBucket<std::int64_t>>},
          {"(float64, int64) -> int64", Map<HashBucket<double>>},
          {"(string, int64) -> int64", Map<HashBucket<std::string_view>>},
          {"(bytes, int64) -> int64", Map<HashBucket<std::string_view>>},
          {"(bool, int64) -> int64", Map<HashBucket<bool>>},
          {"(date, int64) -> int64", Map<HashBucket<std::int64_t>>},
          {"(timestamp, int64) -> int64", Map<HashBucket<std::int64_t>>}};
}

void AppendHex(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char byte : bytes) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4];
    out += kDigits[static_cast<unsigned char>(byte) & 0xF];
  }
}

template <auto algorithm>
Outcome<bool> Digest(std::string& out, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, algorithm(), nullptr) != 1) return kNoDigest;
  AppendHex(out, {reinterpret_cast<const char*>(digest.data()), length});
  return true;
}

std::int64_t Checksum(std::string_view bytes) { return Crc32c(bytes); }

Outcome<bool> ToHex(std::string& out, std::string_view bytes) {
  if (bytes.size() > kMaxTextBytes / 2) return kTextTooLong;
  AppendHex(out, bytes);
  return true;
}
Outcome<bool> ToBase64(std::string& out, std::string_view bytes) {
  if (bytes.size() > kMaxTextBytes / 4 * 3) return kTextTooLong;
  AppendBase64(bytes, out);
  return true;
}
Outcome<bool> FromBase64(std::string& out, std::string_view text) {
  std::optional<std::string> bytes = DecodeBase64(text);
  if (!bytes) return kNotBase64;
  out = std::move(*bytes);
  return true;
}

template <auto kernel>
std::vector<Overload> OfTextOrBytes() {
  return {{"(string) -> string", MapText<kernel>}, {"(bytes) -> string", MapText<kernel>}};
}

Outcome<std::int64_t> Bucket(double value, double width) {
  if (!(width > 0) || std::isinf(width) || !std::isfinite(value)) return std::nullopt;
  const double index = std::floor(value / width);
  // 2^63 is the first float beyond int64.
  if (index < -9223372036854775808.0 || index >= 9223372036854775808.0) return kIntegerOverflow;
  return static_cast<std::int64_t>(index);
}

std::optional<std::int64_t> Bucketize(double value, FloatList edges) {
  if (std::isnan(value)) return std::nullopt;
  std::int64_t passed = 0;
  for (std::size_t i = 0; i < edges.values.size(); ++i) {
    const bool ascends = i == 0 || edges.values[i - 1] <= edges.values[i];
    if (!edges.IsValid(i) || std::isnan(edges.values[i]) || !ascends) return std::nullopt;
    passed += edges.values[i] <= value ? 1 : 0;
  }
  return passed;
}

std::optional<std::int64_t> WidthBucket(double value, double low, double high, std::int64_t count) {
  if (count < 1 || count == std::numeric_limits<std::int64_t>::max() || !(low < high)) return std::nullopt;
  if (std::isnan(value) || std::isinf(low) || std::isinf(high)) return std::nullopt;
  if (value < low) return 0;
  if (value >= high) return count + 1;
  const double place = (value - low) / (high - low) * static_cast<double>(count);
  // Rounding may carry a value just below `high` to it.
  return place >= static_cast<double>(count) ? count : static_cast<std::int64_t>(place) + 1;
}

std::vector<FunctionRow> Hashes() {
  using enum FunctionGroup;
  return {
      {"hash64", kHash, HashOverloads(),
       "Gives the XXH3 hash (64 bits) of a text's bytes, or of a number's eight bytes, little endian", "hash64('')",
       "3244421341483603138"},
      {"hash_bucket", kHash, BucketOverloads(),
       "Gives hash64 of the value, unsigned, modulo the number of buckets: 0 to n - 1; null unless n > 0",
       "hash_bucket('SFO', 1)", "0"},
      {"crc32c",
       kHash,
       {{"(string) -> int64", Map<Checksum>}, {"(bytes) -> int64", Map<Checksum>}},
       "Gives the CRC-32C (Castagnoli) of the bytes",
       "crc32c('123456789')",
       "3808858755"},
      {"md5", kHash, OfTextOrBytes<Digest<EVP_md5>>(), "Gives the MD5 digest as hexadecimal text; not for secrets",
       "md5('abc')", "900150983cd24fb0d6963f7d28e17f72"},
      {"sha256", kHash, OfTextOrBytes<Digest<EVP_sha256>>(), "Gives the SHA-256 digest as hexadecimal text",
       "sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
  };
}

std::vector<FunctionRow> EncodingsAndBuckets() {
  using enum FunctionGroup;
  return {
      {"to_hex", kHash, OfTextOrBytes<ToHex>(), "Writes bytes as hexadecimal text", "to_hex('AB')", "4142"},
      {"to_base64", kHash, OfTextOrBytes<ToBase64>(), "Writes bytes in base64", "to_base64('Larder')", "TGFyZGVy"},
      {"from_base64",
       kHash,
       {{"(string) -> bytes", MapText<FromBase64>}},
       "Reads bytes from base64; a text that is not base64 is an error",
       "from_base64('TGFyZGVy')::string",
       "Larder"},
      {"bucket",
       kHash,
       {{"(float64, float64) -> int64", Map<Bucket>}},
       "Gives the number of the bucket of this width, floor(x / width); null unless the width is positive",
       "bucket(127.5, 50)",
       "2"},
      {"bucketize",
       kHash,
       {{"(float64, list<float64>) -> int64", Map<Bucketize>}},
       "Counts the edges that are not above the value: 0 below the first; null unless the edges ascend",
       "bucketize(15, [0, 15, 60])",
       "2"},
      {"width_bucket",
       kHash,
       {{"(float64, float64, float64, int64) -> int64", Map<WidthBucket>}},
       "Gives the number, from 1, of the bucket among n of equal width between two bounds; 0 below, n + 1 from the "
       "upper "
       "bound on",
       "width_bucket(35, 0, 100, 10)",
       "4"},
  };
}

}  // namespace

std::vector<FunctionRow> HashFunctions() {
  std::vector<FunctionRow> rows = Hashes();
  for (FunctionRow& row : EncodingsAndBuckets()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace larder
