#include "ram/write_marks.h"

#include "ram/ram_index.h"

namespace larder {

std::size_t WriteMarks::MarkOf(std::string_view entity_key) { return EntityHash(entity_key) % kMarks; }

WriteMarks::Ticket WriteMarks::Take(std::size_t mark) const {
  const std::uint64_t begun = marks_[mark].begun.load();
  return {mark, begun, marks_[mark].writers.load() == 0};
}

bool WriteMarks::IsGood(const Ticket& ticket) const {
  return ticket.is_free && marks_[ticket.mark].begun.load() == ticket.begun;
}

}  // namespace larder
