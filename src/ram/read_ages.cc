#include "ram/read_ages.h"

#include <algorithm>

namespace larder {
namespace {

// A stamp holds the moment in ticks (35 bits: 17 years of the ttl of one second) and a number (20 bits: more reads than
// any machine does within a tick).
constexpr int kNumberBits = 20;
constexpr std::uint64_t kNumberMask = (std::uint64_t{1} << kNumberBits) - 1;
constexpr std::uint64_t kTickMask = (std::uint64_t{1} << 35) - 1;
constexpr std::int64_t kTicksPerTtl = 64;
constexpr std::int64_t kLeastTickNs = 1'000'000;
// A ttl is shortened by up to a fifth, in this many steps.
constexpr std::uint64_t kJitterSteps = 256;

}  // namespace

ReadAges::ReadAges(const ReadAgeOptions& options)
    : options_(options), tick_ns_(std::max(options.ttl_us * 1000 / kTicksPerTtl, kLeastTickNs)) {}

CellStamp ReadAges::NewStamp() {
  const std::uint64_t number = read_count_.fetch_add(1, std::memory_order_relaxed);
  if (!has_ttl()) return CellStamp::OfRead(number);
  return CellStamp::OfRead((Moment() & kTickMask) << kNumberBits | (number & kNumberMask));
}

std::uint64_t ReadAges::Moment() const { return static_cast<std::uint64_t>(options_.clock->MonotonicNs() / tick_ns_); }

ReadAges::Age ReadAges::AgeAt(std::uint64_t moment, CellStamp stamp) const {
  if (!stamp.is_of_read()) return Age::kFresh;
  const std::uint64_t ticks = (moment - (stamp.number() >> kNumberBits)) & kTickMask;
  // A moment is rounded down: the cell may be older by a tick, and a ttl is a promise.
  const std::int64_t age_us = static_cast<std::int64_t>(ticks + 1) * tick_ns_ / 1000;
  const auto steps = static_cast<std::int64_t>(stamp.number() % kJitterSteps);
  const std::int64_t ttl_us = options_.ttl_us - options_.ttl_us / 5 * steps / static_cast<std::int64_t>(kJitterSteps);
  if (age_us <= ttl_us) return Age::kFresh;
  return age_us <= ttl_us + options_.stale_us ? Age::kStale : Age::kExpired;
}

}  // namespace larder
