#include "lookup/text_buffer.h"

#include <algorithm>

namespace larder {
namespace {

constexpr std::size_t kLeastBytes = std::size_t{16} << 10;

}  // namespace

void TextBuffer::Clear() {
  size_ = 0;
  if (capacity_ <= kKeptBytes) return;
  bytes_.reset();
  capacity_ = 0;
}

void TextBuffer::Grow(std::size_t size) {
  const std::size_t capacity = std::max({kLeastBytes, capacity_ * 2, size_ + size});
  std::unique_ptr<char[]> bytes(new char[capacity]);  // not zeroed: it is written before it is read
  if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

}  // namespace larder
