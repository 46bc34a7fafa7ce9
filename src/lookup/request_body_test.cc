#include "lookup/request_body.h"

#include <string>
#include <vector>

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

/// Tells all that a body says.
std::string Told(const RequestBody& body) {
  const FeatureRequest request = body.ToFeatureRequest();
  std::string told = std::string(body.shape()) + "|" + request.service + (request.full_names ? "|full" : "|short");
  for (const std::string& feature : request.features) told += "|" + feature;
  told += body.wants_iso_timestamps() ? "|iso|" : "|seconds|";
  for (const char* const name : {"id", "features"}) {
    const simdjson::dom::array* const list = body.FindList(name);
    told += list == nullptr ? std::string("none") : simdjson::to_string(*list);
  }
  return told;
}

TEST(RequestBodyTest, AListThatIsKnownIsReadAsIfItWereNot) {
  const std::string list = R"("features": ["v:a","v:b", "v:c","v:d","v:e","v:f","v:g","v:h"])";
  const std::string other = R"("features":["v:a","v:b","v:c","v:d","v:e","v:f","v:g","v:i"])";
  const std::vector<std::string> texts = {
      R"({"entities":{"id":[1]},)" + list + "}",
      R"({"entities":{"id":[22,333]},)" + list + "}",
      R"({"entities":{"id":[4]},)" + list + R"(,"full_feature_names":true})",
      R"({"entities":{"id":[4]},)" + other + "}",
      "{" + list + R"(,"entities":{"id":[5]}})",
      "{" + list + R"(,"timestamps":"iso","entities":{"id":[6,null]}})",
      R"({"entities":{"id":[7]},"feature_service":"s"})",
      R"({"entities":{"id":[7]},"feature_service":"s",)" + list + "}",
      R"({"entities":{"id":[1]},)" + list + "," + list + "}",
      R"({"entities":{"id":[1]},)" + list + "} x",
      R"({"entities":{"id":[1]},)" + list,
      R"({"entities":{)" + list + R"(},"features":null})",
      R"({"entities":{"id":[1],)" + list + R"(},"features":["v:a"]})",
      R"({"include_feature_view_version_metadata":{)" + list + R"(},"entities":{"id":[1]},"features":null})",
      R"({"entities":{"id":["x)" + list + R"("]},"features":null})",
      R"({"entities":{"id":[")" + list + R"("]},"features":["v:a"]})",
  };
  RequestBody warm;
  for (int round = 0; round < 3; ++round) {
    for (const std::string& text : texts) {
      RequestBody fresh;
      const bool is_usual = warm.Parse(text, kMaxRows);
      // What is left to the plain way may be more; what is answered may not.
      if (fresh.Parse(text, kMaxRows)) {
        EXPECT_TRUE(is_usual || text.find("entities\":{\"features") != std::string::npos ||
                    text.find(R"([1],"features")") != std::string::npos)
            << text;
      } else {
        EXPECT_FALSE(is_usual) << text;
      }
      if (is_usual) {
        EXPECT_EQ(Told(warm), Told(fresh)) << text;
      }
    }
  }
}

TEST(RequestBodyTest, ManyListsInTurnAreAllReadRightly) {
  RequestBody body;
  for (int i = 0; i < 1'000; ++i) {
    std::string text = R"({"entities":{"id":[1]},"features":[)";
    std::vector<std::string> names;
    for (int feature = 0; feature < 8; ++feature) {
      names.push_back("v" + std::to_string(i % 13) + ":f" + std::to_string(feature));
      text += (feature == 0 ? "\"" : ",\"") + names.back() + "\"";
    }
    ASSERT_TRUE(body.Parse(text + "]}", kMaxRows));
    ASSERT_EQ(body.ToFeatureRequest().features, names);
  }
}

}  // namespace
}  // namespace larder
