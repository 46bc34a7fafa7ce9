#include "bench/tasks/pit/generated_rows.h"

#include <algorithm>

namespace larder::bench {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
constexpr std::uint64_t kStreamsOfSeed = 1 << 16;
constexpr std::uint64_t kZipfWeight = std::uint64_t{1} << 40;  // of the first key
constexpr std::uint64_t kRepeatedWithin = 1000;
constexpr std::uint64_t kMinuteUs = 60'000'000;

enum Stream : std::uint64_t { kKey, kTime, kLate, kKnown, kTie, kNull, kFeatures };

// The finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
std::uint64_t Mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

GeneratedRows::GeneratedRows(const TableShape& shape) : shape_(shape) {
  if (shape.distribution != KeyDistribution::kZipf) return;
  std::uint64_t end = 0;
  for (std::uint64_t key = 1; key <= shape.keys; ++key) zipf_ends_.push_back(end += kZipfWeight / key);
}

std::uint64_t GeneratedRows::Hash(std::uint64_t stream, std::uint64_t row) const {
  return Mix(Mix(shape_.seed * kStreamsOfSeed + stream) + (row + 1) * kGolden);
}

std::int64_t GeneratedRows::KeyOf(std::uint64_t row) const {
  const std::uint64_t hash = Hash(kKey, row);
  switch (shape_.distribution) {
    case KeyDistribution::kUniform:
      return static_cast<std::int64_t>(hash % shape_.keys);
    case KeyDistribution::kZipf:
      return std::upper_bound(zipf_ends_.begin(), zipf_ends_.end(), hash % zipf_ends_.back()) - zipf_ends_.begin();
    case KeyDistribution::kHot:
      return hash % 10 == 0 ? 0 : static_cast<std::int64_t>(hash / 10 % shape_.keys);
  }
  return 0;
}

std::int64_t GeneratedRows::ArrivalUs(std::uint64_t row) const {
  const std::uint64_t hash = Hash(kTime, row);
  if (!shape_.is_time_sorted) return kBeginUs + static_cast<std::int64_t>(hash % kSpanUs);
  const std::uint64_t step_us = kSpanUs / shape_.rows;
  return kBeginUs + static_cast<std::int64_t>(row * step_us + hash % step_us);
}

std::int64_t GeneratedRows::SeenUsOf(std::uint64_t row) const {
  const std::uint64_t hash = Hash(kLate, row);
  const std::uint64_t late_us = hash % 1000 < shape_.late ? hash / 1000 % (2 * kDayUs) : 0;
  return ArrivalUs(row) - static_cast<std::int64_t>(late_us);
}

std::int64_t GeneratedRows::KnownUsOf(std::uint64_t row) const {
  return ArrivalUs(row) + static_cast<std::int64_t>(Hash(kKnown, row) % kMinuteUs);
}

bool GeneratedRows::IsTie(std::uint64_t row) const { return row > 0 && Hash(kTie, row) % 1000 < shape_.ties; }

std::uint64_t GeneratedRows::Repeated(std::uint64_t row) const {
  if (!IsTie(row)) return row;
  return row - 1 - Hash(kTie, row) / 1000 % std::min(row, kRepeatedWithin);
}

std::optional<std::int64_t> GeneratedRows::Key(std::uint64_t row) const {
  const std::uint64_t hash = Hash(kNull, row);
  if (hash % 10'000 < shape_.nulls && hash / 10'000 % 2 == 0) return std::nullopt;
  return KeyOf(Repeated(row));
}

std::optional<std::int64_t> GeneratedRows::SeenUs(std::uint64_t row) const {
  const std::uint64_t hash = Hash(kNull, row);
  if (hash % 10'000 < shape_.nulls && hash / 10'000 % 2 == 1) return std::nullopt;
  return SeenUsOf(Repeated(row));
}

std::int64_t GeneratedRows::KnownUs(std::uint64_t row) const {
  const bool repeats_known = IsTie(row) && (Hash(kTie, row) >> 40) % 10 == 0;
  return KnownUsOf(repeats_known ? Repeated(row) : row);
}

std::optional<float> GeneratedRows::Float32(std::uint64_t feature, std::uint64_t row) const {
  const std::uint64_t hash = Hash(kFeatures + feature, row);
  if (IsNull(hash)) return std::nullopt;
  return static_cast<float>(static_cast<std::int32_t>(hash >> 40) - (1 << 23)) * 0x1p-22F;
}

std::optional<double> GeneratedRows::Float64(std::uint64_t feature, std::uint64_t row) const {
  const std::uint64_t hash = Hash(kFeatures + feature, row);
  if (IsNull(hash)) return std::nullopt;
  return static_cast<double>(static_cast<std::int64_t>(hash >> 11) - (std::int64_t{1} << 52)) * 0x1p-51;
}

}  // namespace larder::bench
