#include "text/nearest_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace larder {
namespace {

const std::vector<std::string> kNames = {"mean_delay_1h", "mean_delay_6h", "flights", "distance", "a"};

TEST(NearestNameTest, FindsWhatWasMeant) {
  EXPECT_EQ(NearestName("mean_dely_1h", kNames), "mean_delay_1h");
  EXPECT_EQ(NearestName("flihgts", kNames), "flights");
  EXPECT_EQ(NearestName("DISTANCE", kNames), "distance");
  EXPECT_EQ(NearestName("distances", kNames), "distance");
  EXPECT_EQ(NearestName("flights", kNames), "flights");
}

TEST(NearestNameTest, TakesTheFirstOfEquals) { EXPECT_EQ(NearestName("mean_delay_2h", kNames), "mean_delay_1h"); }

TEST(NearestNameTest, GuessesNothingWild) {
  EXPECT_EQ(NearestName("airport", kNames), std::nullopt);
  EXPECT_EQ(NearestName("b", kNames), std::nullopt);
  EXPECT_EQ(NearestName("", kNames), std::nullopt);
  EXPECT_EQ(NearestName(std::string(300, 'a'), std::vector<std::string>{std::string(300, 'a')}), std::nullopt);
}

TEST(NearestNameTest, AsksAQuestion) {
  const std::vector<std::string_view> views = {"plan", "apply"};
  EXPECT_EQ(DidYouMean("aply", views), "did you mean 'apply'?");
  EXPECT_EQ(DidYouMean("serve", views), "");
}

}  // namespace
}  // namespace larder
