#include "registry/plan_changes.h"

#include <gtest/gtest.h>

#include "definitions/canonical_text.h"
#include "definitions/definition_files.h"
#include "registry/registry.h"
#include "registry/scratch_registry.h"

namespace larder {
namespace {

using Texts = std::vector<std::string>;

/// A project of one view, one on-demand view and one service; tests change parts of it.
struct Parts {
  std::string entity = "type: int64";
  std::string source = "path: x.csv, timestamp: at";
  std::string view = "ttl: 1d, features: {a: int64, b: int64}";
  std::string on_demand = "inputs: [v], features: {c: {type: int64, expression: a + 1}}";
  std::string service = "features: [v:a, o]";

  std::string Text() const {
    return "entities: [{name: e, " + entity + "}]\nsources: [{name: s, " + source +
           "}]\nfeature_views: [{name: v, entities: [e], source: s, " + view + "}]\non_demand_views: [{name: o, " +
           on_demand + "}]\nfeature_services: [{name: m, " + service + "}]\n";
  }
};

DefinitionSet SetOf(const std::string& text) {
  const auto set = ParseDefinitions({{"f.yaml", text}});
  EXPECT_TRUE(set.ok()) << set.status().ToString();
  return set.ok() ? *set : DefinitionSet();
}

class PlanChangesTest : public testing::Test {
 protected:
  std::shared_ptr<const RegistrySnapshot> Load() { return *scratch_.registry().Load(); }

  ApplyPlan Plan(const std::string& text) {
    const auto plan = PlanChanges(*Load(), SetOf(text));
    EXPECT_TRUE(plan.ok()) << plan.status().ToString();
    return plan.ok() ? *plan : ApplyPlan();
  }

  ApplyPlan Apply(const std::string& text) {
    ApplyPlan plan = Plan(text);
    const auto revision = scratch_.registry().Apply(plan, {"tester", {}});
    EXPECT_TRUE(revision.ok()) << revision.status().ToString();
    return plan;
  }

  // Returns "action name old -> new" of each change.
  static Texts Changes(const ApplyPlan& plan) {
    Texts texts;
    for (const PlannedChange& change : plan.changes) {
      texts.push_back(std::string(PlannedActionName(change.action)) + " " + change.id.name + " " +
                      std::to_string(change.old_version) + " -> " + std::to_string(change.new_version));
    }
    return texts;
  }

  // Returns "view@version: generation, new, reason" of each generation and "view: generation state" of each retention.
  static Texts Rows(const ApplyPlan& plan) {
    Texts texts;
    for (const PlannedGeneration& planned : plan.generations) {
      texts.push_back(planned.view + "@" + std::to_string(planned.version) + ": " + std::to_string(planned.generation) +
                      (planned.is_new ? " new, " + planned.reason : ""));
      for (const std::string& feature : planned.added) texts.back() += " +" + feature;
    }
    for (const PlannedRetention& retention : plan.retentions) {
      texts.push_back(retention.view + ": " + std::to_string(retention.generation) + " " +
                      std::string(GenerationStateName(retention.state)));
    }
    return texts;
  }

