#include "registry/registry.h"

#include <gtest/gtest.h>

#include "base/timestamp.h"
#include "definitions/canonical_text.h"
#include "definitions/definition_files.h"
#include "registry/scratch_registry.h"

namespace larder {
namespace {

constexpr const char* kProject =
    "entities: [{name: e, type: int64}]\n"
    "sources: [{name: s, path: x.csv, timestamp: at}]\n"
    "feature_views: [{name: v, entities: [e], source: s, features: {a: int64}}]\n"
    "feature_services: [{name: m, features: [v]}]\n";

DefinitionSet SetOf(const std::string& text) {
  const auto set = ParseDefinitions({{"f.yaml", text}});
  EXPECT_TRUE(set.ok()) << set.status().ToString();
  return set.ok() ? *set : DefinitionSet();
}

Result<std::int64_t> ApplyText(Registry& registry, const std::string& text, const std::string& author = "ann") {
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, registry.Load());
  LARDER_ASSIGN_OR_RETURN(const ApplyPlan plan, PlanChanges(*snapshot, SetOf(text)));
  return registry.Apply(plan, {author, {}});
}

class RegistryTest : public testing::Test {
 protected:
  Registry& registry() { return scratch_.registry(); }
  ScratchRegistry scratch_;
};

TEST_F(RegistryTest, KeepsWhatWasAppliedAcrossOpenings) {
  ASSERT_EQ(*registry().Revision(), 0);
  EXPECT_TRUE((*registry().Load())->current().empty());
  EXPECT_EQ(*ApplyText(registry(), kProject), 1);
  const auto reopened = scratch_.Reopen();
  EXPECT_EQ(*reopened->Revision(), 1);
  const auto snapshot = *reopened->Load();
  EXPECT_EQ(snapshot->revision(), 1);
  const DefinitionSet before = SetOf(kProject);
  ASSERT_EQ(snapshot->current().Objects().size(), 4u);
  for (const DefinedObject& object : before.Objects()) {
    EXPECT_EQ(CanonicalText(*snapshot->current().Find(IdOf(object))), CanonicalText(object));
  }
  const auto record = *snapshot->Current({ObjectKind::kFeatureView, "v"});
  EXPECT_EQ(record->author, "ann");
  EXPECT_EQ(record->time_us, 1'000);
  EXPECT_EQ(record->PinOf({ObjectKind::kSource, "s"}), 1);
  const auto view = snapshot->ResolveView("v", std::nullopt);
  EXPECT_EQ(view->source->path, "x.csv");
  EXPECT_EQ(view->entities.at(0)->join_key, "e");
  EXPECT_EQ(view->generation, 1);
}

TEST_F(RegistryTest, AnEmptyPlanWritesNothing) {
  ASSERT_TRUE(ApplyText(registry(), kProject).ok());
  EXPECT_EQ(*ApplyText(registry(), kProject), 1);
  EXPECT_EQ(*registry().Revision(), 1);
}

TEST_F(RegistryTest, UnknownNamesAndVersionsNameTheNearest) {
  ASSERT_TRUE(ApplyText(registry(), kProject).ok());
  const auto snapshot = *registry().Load();
  EXPECT_EQ(snapshot->ResolveView("vv", std::nullopt).status().reason(), Reason::kUnknownObject);
  EXPECT_EQ(snapshot->ResolveView("vv", std::nullopt).status().hint(), "did you mean 'v'?");
  const Status version = snapshot->ResolveView("v", 2).status();
  EXPECT_EQ(version.reason(), Reason::kUnknownVersion);
  EXPECT_EQ(version.hint(), "its only version is 1");
  EXPECT_EQ(*snapshot->ViewKind("v"), ObjectKind::kFeatureView);
  EXPECT_EQ(snapshot->ResolveService("x").status().reason(), Reason::kUnknownObject);
}

TEST_F(RegistryTest, TellsTheLifeOfAnObject) {
  ASSERT_TRUE(ApplyText(registry(), kProject, "ann").ok());
  scratch_.clock().Set(2'000);
  ASSERT_TRUE(ApplyText(registry(), "entities: [{name: e, type: int64, owner: bob}]\n", "bob").ok());
  scratch_.clock().Set(3'000);
  ASSERT_TRUE(ApplyText(registry(), "entities: [{name: e, type: string}]\n", "eve").ok());
  const auto history = registry().Versions({ObjectKind::kEntity, "e"});
  ASSERT_TRUE(history.ok()) << history.status().ToString();
  std::vector<std::string> texts;
  for (const HistoryEntry& entry : *history) {
    texts.push_back(entry.action + " " + std::to_string(entry.version) + " " + std::to_string(entry.time_us) + " " +
                    entry.author + (entry.is_current ? " current" : ""));
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"create 1 1000 ann", "metadata 1 2000 bob", "change 2 3000 eve current"}));
  const auto deleted = registry().Versions({ObjectKind::kFeatureView, "v"});
  ASSERT_EQ(deleted->size(), 2u);
  EXPECT_EQ(deleted->at(1).action, "delete");
  EXPECT_FALSE(deleted->at(1).is_current);
  EXPECT_EQ(registry().Versions({ObjectKind::kEntity, "nothing"}).status().reason(), Reason::kUnknownObject);
}

TEST_F(RegistryTest, DeletesOnlyWhatNothingNeeds) {
  ASSERT_TRUE(ApplyText(registry(), kProject).ok());
  const Status in_use = registry().DeleteObject({ObjectKind::kFeatureView, "v"}, "ann");
  EXPECT_EQ(in_use.reason(), Reason::kObjectInUse);
  EXPECT_EQ(in_use.message(), "cannot delete feature view 'v': it is needed by feature service 'm'");
  EXPECT_EQ(registry().DeleteObject({ObjectKind::kFeatureView, "w"}, "ann").reason(), Reason::kUnknownObject);
  EXPECT_TRUE(registry().DeleteObject({ObjectKind::kFeatureService, "m"}, "ann").ok());
  EXPECT_TRUE(registry().DeleteObject({ObjectKind::kFeatureView, "v"}, "ann").ok());
  const auto snapshot = *registry().Load();
  EXPECT_EQ(snapshot->current().Objects().size(), 2u);
  EXPECT_EQ(snapshot->FindGeneration("v", 1)->state, GenerationState::kDropped);
  EXPECT_EQ(registry().DeleteObject({ObjectKind::kFeatureView, "v"}, "ann").reason(), Reason::kUnknownObject);
}

TEST_F(RegistryTest, OfTwoPlansOfOneRevisionOneWins) {
  const auto other = scratch_.Reopen();
  const auto mine = *PlanChanges(**registry().Load(), SetOf(kProject));
  const auto theirs = *PlanChanges(**other->Load(), SetOf("entities: [{name: x, type: int64}]\n"));
  EXPECT_EQ(*other->Apply(theirs, {"eve", {}}), 1);
  const Status conflict = registry().Apply(mine, {"ann", {}}).status();
  EXPECT_EQ(conflict.reason(), Reason::kConflict);
  EXPECT_EQ(conflict.hint(), "plan again, then apply");
  EXPECT_EQ((*registry().Load())->current().Names(ObjectKind::kEntity), std::vector<std::string>{"x"});
}

TEST_F(RegistryTest, ReadersSeeOneStateWhileAWriterWrites) {
  ASSERT_TRUE(ApplyText(registry(), kProject).ok());
  const auto before = *registry().Load();
  const auto other = scratch_.Reopen();
  ASSERT_TRUE(ApplyText(*other, "entities: [{name: e, type: string}]\n").ok());
  EXPECT_EQ(before->current().Objects().size(), 4u);
  EXPECT_EQ(*registry().Revision(), 2);
  EXPECT_EQ((*registry().Load())->current().Objects().size(), 1u);
}

TEST_F(RegistryTest, RecordsColumnTypesWithAnApplyOrAlone) {
  const DefinitionSet set = SetOf(kProject);
  const Source& source = **set.FindSource("s");
  const std::vector<ColumnType> types = {{"a, \"b\"", ValueType::Of(TypeKind::kInt64)},
                                         {"", ValueType::ListOf(TypeKind::kString)}};
  const auto plan = *PlanChanges(**registry().Load(), set);
  ASSERT_TRUE(registry().Apply(plan, {"ann", {{"s", ReadingFingerprint(source), types}}}).ok());
  const auto snapshot = *registry().Load();
  ASSERT_NE(snapshot->RecordedTypes(source), nullptr);
  EXPECT_EQ(*snapshot->RecordedTypes(source), types);
  Source other = source;
  other.path = "y.csv";
  EXPECT_EQ(snapshot->RecordedTypes(other), nullptr);
  const std::vector<ColumnType> fewer = {{"c", ValueType::Of(TypeKind::kDate)}};
  ASSERT_TRUE(registry().RecordColumnTypes({"s", ReadingFingerprint(source), fewer}).ok());
  EXPECT_EQ(*(*registry().Load())->RecordedTypes(source), fewer);
  EXPECT_EQ(*registry().Revision(), 2);
}

TEST_F(RegistryTest, KeepsMarksPerGeneration) {
  ASSERT_TRUE(ApplyText(registry(), kProject).ok());
  EXPECT_FALSE((*registry().Mark("v", 1)).has_value());
  MaterializationMark mark;
  mark.view = "v";
  mark.generation = 1;
  mark.version = 1;
  mark.features = {"a", "b"};
  mark.watermark_us = 77;
  mark.from_us = kBeginningOfTimeUs;
  mark.to_us = 88;
  mark.finished_us = 99;
  mark.row_count = 5;
  mark.files = {{"a/1.csv", 10, 20}, {"b, 2.csv", 30, 40}};
  ASSERT_TRUE(registry().SetMark(mark).ok());
  EXPECT_EQ(**scratch_.Reopen()->Mark("v", 1), mark);
  mark.watermark_us.reset();
  mark.files.resize(1);
  mark.features.clear();
  ASSERT_TRUE(registry().SetMark(mark).ok());
  EXPECT_EQ(**registry().Mark("v", 1), mark);
  EXPECT_EQ(*registry().Revision(), 1);
  mark.generation = 2;
  EXPECT_EQ(registry().SetMark(mark).reason(), Reason::kConflict);
}

TEST_F(RegistryTest, ADroppedGenerationIsClearedOnce) {
  ASSERT_TRUE(ApplyText(registry(), kProject).ok());
  MaterializationMark mark;
  mark.view = "v";
  mark.generation = 1;
  ASSERT_TRUE(registry().SetMark(mark).ok());
  EXPECT_EQ(registry().ClearGeneration("v", 1).reason(), Reason::kConflict);
  ASSERT_TRUE(ApplyText(registry(), "entities: [{name: e, type: int64}]\n").ok());
  EXPECT_EQ(registry().SetMark(mark).reason(), Reason::kConflict);
  EXPECT_TRUE(registry().ClearGeneration("v", 1).ok());
  EXPECT_TRUE(registry().ClearGeneration("v", 1).ok());
  EXPECT_FALSE((*registry().Mark("v", 1)).has_value());
  EXPECT_EQ((*registry().Load())->FindGeneration("v", 1)->state, GenerationState::kCleared);
}

TEST_F(RegistryTest, ThePushSequenceNeverRepeats) {
  const auto other = scratch_.Reopen();
  EXPECT_EQ(*registry().NextPushSequence(), 1);
  EXPECT_EQ(*other->NextPushSequence(), 2);
  EXPECT_EQ(*registry().NextPushSequence(), 3);
  scratch_.Close();
  EXPECT_EQ(*scratch_.Reopen()->NextPushSequence(), 4);
}

}  // namespace
}  // namespace larder
