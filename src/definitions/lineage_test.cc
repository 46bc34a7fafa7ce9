#include "definitions/lineage.h"

#include <gtest/gtest.h>

#include "definitions/definition_files.h"

namespace larder {
namespace {

std::vector<std::string> Names(const std::vector<ObjectId>& ids) {
  std::vector<std::string> names;
  for (const ObjectId& id : ids) names.push_back(id.name);
  return names;
}

TEST(LineageTest, FollowsNeedsBothWays) {
  const auto set = ParseDefinitions({{"f.yaml",
                                      "entities: [{name: e, type: int64}, {name: unused, type: int64}]\n"
                                      "sources: [{name: s, path: x.csv}]\n"
                                      "feature_views: [{name: v, entities: [e], source: s, features: {a: int64}}]\n"
                                      "on_demand_views:\n"
                                      "  - {name: o, inputs: [v], features: {b: {type: int64, expression: a}}}\n"
                                      "  - {name: p, inputs: [o], features: {c: {type: int64, expression: b}}}\n"
                                      "feature_services: [{name: m, features: [p]}]\n"}});
  ASSERT_TRUE(set.ok()) << set.status().ToString();
  const Lineage lineage(*set);
  using Texts = std::vector<std::string>;
  EXPECT_EQ(Names(lineage.Needs({ObjectKind::kFeatureService, "m"})), (Texts{"e", "s", "v", "o", "p"}));
  EXPECT_EQ(Names(lineage.NeededBy({ObjectKind::kSource, "s"})), (Texts{"v", "o", "p", "m"}));
  EXPECT_EQ(Names(lineage.DirectlyNeededBy({ObjectKind::kFeatureView, "v"})), Texts{"o"});
  EXPECT_TRUE(lineage.NeededBy({ObjectKind::kEntity, "unused"}).empty());
  EXPECT_TRUE(lineage.Needs({ObjectKind::kEntity, "nothing"}).empty());
}

}  // namespace
}  // namespace larder