  ScratchRegistry scratch_;
};

TEST_F(PlanChangesTest, TheFirstApplyCreatesEverything) {
  const ApplyPlan plan = Apply(Parts().Text());
  EXPECT_EQ(Changes(plan),
            (Texts{"create e 0 -> 1", "create s 0 -> 1", "create v 0 -> 1", "create o 0 -> 1", "create m 0 -> 1"}));
  EXPECT_EQ(Rows(plan), Texts{"v@1: 1 new, the view is new"});
  EXPECT_TRUE(plan.generations[0].must_materialize);
  const ApplyPlan again = Plan(Parts().Text());
  EXPECT_TRUE(again.empty());
  EXPECT_EQ(again.unchanged_count, 5);
  EXPECT_EQ(again.Text(), "No changes: 5 objects are as applied.\n");
}

TEST_F(PlanChangesTest, AChangedViewMovesThoseThatNameItWithoutAVersion) {
  Apply(Parts().Text());
  const ApplyPlan plan = Apply(Parts{.view = "ttl: 7d, features: {a: int64, b: int64}"}.Text());
  EXPECT_EQ(Changes(plan), (Texts{"change v 1 -> 2", "pin_again o 1 -> 2", "pin_again m 1 -> 2"}));
  EXPECT_EQ(plan.changes[0].details, Texts{"ttl: 1d -> 7d"});
  EXPECT_EQ(plan.changes[1].details, Texts{"feature view v@1 -> v@2"});
  EXPECT_EQ(plan.changes[2].details, (Texts{"feature view v@1 -> v@2", "on-demand view o@1 -> o@2"}));
  EXPECT_EQ(Rows(plan), Texts{"v@2: 1"});
  EXPECT_FALSE(plan.generations[0].must_materialize);
  EXPECT_EQ(plan.Text(),
            "change feature view 'v' (version 1 -> 2)\n"
            "    ttl: 1d -> 7d\n"
            "pin again on-demand view 'o' (version 1 -> 2)\n"
            "    feature view v@1 -> v@2\n"
            "pin again feature service 'm' (version 1 -> 2)\n"
            "    feature view v@1 -> v@2\n"
            "    on-demand view o@1 -> o@2\n"
            "stored rows:\n"
            "  v@2: stays in generation 1\n"
            "2 objects unchanged\n");
  EXPECT_TRUE(Plan(Parts{.view = "ttl: 7d, features: {a: int64, b: int64}"}.Text()).empty());
}

TEST_F(PlanChangesTest, AViewThatGoesOnlineMustBeMaterialized) {
  Apply(Parts{.view = "online: false, features: {a: int64, b: int64}"}.Text());
  const ApplyPlan plan = Apply(Parts{.view = "features: {a: int64, b: int64}"}.Text());
  EXPECT_EQ(Rows(plan), Texts{"v@2: 1"});
  EXPECT_TRUE(plan.generations[0].must_materialize);
  EXPECT_NE(
      plan.Text().find("v@2: stays in generation 1; was not online, answers NOT_FOUND until it is materialized\n"),
      std::string::npos);
  EXPECT_NE(plan.Text().find("larder materialize --view v"), std::string::npos);
}

TEST_F(PlanChangesTest, MetadataIsRecordedWithoutAVersion) {
  Apply(Parts().Text());
  const Parts described{.view = "ttl: 1d, description: d, features: {a: {type: int64, tags: {k: v}}, b: int64}"};
  const ApplyPlan plan = Apply(described.Text());
  EXPECT_EQ(Changes(plan), Texts{"metadata v 1 -> 1"});
  EXPECT_EQ(Rows(plan), Texts{});
  EXPECT_TRUE(Plan(described.Text()).empty());
  EXPECT_EQ((*Load()->current().FindFeatureView("v"))->header.description, "d");
  EXPECT_EQ(Load()->FindGeneration("v", 1)->versions, std::vector<std::int64_t>{1});
}

TEST_F(PlanChangesTest, AChangedSourceVersionsItsViewsAndStartsAGeneration) {
  Apply(Parts().Text());
  const ApplyPlan plan = Apply(Parts{.source = "path: x.csv, timestamp: at, where: a > 1"}.Text());
  EXPECT_EQ(Changes(plan),
            (Texts{"change s 1 -> 2", "pin_again v 1 -> 2", "pin_again o 1 -> 2", "pin_again m 1 -> 2"}));
  EXPECT_EQ(Rows(plan), (Texts{"v@2: 2 new, its source changed", "v: 1 dropped"}));
  // A described source is the same source.
  const ApplyPlan described = Apply(Parts{.source = "path: x.csv, timestamp: at, where: a>1, owner: me"}.Text());
  EXPECT_EQ(Changes(described), Texts{"metadata s 2 -> 2"});
}

TEST_F(PlanChangesTest, AChangedEntityStartsAGeneration) {
  Apply(Parts().Text());
  const ApplyPlan plan = Apply(Parts{.entity = "type: string"}.Text());
  EXPECT_EQ(Rows(plan), (Texts{"v@2: 2 new, its join keys changed", "v: 1 dropped"}));
}

TEST_F(PlanChangesTest, FeaturesMayComeAndGoWithinAGeneration) {
  Apply(Parts().Text());
  EXPECT_EQ(Rows(Apply(Parts{.view = "features: {a: int64, b: int64, c: int64}"}.Text())), Texts{"v@2: 1 +c"});
  EXPECT_EQ(Rows(Apply(Parts{.view = "features: {a: int64}"}.Text())), Texts{"v@3: 1"});
  // Rows of generation 1 may still hold b as int64.
  EXPECT_EQ(Rows(Apply(Parts{.view = "features: {a: int64, b: float64}"}.Text())),
            (Texts{"v@4: 2 new, feature b changed type or from", "v: 1 dropped"}));
  EXPECT_EQ(Rows(Apply(Parts{.view = "features: {a: {type: int64, from: z}, b: float64}"}.Text())),
            (Texts{"v@5: 3 new, feature a changed type or from", "v: 2 dropped"}));
}

TEST_F(PlanChangesTest, AFixedVersionKeepsItsGeneration) {
  Apply(Parts().Text());
  const Parts changed{.view = "features: {a: float64}",
                      .on_demand = "inputs: [v], features: {c: {type: float64, expression: a + 1}}",
                      .service = "features: [v@1:b, v:a]"};
  const ApplyPlan plan = Apply(changed.Text());
  EXPECT_EQ(Rows(plan), (Texts{"v@2: 2 new, feature a changed type or from", "v: 1 kept"}));
  ASSERT_EQ(plan.retentions[0].pinned_by.size(), 1u);
  EXPECT_EQ(plan.retentions[0].pinned_by[0].id.name, "m");
  const auto snapshot = Load();
  const auto service = snapshot->ResolveService("m");
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  EXPECT_EQ(service->views[0].version, 1);
  EXPECT_EQ(service->views[1].version, 2);
  const auto old = snapshot->ResolveView("v", 1);
  EXPECT_EQ(old->generation, 1);
  EXPECT_EQ(old->view->features[0].type, ValueType::Of(TypeKind::kInt64));
  ASSERT_EQ(snapshot->MaterializedViews().size(), 2u);
  EXPECT_EQ(snapshot->MaterializedViews()[0].version, 1);
  // Nothing pins it any more: it goes.
  Parts released = changed;
  released.service = "features: [v:a]";
  EXPECT_EQ(Rows(Apply(released.Text())), Texts{"v: 1 dropped"});
  EXPECT_EQ(Load()->MaterializedViews().size(), 1u);
  // Pinned once more: its rows are gone, so it starts anew.
  const ApplyPlan revived = Apply(changed.Text());
  EXPECT_EQ(Rows(revived), Texts{"v@1: 3 new, version 1 is used again"});
  EXPECT_EQ(Load()->FindGeneration("v", 3)->state, GenerationState::kKept);
  EXPECT_EQ(Load()->ResolveView("v", 1)->generation, 3);
}

TEST_F(PlanChangesTest, AnOldOnDemandVersionKeepsItsViews) {
  Apply(Parts().Text());
  const Parts changed{.view = "features: {a: float64}",
                      .on_demand = "inputs: [v], features: {c: {type: float64, expression: a + 1}}",
                      .service = "features: [o@1:c]"};
  EXPECT_EQ(Rows(Apply(changed.Text())), (Texts{"v@2: 2 new, feature a changed type or from", "v: 1 kept"}));
  const auto inputs = Load()->ResolveOnDemandView("o", 1)->inputs;
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_EQ(inputs[0].version, 1);
  EXPECT_EQ(Load()->ResolveOnDemandView("o", std::nullopt)->inputs[0].version, 2);
}

TEST_F(PlanChangesTest, WhatIsMaterializedHasTheFeaturesOfAllVersionsInUse) {
  Apply(Parts().Text());
  Apply(Parts{.view = "features: {a: int64}", .service = "features: [v@1:b]"}.Text());
  const auto views = Load()->MaterializedViews();
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].version, 2);
  EXPECT_EQ(views[0].generation, 1);
  ASSERT_EQ(views[0].view->features.size(), 2u);
  EXPECT_EQ(views[0].view->features[1].name, "b");
}

