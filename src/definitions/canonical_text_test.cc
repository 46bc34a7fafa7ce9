#include "definitions/canonical_text.h"

#include <gtest/gtest.h>

#include "definitions/definition_files.h"

namespace larder {
namespace {

DefinedObject ObjectOf(const std::string& text, const ObjectId& id) {
  const auto set = ParseDefinitions({{"f.yaml", text}});
  EXPECT_TRUE(set.ok()) << set.status().ToString();
  return *set->Find(id);
}

const ObjectId kView{ObjectKind::kFeatureView, "v"};
const ObjectId kSource{ObjectKind::kSource, "s"};

std::string Project(const std::string& source, const std::string& features) {
  return "entities: [{name: e, type: int64}]\nsources: [{name: s, " + source +
         "}]\nfeature_views: [{name: v, entities: [e], source: s, " + features + "}]\n";
}

TEST(CanonicalTextTest, HasEveryFieldWithDefaults) {
  EXPECT_EQ(CanonicalText(ObjectOf(Project("path: x.csv", "features: {a: int64}"), kView)),
            R"({"name":"v","entities":["e"],"source":"s","ttl":"0s","online":true,"allowed_lateness":"1d",)"
            R"("features":{"a":{"type":"int64","from":"a"}}})");
  EXPECT_EQ(CanonicalText(ObjectOf(Project("path: x.csv, where: 'a  =  1'", "features: {a: int64}"), kSource)),
            R"({"name":"s","path":"x.csv","format":"csv","where":"a  =  1"})");
}

TEST(CanonicalTextTest, DoesNotDependOnHowItWasWritten) {
  const std::string block =
      "sources:\n  - path: x.csv   # a comment\n    name: s\nentities:\n  - type: int64\n    name: e\n"
      "feature_views:\n  - source: s\n    name: v\n    ttl: 24h\n    entities:\n      - e\n"
      "    features:\n      a:\n        from: a\n        type: int64\n";
  const std::string flow = Project("path: x.csv", "ttl: 1d, online: true, features: {a: int64}");
  EXPECT_EQ(CanonicalText(ObjectOf(block, kView)), CanonicalText(ObjectOf(flow, kView)));
  EXPECT_EQ(WholeFingerprint(ObjectOf(block, kView)), WholeFingerprint(ObjectOf(flow, kView)));
}

TEST(CanonicalTextTest, ReadsBackToTheSameText) {
  const std::string text =
      "entities: [{name: e, type: string, join_key: 'E \"q\" \\ k', description: \"a\\tb\\nc\\x01\\x7f é 漢 😀\"}]\n"
      "sources:\n  - {name: s, path: 'd/*.csv', format: csv.gz, columns: {A: int64, 'b c': list<float32>}, nulls: ['', "
      "NA],\n"
      "     timestamp: t, created: c, event_id: i, deleted: \"x = 'y'\", derive: {t: to_timestamp(ds)}, where: a is "
      "null,\n"
      "     owner: me, tags: {k: v, z: ''}}\n"
      "feature_views:\n  - {name: v, entities: [e], source: s, ttl: 90s, online: false, allowed_lateness: 0,\n"
      "     features: {a: {type: int64, from: A, description: d, tags: {x: y}}, b: list<string>}}\n"
      "on_demand_views:\n  - {name: o, inputs: [v@2], request: {r: float64},\n"
      "     features: {f: {type: float64, expression: r + 1.0}}}\n"
      "feature_services:\n  - {name: m, features: [v, o, v@3:a, {view: v, features: [b], alias: w, join_keys: {'E "
      "\"q\" \\ k': z}}]}\n";
  const auto set = ParseDefinitions({{"f.yaml", text}});
  ASSERT_TRUE(set.ok()) << set.status().ToString();
  for (const DefinedObject& object : set->Objects()) {
    const std::string canonical = CanonicalText(object);
    const auto back = ParseCanonicalText(KindOf(object), canonical);
    ASSERT_TRUE(back.ok()) << back.status().ToString();
    EXPECT_EQ(CanonicalText(*back), canonical);
    EXPECT_EQ(SemanticFingerprint(*back), SemanticFingerprint(object));
  }
}

TEST(CanonicalTextTest, WhatIsNoObjectIsRefused) {
  EXPECT_EQ(ParseCanonicalText(ObjectKind::kEntity, "{").status().reason(), Reason::kInvalidDefinition);
  EXPECT_EQ(ParseCanonicalText(ObjectKind::kEntity, "").status().reason(), Reason::kInvalidDefinition);
  EXPECT_EQ(ParseCanonicalText(ObjectKind::kEntity, "[]").status().reason(), Reason::kInvalidDefinition);
}

TEST(CanonicalTextTest, MetadataAndSpellingDoNotChangeTheMeaning) {
  const auto plain = ObjectOf(Project("path: x.csv, where: a = 1 and b", "features: {a: int64}"), kSource);
  const auto described =
      ObjectOf(Project("path: x.csv, where: a=1   AND (b), owner: me, tags: {a: b}", "features: {a: int64}"), kSource);
  EXPECT_EQ(SemanticFingerprint(plain), SemanticFingerprint(described));
  EXPECT_NE(WholeFingerprint(plain), WholeFingerprint(described));
  EXPECT_EQ(SemanticFingerprint(plain).size(), 32u);
  const auto other = ObjectOf(Project("path: x.csv, where: a = 2 and b", "features: {a: int64}"), kSource);
  EXPECT_NE(SemanticFingerprint(plain), SemanticFingerprint(other));
}

TEST(CanonicalTextTest, TheReadingFingerprintIsAboutTheFiles) {
  const auto reading = [](const std::string& source) {
    const auto object = ObjectOf(Project(source, "features: {a: int64}"), kSource);
    return ReadingFingerprint(*std::get<std::shared_ptr<const Source>>(object));
  };
  EXPECT_EQ(reading("path: x.csv"), reading("path: x.csv, where: a = 1, timestamp: t, description: d"));
  EXPECT_NE(reading("path: x.csv"), reading("path: y.csv"));
  EXPECT_NE(reading("path: x.csv"), reading("path: x.csv, nulls: [NA]"));
  EXPECT_NE(reading("path: x.csv"), reading("path: x.csv, columns: {a: string}"));
}

StorageKey StorageOf(const std::string& text) {
  const auto set = ParseDefinitions({{"f.yaml", text}});
  EXPECT_TRUE(set.ok()) << set.status().ToString();
  return StorageKeyOf(**set->FindFeatureView("v"), {*set->FindEntity("e")}, **set->FindSource("s"));
}

TEST(StorageKeyTest, OnlyCommonFeaturesAndTheirSourceCount) {
  const StorageKey key = StorageOf(Project("path: x.csv", "features: {a: int64, b: int64}"));
  const auto fits = [&](const std::string& source, const std::string& features) {
    return key.IsCompatible(StorageOf(Project(source, features)));
  };
  EXPECT_TRUE(fits("path: x.csv", "features: {a: int64}"));
  EXPECT_TRUE(fits("path: x.csv", "features: {b: int64, c: string}, ttl: 1d, online: false"));
  EXPECT_TRUE(fits("path: x.csv, owner: me", "features: {c: int64}, description: d"));
  EXPECT_FALSE(fits("path: x.csv", "features: {a: int32, b: int64}"));
  EXPECT_FALSE(fits("path: x.csv", "features: {a: {type: int64, from: z}}"));
  EXPECT_FALSE(fits("path: y.csv", "features: {a: int64, b: int64}"));
  EXPECT_FALSE(fits("path: x.csv, where: a > 1", "features: {a: int64, b: int64}"));
  EXPECT_FALSE(fits("path: x.csv, derive: {z: a}", "features: {a: int64, b: int64}"));
}

}  // namespace
}  // namespace larder
