// Lists of features as they stand in bodies, byte for byte: a client sends the same one with each request.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder {

/// Remembers the lists of features of bodies that were read, so that the next body with the same bytes at the same
/// place need not be read there again. Once it is full and warm it allocates nothing. Not thread-safe.
class FeatureTexts {
 public:
  /// Shorter lists are read as fast as they are compared.
  static constexpr std::size_t kLeastNames = 3;
  static constexpr std::size_t kMostTextBytes = std::size_t{16} << 10;

  /// Holds a list.
  struct Known {
    std::string text;                     ///< from the quote before `features` to the bracket at the end
    std::vector<std::string_view> names;  ///< they stand in `text`
    std::array<std::string, 2> shapes;    ///< for its user: by whether names are full; empty until made
    std::size_t before = 0;               ///< bytes of the body in front of it, the last time
    std::size_t behind = 0;               ///< and behind it
  };
  /// Names a list that stands in a body.
  struct Found {
    Known* known = nullptr;  ///< nullptr: none does; good until the next Learn
    std::size_t place = 0;
  };
  /// Looks for a known list where one stood the last time, counted from either end of the body.
  Found Find(std::string_view body);
  /// Remembers the list of a body that was read; does nothing when it is not written plainly, or too long or short.
  void Learn(std::string_view body, std::span<const std::string_view> names);

 private:
  static constexpr std::size_t kKnown = 8;
  std::array<Known, kKnown> known_;
  std::size_t count_ = 0;
  std::uint32_t miss_count_ = 0;
};

}  // namespace larder
