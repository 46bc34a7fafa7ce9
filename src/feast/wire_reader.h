// Protocol buffers' wire format, read field by field.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace larder {

/// Gives the fields of one message in the order of its bytes (protobuf.dev, "Encoding"). Borrows the bytes; copies and
/// allocates nothing. Not thread-safe.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  /// Goes to the next field. Returns false at the end; fails with kInvalidFile for bytes that are no message: a cut
  /// field, a number above 64 bits, field 0, or groups, which nobody writes any more.
  Result<bool> Next();

  /// Tell of the field that Next went to.
  std::uint32_t field() const { return field_; }
  /// Returns its value if it is a varint or has a fixed size, else 0: as protobuf's readers skip what does not fit.
  std::uint64_t number() const { return number_; }
  /// Returns its bytes if its length is told: text or a message. Else empty.
  std::string_view bytes() const { return bytes_; }

 private:
  Result<std::uint64_t> TakeVarint();
  Result<std::uint64_t> TakeFixed(std::size_t byte_count);

  std::string_view rest_;
  std::uint32_t field_ = 0;
  std::uint64_t number_ = 0;
  std::string_view bytes_;
};

}  // namespace larder
