#include "online/cell.h"

namespace larder {

void CellBatch::Clear() {
  cells_.clear();
  bytes_.clear();
}

void CellBatch::Reset(std::size_t count) {
  Clear();
  cells_.resize(count);
}

void CellBatch::SetFound(std::size_t index, const CellTime& time, std::string_view value) {
  Cell& cell = cells_[index];
  cell.state = CellState::kFound;
  cell.time = time;
  cell.value_offset = Copy(value);
  cell.value_size = value.size();
}

void CellBatch::SetDeleted(std::size_t index, const CellTime& time) {
  Cell& cell = cells_[index];
  cell.state = CellState::kDeleted;
  cell.time = time;
  cell.value_size = 0;
}

void CellBatch::SetMissing(std::size_t index) { cells_[index] = {}; }

void CellBatch::AppendFound(std::string_view sort_key, const CellTime& time, std::string_view value) {
  cells_.emplace_back();
  Cell& cell = cells_.back();
  cell.sort_key_offset = Copy(sort_key);
  cell.sort_key_size = sort_key.size();
  SetFound(cells_.size() - 1, time, value);
}

std::size_t CellBatch::Copy(std::string_view bytes) {
  const std::size_t offset = bytes_.size();
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return offset;
}

}  // namespace larder
