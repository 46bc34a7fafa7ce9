// Marks of keys that are being written.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder {

/// Marks keys that are being written, so that what a reader of the store saw meanwhile is not put into memory, where it
/// could hide the write. A key shares its mark with others; that costs a fill now and then, nothing else. Thread-safe.
class WriteMarks {
 public:
  static constexpr std::size_t kMarks = 4096;

  static std::size_t MarkOf(std::string_view entity_key);
  void Begin(std::size_t mark) {
    marks_[mark].writers.fetch_add(1);
    marks_[mark].begun.fetch_add(1);
  }
  void End(std::size_t mark) { marks_[mark].writers.fetch_sub(1); }

  /// Holds what a mark was before the store was read.
  struct Ticket {
    std::size_t mark = 0;
    std::uint64_t begun = 0;
    bool is_free = false;
  };
  Ticket Take(std::size_t mark) const;
  /// Tells whether no write of the mark was in progress when the ticket was taken, nor began since.
  bool IsGood(const Ticket& ticket) const;

 private:
  struct Mark {
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint32_t> writers{0};
  };
  std::array<Mark, kMarks> marks_;
};

}  // namespace larder
