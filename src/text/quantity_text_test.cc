#include "text/quantity_text.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(QuantityText, CountsHaveCommas) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1'234'567), "1,234,567");
  EXPECT_EQ(FormatCount(-12), "-12");
  EXPECT_EQ(FormatCount(-999), "-999");
  EXPECT_EQ(FormatCount(-1000), "-1,000");
  EXPECT_EQ(FormatCount(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(QuantityText, BytesHaveTheUnitThatKeepsThemShort) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1,023 B");
  EXPECT_EQ(FormatBytes(1536), "1.5 KiB");
  EXPECT_EQ(FormatBytes(102'400), "100 KiB");
  EXPECT_EQ(FormatBytes((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(FormatBytes(std::int64_t{128} << 30), "128 GiB");
  EXPECT_EQ(FormatBytes(std::int64_t{5000} << 40), "5000 TiB");
}

TEST(QuantityText, SharesAreOfSomething) {
  EXPECT_EQ(FormatShare(2, 3), "66.7 %");
  EXPECT_EQ(FormatShare(0, 3), "0.0 %");
  EXPECT_EQ(FormatShare(0, 0), "none");
}

}  // namespace
}  // namespace larder
