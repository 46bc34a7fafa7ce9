#include "aggregates/ranked_values.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "aggregates/order_key.h"

namespace larder {

template <class Less, class Equal>
void RankedValues::RankBy(std::int64_t count, Less less, Equal equal) {
  order_.resize(static_cast<std::size_t>(count));
  ranks_.resize(order_.size());
  std::iota(order_.begin(), order_.end(), 0);
  // Of equal values the first event stands for all: the same on every machine.
  std::sort(order_.begin(), order_.end(),
            [&](std::int64_t a, std::int64_t b) { return less(a, b) || (!less(b, a) && a < b); });
  places_.clear();
  for (const std::int64_t event : order_) {
    if (places_.empty() || !equal(places_.back(), event)) places_.push_back(event);
    ranks_[static_cast<std::size_t>(event)] = rank_count() - 1;
  }
}

void RankedValues::Rank(const CountedEvents& events, bool joins_zeros) {
  const Vector& values = events.inputs[0];
  const Storage storage = StorageOf(values.type);
  has_nan_ = false;
  if (storage == Storage::kText) {
    const auto* texts = values.Values<std::string_view>();
    RankBy(
        events.count, [texts](std::int64_t a, std::int64_t b) { return texts[a] < texts[b]; },
        [texts](std::int64_t a, std::int64_t b) { return texts[a] == texts[b]; });
    return;
  }
  FillTurnedKeys(values, events.count, false, keys_);
  if (storage == Storage::kFloat) {
    for (std::int64_t& key : keys_) {
      has_nan_ = has_nan_ || key == kNanKey;
      if (joins_zeros && key == OrderKeyOf(-0.0)) key = 0;
    }
  }
  const std::int64_t* keys = keys_.data();
  RankBy(
      events.count, [keys](std::int64_t a, std::int64_t b) { return keys[a] < keys[b]; },
      [keys](std::int64_t a, std::int64_t b) { return keys[a] == keys[b]; });
}

std::int64_t RankedValues::scratch_bytes() const {
  return static_cast<std::int64_t>(sizeof(std::int64_t) *
                                   (keys_.capacity() + order_.capacity() + ranks_.capacity() + places_.capacity()));
}

void RankTree::Reset(std::int64_t rank_count) {
  sums_.assign(static_cast<std::size_t>(rank_count + 1), 0);
  count_ = 0;
  top_ = rank_count == 0 ? 0 : static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(rank_count)));
}

void RankTree::Add(std::int64_t rank, std::int64_t count) {
  count_ += count;
  for (std::int64_t i = rank + 1; i < static_cast<std::int64_t>(sums_.size()); i += i & -i) {
    sums_[static_cast<std::size_t>(i)] += count;
  }
}

std::int64_t RankTree::Select(std::int64_t k) const {
  std::int64_t place = 0;
  for (std::int64_t step = top_; step > 0; step /= 2) {
    const std::int64_t next = place + step;
    if (next < static_cast<std::int64_t>(sums_.size()) && sums_[static_cast<std::size_t>(next)] <= k) {
      place = next;
      k -= sums_[static_cast<std::size_t>(next)];
    }
  }
  return place;
}

Status CheckHolisticLimit(const KernelInput& input) {
  for (const KernelFunction& function : input.functions) {
    for (const EventRange& range : function.ranges) {
      const std::int64_t count = range.end - range.begin;
      if (count <= input.limits->max_holistic_events) continue;
      return Status(Reason::kLimitExceeded,
                    std::string(function.aggregate->row().name) + ": a window holds too many events: " +
                        std::to_string(count) + ", at most " + std::to_string(input.limits->max_holistic_events),
                    "use a shorter window, or an aggregate that tiles hold, such as approx_quantile");
    }
  }
  return Status();
}

}  // namespace larder
