// What a connection has still to send.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder::http {

/// Queues bytes to be sent in few system calls: small texts are written together, large bodies are kept as they came.
/// The buffer of small texts is kept between uses, so that answering allocates nothing once it is warm.
class OutputQueue {
 public:
  /// Bodies from this size on are not copied.
  static constexpr std::size_t kLargeBodyBytes = std::size_t{16} << 10;

  /// Returns the text at the end of the queue, to append to; valid until the next call. What is appended counts once
  /// EndText is called.
  std::string& BeginText();
  void EndText();
  /// Puts a body at the end.
  void AddBody(std::string body);
  void AddShared(std::shared_ptr<const std::string> body);
  /// Puts bytes at the end that stay where they are only until KeepBorrowed is called: what can be sent at once is
  /// never copied.
  void AddBorrowed(std::string_view body);
  /// Copies what is borrowed and not sent.
  void KeepBorrowed();
  bool borrows() const { return borrowed_count_ > 0; }

  bool empty() const { return byte_count_ == 0; }
  std::size_t byte_count() const { return byte_count_; }

  /// Fills `parts` with the first bytes to be sent; returns how many parts.
  std::size_t Gather(std::span<iovec> parts) const;
  /// Forgets the first `byte_count` bytes: they are sent.
  void Consume(std::size_t byte_count);

 private:
  /// Holds bytes of one's own, or shares or borrows them.
  struct Piece {
    std::string text;
    std::shared_ptr<const std::string> shared;
    std::string_view borrowed;
    std::string_view bytes() const {
      if (!borrowed.empty()) return borrowed;
      return shared != nullptr ? *shared : text;
    }
  };

  void Recycle();

  std::vector<Piece> pieces_;
  std::size_t first_ = 0;         ///< index of the first piece that is not sent
  std::size_t first_offset_ = 0;  ///< bytes of it that are sent
  std::size_t byte_count_ = 0;
  std::size_t borrowed_count_ = 0;  ///< pieces that are borrowed
  std::size_t text_begin_ = 0;      ///< where BeginText's text ended
  bool ends_in_text_ = false;
};

}  // namespace larder::http
