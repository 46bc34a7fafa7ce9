#include "lookup/shape_cache.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace larder {

const LookupPlan* ShapeCache::Find(std::string_view shape) {
  const auto found = plans_.find(Hash64(shape));
  if (found == plans_.end() || found->second.shape != shape) return nullptr;
  found->second.used = ++use_count_;
  return found->second.plan.get();
}

const LookupPlan* ShapeCache::Put(std::string_view shape, std::shared_ptr<const LookupPlan> plan) {
  Entry& entry = plans_[Hash64(shape)];
  if (entry.plan != nullptr) bytes_ -= entry.bytes();
  entry = {std::string(shape), std::move(plan), ++use_count_};
  bytes_ += entry.bytes();
  const LookupPlan* const kept = entry.plan.get();
  while (plans_.size() > 1 && (plans_.size() > limits_.max_plans || bytes_ > limits_.max_bytes)) DropOldest();
  return kept;
}

void ShapeCache::DropOldest() {
  const auto oldest = std::min_element(plans_.begin(), plans_.end(),
                                       [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
  bytes_ -= oldest->second.bytes();
  plans_.erase(oldest);
}

void ShapeCache::Clear() {
  plans_.clear();
  bytes_ = 0;
}

}  // namespace larder
