#include "aggregates/counted_events.h"

#include <algorithm>
#include <cstring>

namespace larder {
namespace {

std::size_t ValueBytes(Storage storage) {
  switch (storage) {
    case Storage::kBool:
      return sizeof(std::uint8_t);
    case Storage::kInteger:
    case Storage::kFloat:
      return sizeof(std::int64_t);
    case Storage::kText:
      return sizeof(std::string_view);
    case Storage::kList:
      return sizeof(ListSpan);
  }
  return 0;
}

// Copies values of a size that the compiler knows.
template <std::size_t kBytes>
void CopyCounted(const char* from, std::size_t step, const std::vector<std::int64_t>& places, char* to) {
  for (std::size_t i = 0; i + 1 < places.size(); ++i) {
    // What does not count is overwritten by the next that does: no branch.
    std::memcpy(to + kBytes * static_cast<std::size_t>(places[i]), from + step * i, kBytes);
  }
}

}  // namespace

bool EventCounter::AllCount(const EventRun& run) const {
  if (key_.where || key_.rule == CountRule::kNull) return false;
  if (key_.rule == CountRule::kSelected) return true;
  const std::size_t first = key_.rule == CountRule::kCategory ? key_.inputs.size() - 1 : 0;
  const auto begin = key_.inputs.begin() + static_cast<std::ptrdiff_t>(first);
  return std::all_of(begin, key_.inputs.end(), [&](std::size_t input) {
    return run.columns[input].valid == nullptr && !run.columns[input].is_constant;
  });
}

void EventCounter::FillPlaces(const EventRun& run) {
  const auto event_count = static_cast<std::size_t>(run.event_count);
  places_.resize(event_count + 1);
  // First a flag for each event, then the sum of those before it.
  std::fill(places_.begin(), places_.end(), key_.rule == CountRule::kNull ? 0 : 1);
  if (key_.rule != CountRule::kSelected) {
    const bool is_null_rule = key_.rule == CountRule::kNull;
    const std::size_t first = key_.rule == CountRule::kCategory ? key_.inputs.size() - 1 : 0;
    for (const std::size_t input : std::span(key_.inputs).subspan(first)) {
      const Vector& column = run.columns[input];
      if (column.valid == nullptr) continue;
      for (std::size_t i = 0; i < event_count; ++i) {
        const bool is_valid = column.IsValid(static_cast<std::int64_t>(i));
        if (!is_valid) places_[i] = is_null_rule ? 1 : 0;
      }
    }
  }
  if (key_.where) {
    const Vector& where = run.columns[*key_.where];
    for (std::size_t i = 0; i < event_count; ++i) {
      const auto index = static_cast<std::int64_t>(i);
      if (!where.IsValid(index) || where.At<std::uint8_t>(index) == 0) places_[i] = 0;
    }
  }
  std::int64_t before = 0;
  for (std::size_t i = 0; i < event_count; ++i) before += std::exchange(places_[i], before);
  places_[event_count] = before;
}

const void* EventCounter::ClosedValues(const Vector& input, std::vector<char>& kept, std::int64_t event_count) const {
  const std::size_t bytes = ValueBytes(StorageOf(input.type));
  // One value more: an event that does not count may be written behind the last that does.
  kept.resize(bytes * static_cast<std::size_t>(event_count + 1));
  const char* from = static_cast<const char*>(input.values);
  const std::size_t step = input.is_constant ? 0 : bytes;
  if (bytes == 1) CopyCounted<1>(from, step, places_, kept.data());
  if (bytes == 8) CopyCounted<8>(from, step, places_, kept.data());
  if (bytes == 16) CopyCounted<16>(from, step, places_, kept.data());
  return kept.data();
}

void EventCounter::CloseUp(const EventRun& run) {
  values_.resize(key_.inputs.size());
  valid_.resize(key_.inputs.size());
  for (std::size_t i = 0; i < key_.inputs.size(); ++i) {
    const Vector& input = run.columns[key_.inputs[i]];
    inputs_[i].values = ClosedValues(input, values_[i], run.event_count);
    inputs_[i].is_constant = false;
    inputs_[i].valid = nullptr;
    if (key_.rule == CountRule::kCategory && input.valid != nullptr) {
      valid_[i].resize(static_cast<std::size_t>(run.event_count + 1));
      CopyCounted<1>(reinterpret_cast<const char*>(input.valid), input.is_constant ? 0 : 1, places_, valid_[i].data());
      inputs_[i].valid = reinterpret_cast<const std::uint8_t*>(valid_[i].data());
    }
  }
  times_us_.resize(static_cast<std::size_t>(run.event_count + 1));
  for (std::size_t i = 0; i + 1 < places_.size(); ++i) {
    times_us_[static_cast<std::size_t>(places_[i])] = run.times_us[i];
  }
}

const CountedEvents& EventCounter::Count(const EventRun& run) {
  inputs_.clear();
  for (const std::size_t input : key_.inputs) inputs_.push_back(run.columns[input]);
  events_ = {run.event_count, inputs_, run.times_us.data(), nullptr};
  if (AllCount(run)) return events_;
  FillPlaces(run);
  events_.count = places_.back();
  events_.places = places_.data();
  // Nulls have no values to close up.
  if (key_.rule != CountRule::kNull) {
    CloseUp(run);
    events_.times_us = times_us_.data();
  }
  return events_;
}

std::int64_t EventCounter::scratch_bytes() const {
  std::size_t bytes = sizeof(std::int64_t) * (places_.capacity() + times_us_.capacity());
  for (const std::vector<char>& values : values_) bytes += values.capacity();
  for (const std::vector<char>& valid : valid_) bytes += valid.capacity();
  return static_cast<std::int64_t>(bytes);
}

}  // namespace larder
