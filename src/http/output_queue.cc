#include "http/output_queue.h"

#include <algorithm>
#include <utility>

namespace larder::http {
namespace {

/// A buffer that grew beyond this is not kept.
constexpr std::size_t kKeptTextBytes = std::size_t{64} << 10;

}  // namespace

std::string& OutputQueue::BeginText() {
  if (!ends_in_text_) pieces_.emplace_back();
  ends_in_text_ = true;
  text_begin_ = pieces_.back().text.size();
  return pieces_.back().text;
}

void OutputQueue::EndText() { byte_count_ += pieces_.back().text.size() - text_begin_; }

void OutputQueue::AddBody(std::string body) {
  if (body.size() < kLargeBodyBytes) {
    BeginText() += body;
    EndText();
    return;
  }
  byte_count_ += body.size();
  pieces_.push_back({std::move(body), nullptr, {}});
  ends_in_text_ = false;
}

void OutputQueue::AddShared(std::shared_ptr<const std::string> body) {
  if (body->empty()) return;
  byte_count_ += body->size();
  pieces_.push_back({{}, std::move(body), {}});
  ends_in_text_ = false;
}

void OutputQueue::AddBorrowed(std::string_view body) {
  if (body.empty()) return;
  byte_count_ += body.size();
  ++borrowed_count_;
  pieces_.push_back({{}, nullptr, body});
  ends_in_text_ = false;
}

void OutputQueue::KeepBorrowed() {
  if (borrowed_count_ == 0) return;
  for (std::size_t i = first_; i < pieces_.size(); ++i) {
    Piece& piece = pieces_[i];
    if (piece.borrowed.empty()) continue;
    // What is sent of it is not copied.
    if (i == first_) piece.borrowed.remove_prefix(std::exchange(first_offset_, 0));
    piece.text = piece.borrowed;
    piece.borrowed = {};
  }
  borrowed_count_ = 0;
}

std::size_t OutputQueue::Gather(std::span<iovec> parts) const {
  std::size_t count = 0;
  std::size_t offset = first_offset_;
  for (std::size_t i = first_; i < pieces_.size() && count < parts.size(); ++i) {
    const std::string_view bytes = pieces_[i].bytes();
    // writev does not write to what it sends; its type does not say so.
    char* const begin = const_cast<char*>(bytes.data()) + offset;
    if (bytes.size() > offset) parts[count++] = {begin, bytes.size() - offset};
    offset = 0;
  }
  return count;
}

void OutputQueue::Consume(std::size_t byte_count) {
  byte_count_ -= byte_count;
  if (byte_count_ == 0) {
    Recycle();
    return;
  }
  while (byte_count > 0) {
    const std::size_t left = pieces_[first_].bytes().size() - first_offset_;
    const std::size_t part = std::min(left, byte_count);
    byte_count -= part;
    first_offset_ += part;
    if (part < left) break;
    pieces_[first_] = {};
    ++first_;
    first_offset_ = 0;
  }
}

void OutputQueue::Recycle() {
  std::string kept;
  for (Piece& piece : pieces_) {
    if (piece.text.capacity() > kept.capacity() && piece.text.capacity() <= kKeptTextBytes) kept.swap(piece.text);
  }
  kept.clear();
  pieces_.clear();
  pieces_.push_back({std::move(kept), nullptr, {}});
  ends_in_text_ = true;
  first_ = 0;
  first_offset_ = 0;
  borrowed_count_ = 0;
}

}  // namespace larder::http