TEST_F(PlanChangesTest, OfflineViewsAreNotMaterialized) {
  const ApplyPlan plan = Apply(Parts{.view = "online: false, features: {a: int64}"}.Text());
  EXPECT_FALSE(plan.generations[0].must_materialize);
  EXPECT_TRUE(Load()->MaterializedViews().empty());
}

TEST_F(PlanChangesTest, WhatIsAbsentIsDeletedAndContinuesItsVersions) {
  Apply(Parts().Text());
  const ApplyPlan plan = Apply("entities: [{name: e, type: int64}]\n");
  EXPECT_EQ(Changes(plan), (Texts{"delete s 1 -> 0", "delete v 1 -> 0", "delete o 1 -> 0", "delete m 1 -> 0"}));
  EXPECT_EQ(Rows(plan), Texts{"v: 1 dropped"});
  EXPECT_EQ(Load()->ResolveView("v", 1).status().reason(), Reason::kUnknownObject);
  const ApplyPlan again = Apply(Parts().Text());
  EXPECT_EQ(Changes(again), (Texts{"create s 0 -> 2", "create v 0 -> 2", "create o 0 -> 2", "create m 0 -> 2"}));
  EXPECT_EQ(Rows(again), Texts{"v@2: 2 new, the view is new"});
  EXPECT_EQ(Load()->ResolveService("m")->version, 2);
}

