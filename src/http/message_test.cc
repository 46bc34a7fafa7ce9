#include "http/message.h"

#include <gtest/gtest.h>

#include "http/field_line.h"

namespace larder::http {
namespace {

TEST(QueryParameterTest, FindsAndDecodes) {
  EXPECT_EQ(QueryParameter("a=1&b=x%20y+z", "a"), "1");
  EXPECT_EQ(QueryParameter("a=1&b=x%20y+z", "b"), "x y z");
  EXPECT_EQ(QueryParameter("a%62=1", "ab"), "1");
  EXPECT_EQ(QueryParameter("a=1&a=2", "a"), "1");
  EXPECT_EQ(QueryParameter("flag&x", "flag"), "");
  EXPECT_EQ(QueryParameter("&&a=", "a"), "");
  EXPECT_EQ(QueryParameter("a=1", "b"), std::nullopt);
  EXPECT_EQ(QueryParameter("", "a"), std::nullopt);
  EXPECT_EQ(QueryParameter("a=%2", "a"), std::nullopt);
  EXPECT_EQ(QueryParameter("a=%zz", "a"), std::nullopt);
}

TEST(DecodePercentTest, DecodesEveryByte) {
  EXPECT_EQ(DecodePercent("%41%7a%00%fF"), std::string("Az\0\xFF", 4));
  EXPECT_EQ(DecodePercent("a+b"), "a+b");
  EXPECT_EQ(DecodePercent("%"), std::nullopt);
  EXPECT_EQ(DecodePercent("a%4"), std::nullopt);
}

TEST(RequestTest, FindsHeadersInAnyCapitals) {
  const std::vector<Header> headers = {{"Content-Type", "a"}, {"content-type", "b"}};
  Request request;
  request.headers = headers;
  EXPECT_EQ(request.FindHeader("CONTENT-TYPE"), "a");
  EXPECT_EQ(request.FindHeader("accept"), std::nullopt);
}

TEST(FieldLineTest, ListsAreSplitAtCommas) {
  EXPECT_TRUE(ListHolds("close", "close"));
  EXPECT_TRUE(ListHolds("a ,\tCLOSE , b", "close"));
  EXPECT_FALSE(ListHolds("closed, x close", "close"));
  EXPECT_FALSE(ListHolds("", "close"));
}

}  // namespace
}  // namespace larder::http
