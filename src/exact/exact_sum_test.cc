#include "exact/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace larder {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMax = std::numeric_limits<double>::max();

double SumOf(const std::vector<double>& values) {
  ExactSum sum;
  for (const double value : values) sum.Add(value);
  return sum.Sum();
}

TEST(ExactSumTest, NothingIsLost) {
  EXPECT_EQ(SumOf({1e16, 1.0, -1e16}), 1.0);
  EXPECT_EQ(SumOf({kMax, kMax, -kMax}), kMax);
  EXPECT_EQ(SumOf({0x1p-1074, kMax, -kMax}), 0x1p-1074);
  EXPECT_EQ(SumOf({0.1, 0.2, 0.3}), 0.6);  // added one by one they give 0.6000000000000001
  EXPECT_EQ(SumOf({0x1p53, 1.0, 1.0}), 0x1p53 + 2);
  EXPECT_EQ(SumOf({kMax, kMax}), kInfinity);
  EXPECT_EQ(SumOf({-kMax, -kMax}), -kInfinity);
}

TEST(ExactSumTest, AnExactZeroIsPositive) {
  for (const std::vector<double>& values :
       {std::vector<double>{}, {-0.0}, {-0.0, -0.0}, {1.5, -1.5}, {-0x1p-1074, 0x1p-1074}}) {
    EXPECT_EQ(SumOf(values), 0.0);
    EXPECT_FALSE(std::signbit(SumOf(values)));
  }
}

TEST(ExactSumTest, WhatIsNotFiniteFollowsIeee) {
  EXPECT_EQ(SumOf({1.0, kInfinity}), kInfinity);
  EXPECT_EQ(SumOf({-kInfinity, kMax, kMax}), -kInfinity);
  for (const std::vector<double>& values :
       {std::vector<double>{kInfinity, -kInfinity}, {-std::nan("7"), 1.0}, {std::nan(""), kInfinity}}) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(SumOf(values)), 0x7ff8'0000'0000'0000U);
  }
  ExactSum sum;
  for (const double value : {1.0, kInfinity, -kInfinity, std::nan("")}) sum.Add(value);
  for (const double value : {kInfinity, -kInfinity, std::nan("")}) sum.Remove(value);
  EXPECT_EQ(sum.Sum(), 1.0);
  EXPECT_EQ(sum.count(), 1);
}

TEST(ExactSumTest, AMeanIsRoundedOnce) {
  ExactSum sum;
  EXPECT_TRUE(std::isnan(sum.Mean()));
  for (const double value : {0.1, 0.2, 0.3}) sum.Add(value);
  EXPECT_EQ(sum.Mean(), 0.2);
  ExactSum large;
  large.Add(kMax);
  large.Add(kMax);
  EXPECT_EQ(large.Sum(), kInfinity);
  EXPECT_EQ(large.Mean(), kMax);
}

TEST(ExactSumTest, VariancesDoNotCancel) {
  ExactMoments moments;
  for (const double value : {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}) moments.Add(value);
  EXPECT_EQ(moments.Variance(VarianceOf::kSample), 30.0);
  EXPECT_EQ(moments.Variance(VarianceOf::kPopulation), 22.5);
  EXPECT_EQ(moments.StandardDeviation(VarianceOf::kSample), std::sqrt(30.0));
  ExactMoments one;
  one.Add(-3.25);
  EXPECT_EQ(one.Variance(VarianceOf::kPopulation), 0.0);
  ExactMoments far;
  far.Add(kMax);
  far.Add(-kMax);
  EXPECT_EQ(far.Variance(VarianceOf::kPopulation), kInfinity);
  ExactMoments tiny;
  tiny.Add(0x1p-1074);
  tiny.Add(0.0);
  EXPECT_EQ(tiny.Variance(VarianceOf::kPopulation), 0.0);  // 2^-2150
  far.Add(kInfinity);
  EXPECT_TRUE(std::isnan(far.Variance(VarianceOf::kSample)));
}

std::vector<double> RandomDoubles(Random& random, std::size_t count) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    double value = std::bit_cast<double>(random.Next());
    if (random.Below(4) == 0 && !values.empty()) value = -values[random.Below(values.size())];
    if (!std::isfinite(value)) value = 0x1p-1022;
    values.push_back(value);
  }
  return values;
}

// The order, the grouping and what came and went leave no trace.
TEST(ExactSumTest, OnlyTheMultisetCounts) {
  Random random(20261121);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> values = RandomDoubles(random, 1 + random.Below(200));
    ExactMoments whole;
    for (const double value : values) whole.Add(value);
    const double sum = whole.sum().Sum();
    const double variance = whole.Variance(VarianceOf::kPopulation);
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.Below(i)]);
    const std::size_t cut = random.Below(values.size() + 1);
    ExactMoments first;
    ExactMoments second;
    for (std::size_t i = 0; i < values.size(); ++i) (i < cut ? first : second).Add(values[i]);
    const std::vector<double> others = RandomDoubles(random, random.Below(50));
    for (const double value : others) second.Add(value);
    ExactMoments extra;
    for (const double value : others) extra.Add(value);
    first.Merge(second);
    first.Remove(extra);
    EXPECT_EQ(first.count(), whole.count());
    EXPECT_EQ(std::bit_cast<std::uint64_t>(first.sum().Sum()), std::bit_cast<std::uint64_t>(sum)) << "round " << round;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(first.Variance(VarianceOf::kPopulation)),
              std::bit_cast<std::uint64_t>(variance))
        << "round " << round;
  }
}

}  // namespace
}  // namespace larder
