// Plans by the shape of the requests they answer: bounded in number and in bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lookup/lookup_plan.h"

namespace larder {

/// Keeps the plans that were used last. Finding one allocates nothing. Not thread-safe.
class ShapeCache {
 public:
  /// Says how much is kept.
  struct Limits {
    std::size_t max_plans = 1024;
    std::size_t max_bytes = std::size_t{16} << 20;  ///< of shapes, and of texts that plans hold
  };
  explicit ShapeCache(const Limits& limits) : limits_(limits) {}

  /// Returns the plan of a shape, nullptr without one; good until the next Put or Clear.
  const LookupPlan* Find(std::string_view shape);
  /// Keeps a plan; those that were not used for longest go when there are too many. Returns it.
  const LookupPlan* Put(std::string_view shape, std::shared_ptr<const LookupPlan> plan);
  void Clear();

  std::size_t size() const { return plans_.size(); }

 private:
  struct Entry {
    std::string shape;
    std::shared_ptr<const LookupPlan> plan;
    std::uint64_t used = 0;  ///< when, counted in uses
    std::size_t bytes() const { return shape.size() + plan->head.size() + sizeof(LookupPlan) + sizeof(Entry); }
  };

  void DropOldest();

  const Limits limits_;
  std::unordered_map<std::uint64_t, Entry> plans_;  ///< by the hash of the shape: of two with one hash the later stays
  std::size_t bytes_ = 0;
  std::uint64_t use_count_ = 0;
};

}  // namespace larder