TEST_F(PlanChangesTest, VersionsThatDoNotExistAreFaults) {
  Apply(Parts().Text());
  const auto faults = [&](const Parts& parts) {
    Texts texts;
    const Status status = PlanChanges(*Load(), SetOf(parts.Text())).status();
    for (const Fault& fault : status.faults()) {
      texts.push_back(fault.Place() + ": " + fault.message + " (" + fault.hint + ")");
    }
    return texts;
  };
  EXPECT_EQ(
      faults({.service = "features: [v@3:a, v@1:x]"}),
      (Texts{"f.yaml:5:41: feature_services[0].features[0]: no version 3 of view 'v' (its only version is 1)",
             "f.yaml:5:48: feature_services[0].features[1]: no feature 'x' in view 'v@1' (its features are a, b)"}));
  EXPECT_EQ(faults({.service = "features: [{view: v@1, join_keys: {ee: x}}]"}),
            Texts{"f.yaml:5:41: feature_services[0].features[0]: no join key 'ee' in view 'v@1' (did you mean 'e'?)"});
  const Texts typed = faults(
      {.view = "features: {a: string}", .on_demand = "inputs: [v@1], features: {c: {type: string, expression: a}}"});
  ASSERT_EQ(typed.size(), 1u);
  EXPECT_NE(typed[0].find("its expression has type int64"), std::string::npos) << typed[0];
  EXPECT_EQ(faults({.on_demand = "inputs: [v@9], features: {c: {type: int64, expression: a}}"}),
            Texts{"f.yaml:4:38: on_demand_views[0].inputs[0]: no version 9 of view 'v' (its only version is 1)"});
  // The version that this very apply makes may be named.
  EXPECT_EQ(faults({.view = "features: {a: int64, z: int64}", .service = "features: [v@2:z]"}), Texts{});
}

TEST_F(PlanChangesTest, ChainsOfOnDemandViewsArePinnedInOrder) {
  const std::string text =
      "on_demand_views:\n"
      "  - {name: a, inputs: [b], features: {x: {type: int64, expression: y}}}\n"
      "  - {name: b, inputs: [c], features: {y: {type: int64, expression: z}}}\n"
      "  - {name: c, request: {r: int64}, features: {z: {type: int64, expression: r";
  Apply(text + "}}}\n");
  const ApplyPlan plan = Apply(text + " + 1}}}\n");
  EXPECT_EQ(Changes(plan), (Texts{"change c 1 -> 2", "pin_again b 1 -> 2", "pin_again a 1 -> 2"}));
}

TEST_F(PlanChangesTest, ThePlanIsJsonToo) {
  const ApplyPlan plan = Plan("entities: [{name: e, type: int64}]\n");
  EXPECT_EQ(plan.Json(), R"({"revision":0,"changes":[{"action":"create","kind":"entity","name":"e","old_version":null,)"
                         R"("new_version":1,"details":[],"pins":[]}],"generations":[],"retentions":[],"unchanged":0})");
}

}  // namespace
}  // namespace larder
