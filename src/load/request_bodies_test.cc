#include "load/request_bodies.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

KeyChoice Choice(const KeyChoiceOptions& options) { return KeyChoice::Of(options).value(); }

std::string BodyOf(const RequestBodies& bodies, std::uint64_t number, std::vector<std::int64_t>& keys) {
  Random random(1);
  std::string body;
  bodies.Append(number, random, body, keys);
  return body;
}

TEST(ParseKeyColumn, ReadsRangesOfNumbers) {
  const auto column = ParseKeyColumn("id=-3..7");
  ASSERT_TRUE(column.ok());
  EXPECT_EQ(column->name, "id");
  EXPECT_FALSE(column->is_text);
  EXPECT_EQ(column->first, -3);
  EXPECT_EQ(column->key_count, 11);
}

TEST(ParseKeyColumn, ReadsRangesInTexts) {
  const auto column = ParseKeyColumn("user=\"u{1..3}x");
  ASSERT_TRUE(column.ok());
  EXPECT_TRUE(column->is_text);
  EXPECT_EQ(column->before, "\\\"u");
  EXPECT_EQ(column->after, "x");
  EXPECT_EQ(column->key_count, 3);
}

TEST(ParseKeyColumn, RefusesAllElse) {
  for (const char* text : {"", "id", "=0..1", "id=", "id=1", "id=1..", "id=..2", "id=2..1", "id=a..b", "id={1..2",
                           "id=x{}", "id=0..9223372036854775807", "id=-9223372036854775808..1", "id=0..4000000000"}) {
    EXPECT_EQ(ParseKeyColumn(text).status().reason(), Reason::kUsage) << text;
  }
}

TEST(ReadBodies, WriteRowsOfChosenKeys) {
  ReadBodiesOptions options;
  options.features = {"v:a", "v:\"b\""};
  options.row_count = 2;
  options.columns = {ParseKeyColumn("id=5..5").value(), ParseKeyColumn("user=u{7..7}").value(), KeyColumn{"z"}};
  options.columns[2].values = {"true"};
  std::vector<std::int64_t> keys;
  const auto bodies = NewReadBodies(options, Choice({.key_count = 1}));
  EXPECT_EQ(BodyOf(*bodies, 0, keys),
            R"({"entities":{"id":[5,5],"user":["u7","u7"],"z":[true,true]},"features":["v:a","v:\"b\""],)"
            R"("full_feature_names":false})");
  EXPECT_EQ(keys, (std::vector<std::int64_t>{0, 0}));
}

TEST(ReadBodies, WriteKeysThatDoNotExist) {
  ReadBodiesOptions options;
  options.service = "model";
  options.full_names = true;
  options.columns = {ParseKeyColumn("id=5..5").value(), ParseKeyColumn("user=u{7..7}").value()};
  std::vector<std::int64_t> keys;
  const auto bodies = NewReadBodies(options, Choice({.key_count = 1, .miss_share = 1}));
  EXPECT_EQ(BodyOf(*bodies, 0, keys),
            R"({"entities":{"id":[6],"user":["u8"]},"feature_service":"model","full_feature_names":true})");
  EXPECT_EQ(keys, std::vector<std::int64_t>{1});
}

// A column with fewer keys than the choice begins again.
TEST(ReadBodies, RepeatShortColumns) {
  ReadBodiesOptions options;
  options.service = "model";
  options.row_count = 50;
  options.columns = {ParseKeyColumn("id=0..3").value(), ParseKeyColumn("shop=10..11").value()};
  std::vector<std::int64_t> keys;
  const std::string body = BodyOf(*NewReadBodies(options, Choice({.key_count = 4})), 0, keys);
  std::string ids;
  std::string shops;
  for (const std::int64_t key : keys) {
    ids += (ids.empty() ? "" : ",") + std::to_string(key);
    shops += (shops.empty() ? "" : ",") + std::to_string(10 + key % 2);
  }
  EXPECT_EQ(body, "{\"entities\":{\"id\":[" + ids + "],\"shop\":[" + shops +
                      "]},\"feature_service\":\"model\",\"full_feature_names\":false}");
}

TEST(FixedBodies, TakeTurns) {
  std::vector<std::int64_t> keys;
  const auto bodies = NewFixedBodies({"a", "b", "c"});
  EXPECT_EQ(BodyOf(*bodies, 0, keys), "a");
  EXPECT_EQ(BodyOf(*bodies, 4, keys), "b");
  EXPECT_TRUE(keys.empty());
}

}  // namespace
}  // namespace larder
