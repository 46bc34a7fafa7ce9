#include "feast/feast_registry.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

// Writes protobuf's wire format for messages of less than 128 bytes.
std::string Text(int field, const std::string& text) {
  return std::string{static_cast<char>(field << 3 | 2), static_cast<char>(text.size())} + text;
}
std::string LongText(int field, const std::string& text) {
  return std::string{static_cast<char>(((field << 3 | 2) & 0x7F) | 0x80), static_cast<char>(field >> 4)} +
         std::string{static_cast<char>(text.size())} + text;
}
std::string Number(int field, int number) {
  return std::string{static_cast<char>(field << 3), static_cast<char>(number)};
}

TEST(FeastRegistry, ReadsEntitiesAndViews) {
  const std::string entity =
      Text(1, Text(1, "driver") + Number(2, 4) + Text(4, "driver_id") + Text(8, Text(1, "team") + Text(2, "x")));
  const std::string file = Number(1, 1) + Text(3, "t") + Text(5, "c") + Text(2, Text(1, "raw") + Text(2, "x")) +
                           Text(11, Text(2, "rows.parquet"));
  const std::string view = Text(1, Text(1, "stats") + Text(3, "driver") + Text(4, Text(1, "x") + Number(2, 5)) +
                                       Text(6, Number(1, 60)) + Text(7, file) + Number(8, 1));
  const auto registry = ParseFeastRegistry(Text(3, "1") + Text(1, entity) + Text(6, view) + Text(11, ""));
  ASSERT_TRUE(registry.ok()) << registry.status().ToString();
  ASSERT_EQ(registry->entities.size(), 1U);
  EXPECT_EQ(registry->entities[0].header.name, "driver");
  EXPECT_EQ(registry->entities[0].type, 4U);
  EXPECT_EQ(registry->entities[0].join_key, "driver_id");
  EXPECT_EQ(registry->entities[0].header.tags, (std::map<std::string, std::string>{{"team", "x"}}));
  ASSERT_EQ(registry->views.size(), 1U);
  const FeastView& read = registry->views[0];
  EXPECT_EQ(read.header.name, "stats");
  EXPECT_EQ(read.entities, std::vector<std::string>{"driver"});
  ASSERT_EQ(read.features.size(), 1U);
  EXPECT_EQ(read.features[0].name, "x");
  EXPECT_EQ(read.ttl_us, 60'000'000);
  EXPECT_TRUE(read.online);
  ASSERT_EQ(read.batch.size(), 1U);
  EXPECT_EQ(read.batch[0].file_uri, "rows.parquet");
  EXPECT_EQ(read.batch[0].timestamp_field, "t");
  EXPECT_EQ(read.batch[0].created_column, "c");
  EXPECT_EQ(read.batch[0].field_mapping, (std::map<std::string, std::string>{{"raw", "x"}}));
  EXPECT_EQ(registry->others, std::vector<std::string>{"saved dataset"});
}

TEST(FeastRegistry, RefusesWhatIsNone) {
  const auto reason = [](const std::string& bytes) { return ParseFeastRegistry(bytes).status().reason(); };
  EXPECT_EQ(reason(""), Reason::kInvalidFile);
  EXPECT_EQ(reason("SQLite format 3"), Reason::kInvalidFile);
  EXPECT_EQ(reason("{\"a\": 1}"), Reason::kInvalidFile);
  EXPECT_EQ(reason(Text(4, "only an id")), Reason::kInvalidFile);
  EXPECT_EQ(reason(Text(3, "1") + Text(1, Text(1, Text(1, "\xff")))), Reason::kInvalidFile) << "no UTF-8";
  EXPECT_EQ(reason(Text(3, "1") + Text(1, "\x0a\x7f")), Reason::kInvalidFile) << "an entity cut short";
}

// Sources may hold sources only so deep that no stack overflows.
TEST(FeastRegistry, BoundsNesting) {
  std::string source = Number(1, 1);
  for (int depth = 0; depth < 20; ++depth) source = LongText(26, source);
  EXPECT_EQ(ParseFeastRegistry(Text(3, "1") + Text(6, Text(1, Text(7, source)))).status().reason(),
            Reason::kInvalidFile);
}

TEST(FeastRegistry, TakesAbsurdDurationsForNone) {
  const std::string view = Text(1, Text(1, "v") + Text(6, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
  const auto registry = ParseFeastRegistry(Text(3, "1") + Text(6, view));
  ASSERT_TRUE(registry.ok()) << registry.status().ToString();
  EXPECT_EQ(registry->views[0].ttl_us, 0);
}

}  // namespace
}  // namespace larder
