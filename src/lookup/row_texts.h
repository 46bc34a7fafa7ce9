// The text of whole rows, written once: a bounded cache of what serving writes again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace larder {

/// Points to the texts of the features of one row. Good until the request ends.
struct RowText {
  const std::uint32_t* ends = nullptr;  ///< of each feature's text; nullptr: there is no text
  const char* text = nullptr;

  bool is_there() const { return ends != nullptr; }
  std::string_view piece(std::size_t feature) const {
    const std::uint32_t begin = feature == 0 ? 0 : ends[feature - 1];
    return {text + begin, ends[feature] - begin};
  }
};

/// Keeps texts in a ring of bytes: the oldest go first. A text belongs to the very bytes of its row, so a row that was
/// written anew is another one, and nothing has to be taken out. A row is kept when it is met for the second time, so
/// that rows met once cost little. Allocates when it is first used, and never again. Not thread-safe.
class RowTexts {
 public:
  /// Names a row: its bytes, and what else its text depends on.
  struct Key {
    std::string_view row;   ///< at least a row's header, which tells rows apart
    std::uint64_t use = 0;  ///< which features in which form
  };

  /// `max_bytes`: of rows, texts and places together; 0: nothing is kept.
  explicit RowTexts(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Begins a request: what it found and put stays until the next one begins.
  void BeginRequest() { put_bytes_ = 0; }
  /// Returns the text of a row, if it is there.
  RowText Find(const Key& key) const;
  /// Tells whether a row that was not found is to be put: it was met before. Notes that it was met.
  bool IsMetAgain(const Key& key);
  /// Keeps a text; `ends` are the ends of its pieces. Returns no text when there is no room in this request.
  RowText Put(const Key& key, const std::vector<std::uint32_t>& ends, std::string_view text);

  std::uint64_t hit_count() const { return hit_count_; }

 private:
  struct Place {
    std::uint64_t hash = 0;
    std::uint64_t position = 0;  ///< of the block, counted in bytes ever written; 0: only met
  };
  struct Head;

  void Allocate();
  const char* BlockAt(const Place& place) const;
  bool Holds(const char* block, const Key& key) const;
  /// Returns the two places that a hash may stand at.
  std::size_t PlaceOf(std::uint64_t hash) const { return (hash & (places_.size() - 1)) & ~std::size_t{1}; }

  const std::size_t max_bytes_;
  std::unique_ptr<char[]> ring_;
  std::size_t ring_bytes_ = 0;
  std::uint64_t written_ = 0;  ///< bytes ever written; the next block begins here
  std::size_t put_bytes_ = 0;  ///< of this request
  std::vector<Place> places_;  ///< a power of two
  mutable std::uint64_t hit_count_ = 0;
};

}  // namespace larder
