#include "sources/decoded_columns.h"

#include <algorithm>
#include <utility>

namespace larder {

void DecodedColumns::Want(std::span<const std::size_t> columns) {
  const std::lock_guard lock(mutex_);
  wanted_.insert(columns.begin(), columns.end());
}

std::optional<std::vector<std::size_t>> DecodedColumns::Widen(const std::vector<std::size_t>& columns) const {
  const std::lock_guard lock(mutex_);
  if (wanted_.empty()) return std::nullopt;
  std::set<std::size_t> wide = wanted_;
  wide.insert(columns.begin(), columns.end());
  return std::vector<std::size_t>(wide.begin(), wide.end());
}

bool DecodedColumns::HasRoomFor(std::int64_t byte_count) const {
  const std::lock_guard lock(mutex_);
  return kept_bytes_ + byte_count <= limit_bytes_;
}

void DecodedColumns::Keep(std::size_t file, std::shared_ptr<const DecodedFile> decoded) {
  const std::lock_guard lock(mutex_);
  const auto old = files_.find(file);
  const std::int64_t old_bytes = old == files_.end() ? 0 : old->second->byte_count;
  if (kept_bytes_ - old_bytes + decoded->byte_count > limit_bytes_) return;
  kept_bytes_ += decoded->byte_count - old_bytes;
  files_[file] = std::move(decoded);
}

std::shared_ptr<const DecodedFile> DecodedColumns::Find(std::size_t file,
                                                        const std::vector<std::size_t>& columns) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(file);
  if (found == files_.end()) return nullptr;
  const std::vector<std::size_t>& kept = found->second->columns;
  return std::includes(kept.begin(), kept.end(), columns.begin(), columns.end()) ? found->second : nullptr;
}

}  // namespace larder
