#include "registry/definition_difference.h"

#include <gtest/gtest.h>

#include "definitions/definition_files.h"

namespace larder {
namespace {

DefinitionSet SetOf(const std::string& text) {
  const auto set = ParseDefinitions({{"f.yaml", text}});
  EXPECT_TRUE(set.ok()) << set.status().ToString();
  return *set;
}

TEST(DefinitionDifferenceTest, TellsWhatChangedInWords) {
  const DefinitionSet before = SetOf(
      "entities: [{name: e, type: int64}, {name: gone, type: string}]\n"
      "sources: [{name: s, path: x.csv, description: old}]\n"
      "feature_views: [{name: v, entities: [e], source: s, ttl: 1d, features: {a: int64, b: int64}}]\n"
      "feature_services: [{name: m, features: [v:a]}]\n");
  const DefinitionSet after = SetOf(
      "entities: [{name: e, type: int64}, {name: fresh, type: string}]\n"
      "sources: [{name: s, path: x.csv, description: new, owner: me}]\n"
      "feature_views: [{name: v, entities: [e], source: s, ttl: 7d, features: {a: float64, c: int64}}]\n"
      "feature_services: [{name: m, features: [v:a, v:c]}]\n");
  const auto differences = CompareSets(before, after);
  ASSERT_EQ(differences.size(), 6u);
  EXPECT_EQ(differences[0].id.name, "e");
  EXPECT_EQ(differences[0].change, ChangeKind::kUnchanged);
  EXPECT_TRUE(differences[0].details.empty());
  EXPECT_EQ(differences[1].id.name, "fresh");
  EXPECT_EQ(differences[1].change, ChangeKind::kCreated);
  EXPECT_EQ(differences[2].id.name, "gone");
  EXPECT_EQ(differences[2].change, ChangeKind::kDeleted);
  EXPECT_EQ(differences[3].change, ChangeKind::kMetadataOnly);
  EXPECT_EQ(differences[3].details, (std::vector<std::string>{"description: old -> new", "owner: added (me)"}));
  EXPECT_EQ(differences[4].change, ChangeKind::kChanged);
  EXPECT_EQ(differences[4].details,
            (std::vector<std::string>{"ttl: 1d -> 7d", "features.a.type: int64 -> float64", "features.b: removed",
                                      "features.c: added ({type: int64, from: c})"}));
  EXPECT_EQ(differences[5].details,
            (std::vector<std::string>{
                "features: [{view: v, features: [a]}] -> [{view: v, features: [a]}, {view: v, features: [c]}]"}));
}

TEST(DefinitionDifferenceTest, TheOrderOfFeaturesIsAChange) {
  const std::string head =
      "entities: [{name: e, type: int64}]\nsources: [{name: s, path: x.csv}]\n"
      "feature_views: [{name: v, entities: [e], source: s, features: ";
  const auto differences =
      CompareSets(SetOf(head + "{a: int64, b: int64}}]\n"), SetOf(head + "{b: int64, a: int64}}]\n"));
  EXPECT_EQ(differences[2].change, ChangeKind::kChanged);
  EXPECT_EQ(differences[2].details, std::vector<std::string>{"features: order changed"});
}

}  // namespace
}  // namespace larder
