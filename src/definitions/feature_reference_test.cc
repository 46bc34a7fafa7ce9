#include "definitions/feature_reference.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(FeatureReferenceTest, ReadsTheThreeForms) {
  EXPECT_EQ(*ParseFeatureReference("v"), (FeatureReference{"v", std::nullopt, std::nullopt}));
  EXPECT_EQ(*ParseFeatureReference("v:f"), (FeatureReference{"v", std::nullopt, "f"}));
  EXPECT_EQ(*ParseFeatureReference("v@12:f"), (FeatureReference{"v", 12, "f"}));
  EXPECT_EQ(*ParseFeatureReference("v@1"), (FeatureReference{"v", 1, std::nullopt}));
  EXPECT_EQ(ParseFeatureReference("v@12:f")->ToString(), "v@12:f");
}

TEST(FeatureReferenceTest, RefusesEverythingElse) {
  for (const std::string_view text : {"", " v", "v:", ":f", "v:f:g", "v@:f", "v@0", "v@-1", "v@1.5", "v@x", "V", "v:F",
                                      "v@99999999999999999999", "v f"}) {
    const auto reference = ParseFeatureReference(text);
    ASSERT_FALSE(reference.ok()) << text;
    EXPECT_EQ(reference.status().reason(), Reason::kInvalidReference);
    EXPECT_EQ(reference.status().hint(), "write view, view:feature or view@2:feature");
  }
}

TEST(FeatureReferenceTest, ReadsLists) {
  const auto references = ParseFeatureReferences({"a:x, b@2", "c"});
  ASSERT_TRUE(references.ok());
  ASSERT_EQ(references->size(), 3u);
  EXPECT_EQ((*references)[1], (FeatureReference{"b", 2, std::nullopt}));
  EXPECT_FALSE(ParseFeatureReferences({"a,,b"}).ok());
  EXPECT_FALSE(ParseFeatureReferences({"a,"}).ok());
  EXPECT_TRUE(ParseFeatureReferences({})->empty());
}

}  // namespace
}  // namespace larder
