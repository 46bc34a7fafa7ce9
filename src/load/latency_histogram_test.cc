#include "load/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace larder {
namespace {

TEST(LatencyHistogram, IsEmptyAtFirst) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.least_ns(), 0);
  EXPECT_EQ(histogram.greatest_ns(), 0);
  EXPECT_EQ(histogram.PercentileNs(0.5), 0);
  EXPECT_EQ(histogram.MeanNs(), 0.0);
}

TEST(LatencyHistogram, KnowsShortSpansExactly) {
  LatencyHistogram histogram;
  for (int span_ns = 1; span_ns <= 1000; ++span_ns) histogram.Record(span_ns);
  EXPECT_EQ(histogram.PercentileNs(0.0), 1);
  EXPECT_EQ(histogram.PercentileNs(0.5), 500);
  EXPECT_EQ(histogram.PercentileNs(0.99), 990);
  EXPECT_EQ(histogram.PercentileNs(0.9901), 991);
  EXPECT_EQ(histogram.PercentileNs(1.0), 1000);
  EXPECT_DOUBLE_EQ(histogram.MeanNs(), 500.5);
}

TEST(LatencyHistogram, BoundsWhatDoesNotFit) {
  LatencyHistogram histogram;
  histogram.Record(-5);
  histogram.Record(INT64_MAX);
  EXPECT_EQ(histogram.least_ns(), 0);
  EXPECT_EQ(histogram.PercentileNs(0.5), 0);
  EXPECT_EQ(histogram.PercentileNs(1.0), LatencyHistogram::kMaxNs);
}

// Every percentile is at most 1/1024 above that of the sorted spans, and never below.
TEST(LatencyHistogram, StaysWithinItsPrecision) {
  Random random(11);
  LatencyHistogram parts[2];
  std::vector<std::int64_t> spans_ns;
  for (int i = 0; i < 20'000; ++i) {
    spans_ns.push_back(static_cast<std::int64_t>(std::exp2(random.Fraction() * 41)));
    parts[i % 2].Record(spans_ns.back());
  }
  parts[0].Add(parts[1]);
  std::sort(spans_ns.begin(), spans_ns.end());
  for (const double share : {0.0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(share * 20'000)));
    const std::int64_t exact_ns = spans_ns[rank - 1];
    EXPECT_GE(parts[0].PercentileNs(share), exact_ns) << share;
    EXPECT_LE(parts[0].PercentileNs(share), exact_ns + exact_ns / 1024) << share;
  }
  EXPECT_EQ(parts[0].count(), 20'000U);
  EXPECT_EQ(parts[0].least_ns(), spans_ns.front());
  EXPECT_EQ(parts[0].greatest_ns(), spans_ns.back());
}

}  // namespace
}  // namespace larder
