#include "load/key_choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace larder {
namespace {

constexpr int kDraws = 200'000;

std::map<std::int64_t, int> Draw(const KeyChoiceOptions& options) {
  const auto choice = KeyChoice::Of(options);
  EXPECT_TRUE(choice.ok());
  Random random(5);
  std::map<std::int64_t, int> counts;
  for (int i = 0; i < kDraws; ++i) ++counts[choice->Next(random)];
  return counts;
}

TEST(KeyChoice, DrawsAllKeysAlike) {
  const auto counts = Draw({.key_count = 10});
  ASSERT_EQ(counts.size(), 10U);
  EXPECT_EQ(counts.begin()->first, 0);
  EXPECT_EQ(counts.rbegin()->first, 9);
  // Six standard deviations of a binomial count with p = 0.1.
  for (const auto& [key, count] : counts) EXPECT_NEAR(count, kDraws / 10.0, 6 * std::sqrt(kDraws * 0.09)) << key;
}

TEST(KeyChoice, DrawsKeysThatDoNotExist) {
  const auto counts = Draw({.key_count = 4, .miss_share = 0.25});
  int misses = 0;
  for (const auto& [key, count] : counts) {
    ASSERT_GE(key, 0);
    ASSERT_LT(key, 8);
    if (key >= 4) misses += count;
  }
  EXPECT_NEAR(misses, kDraws * 0.25, 6 * std::sqrt(kDraws * 0.25 * 0.75));
  EXPECT_EQ(Draw({.key_count = 3, .miss_share = 1}).begin()->first, 3);
}

// The frequencies of the ranks are those of the definition, worked out by its sum.
TEST(KeyChoice, DrawsByZipf) {
  for (const double exponent : {0.5, 0.99, 1.0, 2.0}) {
    const auto counts = Draw({.key_count = 20, .zipf_exponent = exponent});
    std::vector<double> frequencies;
    for (const auto& [key, count] : counts) {
      ASSERT_GE(key, 0);
      ASSERT_LT(key, 20);
      frequencies.push_back(count);
    }
    std::sort(frequencies.rbegin(), frequencies.rend());
    double sum = 0;
    for (int rank = 1; rank <= 20; ++rank) sum += std::pow(rank, -exponent);
    for (std::size_t i = 0; i < 5; ++i) {
      const double share = std::pow(static_cast<double>(i + 1), -exponent) / sum;
      EXPECT_NEAR(frequencies[i], kDraws * share, 7 * std::sqrt(kDraws * share)) << exponent << " rank " << i + 1;
    }
  }
}

TEST(KeyChoice, ServesOneKeyAndMany) {
  EXPECT_EQ(Draw({.key_count = 1, .zipf_exponent = 0.99}).size(), 1U);
  const auto counts = Draw({.key_count = KeyChoice::kMaxKeys, .zipf_exponent = 0.99});
  EXPECT_GE(counts.begin()->first, 0);
  EXPECT_LT(counts.rbegin()->first, KeyChoice::kMaxKeys);
}

TEST(KeyChoice, RefusesNonsense) {
  EXPECT_EQ(KeyChoice::Of({.key_count = 0}).status().reason(), Reason::kUsage);
  EXPECT_EQ(KeyChoice::Of({.key_count = 1, .zipf_exponent = -1}).status().reason(), Reason::kUsage);
  EXPECT_EQ(KeyChoice::Of({.key_count = 1, .zipf_exponent = NAN}).status().reason(), Reason::kUsage);
  EXPECT_EQ(KeyChoice::Of({.key_count = 1, .miss_share = 1.5}).status().reason(), Reason::kUsage);
}

}  // namespace
}  // namespace larder
