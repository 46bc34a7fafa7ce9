#include "ram/read_ages.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace larder {
namespace {

using Age = ReadAges::Age;
constexpr std::int64_t kSecond = 1'000'000;

class ReadAgesTest : public testing::Test {
 protected:
  std::vector<CellStamp> Stamps(int count) {
    std::vector<CellStamp> stamps;
    for (int i = 0; i < count; ++i) stamps.push_back(ages_.NewStamp());
    return stamps;
  }
  /// Counts the stamps of an age after a time.
  int Count(const std::vector<CellStamp>& stamps, std::int64_t after_us, Age age) {
    ManualClock later(after_us);
    const ReadAges judge({100 * kSecond, 30 * kSecond, &later});
    int count = 0;
    for (const CellStamp stamp : stamps) count += judge.AgeAt(judge.Moment(), stamp) == age ? 1 : 0;
    return count;
  }

  ManualClock clock_{0};
  ReadAges ages_{{100 * kSecond, 30 * kSecond, &clock_}};
};

TEST_F(ReadAgesTest, ATtlIsAPromiseAndLastsFourFifthsAtLeast) {
  const std::vector<CellStamp> stamps = Stamps(1000);
  // A moment is rounded down to a tick, a 64th of the ttl.
  EXPECT_EQ(Count(stamps, 78 * kSecond, Age::kFresh), 1000);
  EXPECT_EQ(Count(stamps, 100 * kSecond, Age::kFresh), 0);
  EXPECT_EQ(Count(stamps, 100 * kSecond, Age::kStale), 1000);
  EXPECT_EQ(Count(stamps, 130 * kSecond, Age::kExpired), 1000);
}

TEST_F(ReadAgesTest, CellsThatWereReadTogetherDoNotAgeTogether) {
  const std::vector<CellStamp> stamps = Stamps(1000);
  const int fresh_count = Count(stamps, 90 * kSecond, Age::kFresh);
  EXPECT_GT(fresh_count, 300);
  EXPECT_LT(fresh_count, 700);
}

TEST_F(ReadAgesTest, WhatWasWrittenHereIsAlwaysFresh) {
  EXPECT_EQ(Count({CellStamp::OfWrite(1), CellStamp::OfWrite(1u << 30)}, 1000 * kSecond, Age::kFresh), 2);
}

TEST_F(ReadAgesTest, NoTwoStampsAreEqual) {
  std::set<std::uint64_t> seen;
  for (int step = 0; step < 100; ++step) {
    for (const CellStamp stamp : Stamps(100)) EXPECT_TRUE(seen.insert(stamp.bits()).second);
    clock_.Advance(kSecond);
  }
}

TEST(ReadAgesWithoutTtl, NothingAges) {
  ReadAges ages({});
  EXPECT_FALSE(ages.has_ttl());
  EXPECT_NE(ages.NewStamp().bits(), ages.NewStamp().bits());
}

}  // namespace
}  // namespace larder
