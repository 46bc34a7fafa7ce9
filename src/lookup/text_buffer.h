// Bytes of an answer as they are written, in memory that stays.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace larder {

/// Collects bytes at its end. Reuse one object for many answers: its memory stays, so that writing allocates nothing
/// once it is warm. Not thread-safe.
class TextBuffer {
 public:
  /// A buffer that grew beyond this is given back by Clear.
  static constexpr std::size_t kKeptBytes = std::size_t{8} << 20;

  /// Forgets what was written.
  void Clear();

  /// Returns room for `size` bytes behind what is written; what is written there counts once Advance is called.
  char* Reserve(std::size_t size) {
    if (capacity_ - size_ < size) Grow(size);
    return bytes_.get() + size_;
  }
  /// Counts bytes up to `end`, which lies in what Reserve returned.
  void Advance(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }

  void Append(std::string_view text) {
    char* const out = Reserve(text.size());
    std::memcpy(out, text.data(), text.size());
    size_ += text.size();
  }
  void Append(char character) {
    *Reserve(1) = character;
    ++size_;
  }
  /// Takes back the last `count` bytes.
  void Drop(std::size_t count) { size_ -= count; }

  std::size_t size() const { return size_; }
  std::string_view text() const { return {bytes_.get(), size_}; }

 private:
  void Grow(std::size_t size);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace larder
