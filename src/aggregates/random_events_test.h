// Random events and ranges, hard ones: for the tests that compare ways of the same.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "aggregates/aggregate_test.h"
#include "base/random.h"

namespace larder {

/// Says what numbers a random column holds.
enum class NumberMix : std::uint8_t {
  kPlain,    ///< small whole and half numbers: many equal
  kDecimal,  ///< two decimals, as prices are
  kFloat32,  ///< of float32
  kHard,     ///< subnormal, huge, cancelling, -0.0
  kSpecial,  ///< with NaN and infinities
};
inline constexpr int kNumberMixes = 5;

/// Returns one number of a mix.
inline double RandomNumber(NumberMix mix, Random& random) {
  if (mix == NumberMix::kPlain) return static_cast<double>(random.Between(-20, 20)) / 2;
  if (mix == NumberMix::kDecimal) return static_cast<double>(random.Between(-100000, 100000)) / 100;
  if (mix == NumberMix::kFloat32) {
    return static_cast<float>(std::ldexp(random.Fraction() - 0.5, static_cast<int>(random.Between(-8, 8))));
  }
  if (mix == NumberMix::kSpecial && random.OneIn(6)) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return random.OneIn(2) ? std::nan("") : random.OneIn(2) ? kInfinity : -kInfinity;
  }
  constexpr double kGreatest = std::numeric_limits<double>::max();
  const double hard[] = {0.0, -0.0, 1.0, 1e16, -1e16, 5e-324, -5e-324, kGreatest, -kGreatest, 1e-300};
  if (random.OneIn(2)) return hard[random.Below(std::size(hard))];
  return std::ldexp(random.Fraction() - 0.5, static_cast<int>(random.Between(-1073, 1023)));
}

/// Returns validity for each event: none null, some, most or all.
inline std::vector<std::uint8_t> RandomValid(std::size_t count, Random& random) {
  const std::uint64_t kind = random.Below(5);
  std::vector<std::uint8_t> valid(count, 1);
  if (kind < 2) return {};
  for (std::uint8_t& is_valid : valid) {
    const bool is_rare = random.OneIn(4);
    is_valid = kind == 4 || is_rare != (kind == 3) ? 0 : 1;
  }
  return valid;
}

/// Adds a column of random values of a type.
inline void AddRandomColumn(ValueType type, NumberMix mix, TestRun& run, Random& random) {
  const std::size_t count = run.times_us.size();
  const ExpressionType expression_type = ExpressionType::Of(type);
  std::vector<std::uint8_t> valid = RandomValid(count, random);
  switch (StorageOf(expression_type)) {
    case Storage::kBool: {
      std::vector<std::uint8_t> values(count);
      for (std::uint8_t& value : values) value = random.OneIn(2) ? 1 : 0;
      return run.Add(expression_type, std::move(values), std::move(valid));
    }
    case Storage::kInteger: {
      std::vector<std::int64_t> values(count);
      const bool is_huge = type.kind == TypeKind::kInt64 && mix == NumberMix::kHard;
      for (std::int64_t& value : values) {
        value = is_huge ? static_cast<std::int64_t>(random.Next()) / 256 : random.Between(-30, 30);
      }
      return run.Add(expression_type, std::move(values), std::move(valid));
    }
    case Storage::kFloat: {
      std::vector<double> values(count);
      for (double& value : values) value = RandomNumber(mix, random);
      if (type.kind == TypeKind::kFloat32) {
        for (double& value : values) value = static_cast<float>(std::clamp(value, -1e38, 1e38));
      }
      return run.Add(expression_type, std::move(values), std::move(valid));
    }
    case Storage::kText: {
      static const std::string kTexts[] = {"", "a", "ab", "b", "SFO", std::string("\0x", 2), "JFK"};
      std::vector<std::string_view> values(count);
      for (std::string_view& value : values) value = kTexts[random.Below(std::size(kTexts))];
      return run.Add(expression_type, std::move(values), std::move(valid));
    }
    case Storage::kList: {
      auto elements = std::make_shared<std::pair<std::vector<double>, Vector>>();
      std::vector<ListSpan> spans(count);
      for (std::size_t i = 0; i < count; ++i) spans[i] = {static_cast<std::int64_t>(3 * i), 3};
      for (std::size_t i = 0; i < 3 * count; ++i) elements->first.push_back(RandomNumber(mix, random));
      elements->second.type = expression_type.element();
      elements->second.values = elements->first.data();
      run.Add(expression_type, std::move(spans), std::move(valid));
      run.SetElements(&elements->second);
      return run.Keep(elements);
    }
  }
}

/// Gives a run times, never decreasing, with ties; created times, some null; ties that order equal ones.
inline void AddRandomTimes(std::int64_t count, TestRun& run, Random& random) {
  struct Place {
    std::int64_t time_us;
    std::int64_t created_us;
    std::uint64_t tie;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places;
  std::int64_t time_us = random.Between(-5, 2'000'000'000'000'000);
  const std::int64_t step = random.OneIn(2) ? 3 : 50'000'000;
  for (std::int64_t i = 0; i < count; ++i) {
    time_us += random.OneIn(4) ? 0 : random.Between(0, step);
    places.push_back({time_us, random.OneIn(3) ? kNoCreatedTimeUs : random.Between(0, 2), random.Next()});
  }
  std::sort(places.begin(), places.end());
  // No two ties are equal: what the encoded values would tell apart, the tie does.
  auto ties = std::make_shared<std::vector<std::string>>();
  for (std::size_t i = 0; i < places.size(); ++i) {
    ties->push_back(std::string(1 + i % 2, static_cast<char>('a' + i % 2)) + std::to_string(1'000'000 + i));
  }
  std::sort(ties->begin(), ties->end());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Place& place = places[i];
    run.times_us.push_back(place.time_us);
    run.created_times_us.push_back(place.created_us);
    run.ties.push_back((*ties)[i]);
  }
  run.Keep(ties);
}

/// Returns ranges as windows give them: ends where the times of rows stand, begins that follow; some empty.
inline std::vector<EventRange> RandomRanges(const TestRun& run, Random& random) {
  std::vector<std::int64_t> begins;
  std::vector<std::int64_t> ends;
  const std::int64_t count = random.Between(1, 12);
  for (std::int64_t i = 0; i < count; ++i) {
    begins.push_back(random.Between(0, run.event_count()));
    ends.push_back(random.Between(0, run.event_count()));
  }
  std::sort(begins.begin(), begins.end());
  std::sort(ends.begin(), ends.end());
  std::vector<EventRange> ranges;
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const std::int64_t begin = std::min(begins[i], ends[i]);
    const std::int64_t last_us =
        ends[i] > 0 ? run.times_us[static_cast<std::size_t>(ends[i] - 1)] : run.times_us[0] - 1;
    ranges.push_back({begin, ends[i], last_us, static_cast<std::int64_t>(i)});
  }
  return ranges;
}

}  // namespace larder
