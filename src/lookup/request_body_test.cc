#include "lookup/request_body.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

constexpr std::int64_t kMaxRows = 3;

TEST(RequestBodyTest, ReadsTheUsualForm) {
  RequestBody body;
  ASSERT_TRUE(
      body.Parse(R"({"entities":{"id":[1,2],"r":[0.5,null]},"features":["v:a","v:b"],"full_feature_names":true,)"
                 R"("timestamps":"iso","now":null,"include_feature_view_version_metadata":false})",
                 kMaxRows));
  EXPECT_EQ(body.row_count(), 2);
  EXPECT_TRUE(body.wants_iso_timestamps());
  EXPECT_NE(body.FindList("id"), nullptr);
  EXPECT_EQ(body.FindList("other"), nullptr);
  const FeatureRequest request = body.ToFeatureRequest();
  EXPECT_EQ(request.features, (std::vector<std::string>{"v:a", "v:b"}));
  EXPECT_EQ(request.service, "");
  EXPECT_TRUE(request.full_names);
  ASSERT_TRUE(body.Parse(R"({"feature_service":"s","features":[],"entities":{}})", kMaxRows));
  EXPECT_EQ(body.row_count(), 0);
  EXPECT_FALSE(body.wants_iso_timestamps());
  EXPECT_EQ(body.ToFeatureRequest().service, "s");
}

TEST(RequestBodyTest, LeavesEverythingElse) {
  RequestBody body;
  for (const char* const text :
       {"", "[]", "1", "{", R"({"features":["v"]})", R"({"entities":{"id":[1]}})",
        R"({"entities":{"id":[1]},"features":["v"],"feature_service":"s"})",
        R"({"entities":{"id":[1]},"entities":{"id":[1]},"features":["v"]})",
        R"({"entities":{"id":[1],"id":[1]},"features":["v"]})", R"({"entities":{"id":[1],"r":[1,2]},"features":["v"]})",
        R"({"entities":{"id":[1,2,3,4]},"features":["v"]})", R"({"entities":{"id":1},"features":["v"]})",
        R"({"entities":{"id":null},"features":["v"]})", R"({"entities":{"id":[1]},"features":[1]})",
        R"({"entities":{"id":[1]},"features":["v"],"timestamps":"unix"})",
        R"({"entities":{"id":[1]},"features":["v"],"full_feature_names":"yes"})",
        R"({"entities":{"id":[1]},"features":["v"],"now":"2026-01-01"})",
        R"({"entities":{"id":[1]},"features":["v"],"unknown":1})", R"({"entities":{"id":[1]},"features":["v"]} x)"}) {
    EXPECT_FALSE(body.Parse(text, kMaxRows)) << text;
  }
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  EXPECT_FALSE(body.Parse(R"({"entities":{"id":[)" + deep + R"(]},"features":["v"]})", kMaxRows));
}

TEST(RequestBodyTest, ShapesAreEqualForEqualColumnsOnly) {
  RequestBody body;
  const auto shape = [&](const std::string& rest) {
    EXPECT_TRUE(body.Parse(R"({"entities":{"id":[1]},)" + rest + "}", kMaxRows)) << rest;
    return std::string(body.shape());
  };
  const std::string two = shape(R"("features":["v:a","v:b"])");
  EXPECT_EQ(shape(R"("features" : [ "v:a" , "v:\u0062" ],"full_feature_names":false)"), two);
  EXPECT_EQ(shape(R"("timestamps":"iso","features":["v:a","v:b"])"), two);
  EXPECT_NE(shape(R"("features":["v:b","v:a"])"), two);
  EXPECT_NE(shape(R"("features":["v:a,v:b"])"), two);
  EXPECT_NE(shape(R"("features":["v:a"])"), two);
  EXPECT_NE(shape(R"("features":["v:a","v:b"],"full_feature_names":true)"), two);
  EXPECT_NE(shape(R"("feature_service":"v")"), shape(R"("features":["v"])"));
}

}  // namespace
}  // namespace larder
