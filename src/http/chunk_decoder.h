// The chunked transfer coding (RFC 9112 section 7.1), read strictly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace larder::http {

/// Says how much a chunked body may hold.
struct ChunkLimits {
  std::int64_t max_body_bytes = 0;
  std::int64_t max_trailer_bytes = 0;
};

/// Decodes one chunked body, however the bytes come in. Chunk extensions are skipped and trailer fields checked and
/// dropped.
class ChunkDecoder {
 public:
  explicit ChunkDecoder(const ChunkLimits& limits) : limits_(limits) {}

  /// Takes bytes from the front of `bytes` up to the end of the body and appends what they hold to `body`. Returns
  /// whether the body is whole; fails with kMalformedRequest or kLimitExceeded.
  Result<bool> Take(std::string_view& bytes, std::string& body);

  /// Begins the next body.
  void Reset();

 private:
  enum class Stage : std::uint8_t { kSize, kData, kDataEnd, kTrailers };

  /// Takes bytes into `line_` up to a line's end. Returns whether the line is whole.
  Result<bool> TakeLine(std::string_view& bytes);
  /// Reads the line between two pieces of data. Returns whether the body is whole.
  Result<bool> ReadLine(std::int64_t body_bytes);
  Status ReadSize(std::int64_t body_bytes);

  const ChunkLimits limits_;
  Stage stage_ = Stage::kSize;
  std::string line_;
  std::uint64_t data_left_ = 0;
  std::int64_t trailer_bytes_ = 0;
};

}  // namespace larder::http
