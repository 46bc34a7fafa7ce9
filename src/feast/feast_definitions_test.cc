#include "feast/feast_definitions.h"

#include <gtest/gtest.h>

#include "definitions/definition_files.h"

namespace larder {
namespace {

constexpr FeastNumber kInt64 = 4;
constexpr FeastNumber kFloat64 = 5;
constexpr FeastNumber kMap = 20;

FeastSource FileSource() {
  FeastSource source;
  source.header.name = "rows";
  source.type = 1;
  source.timestamp_field = "t";
  source.file_uri = "file://data/rows.parquet";
  return source;
}

FeastRegistry OneOfEach() {
  FeastRegistry registry;
  registry.entities.push_back({{"driver", "p", "", "", {}}, kInt64, "driver_id"});
  registry.entities.push_back({{"__dummy", "p", "", "", {}}, 0, "__dummy_id"});
  FeastView view;
  view.header = {"stats", "p", "a \"view\"", "ann", {{"k", "v"}}};
  view.entities = {"driver"};
  view.features = {{"x", kFloat64, "", {}}, {"n", kInt64, "a count", {}}};
  view.ttl_us = 86'400'000'000;
  view.online = true;
  view.batch = {FileSource()};
  registry.views.push_back(view);
  FeastOnDemandView on_demand;
  on_demand.header = {"twice", "p", "", "", {}};
  on_demand.features = {{"y", kFloat64, "", {}}};
  on_demand.inputs = {{"stats", "", {}, {}}};
  on_demand.request_fields = {{"factor", kFloat64, "", {}}};
  on_demand.mode = "pandas";
  on_demand.body =
      "def f(inputs):\n  df = pd.DataFrame()\n  df['y'] = inputs['stats__x'] * inputs['factor']\n  return df\n";
  registry.on_demand_views.push_back(on_demand);
  registry.services.push_back(
      {{"model", "p", "", "", {}}, {{"stats", "", {{"n", kInt64, "", {}}}, {}}, {"twice", "", {}, {}}}});
  return registry;
}

FeastDefinitions Convert(const FeastRegistry& registry) {
  auto made = ConvertFeastRegistry(registry, "");
  EXPECT_TRUE(made.ok()) << made.status().ToString();
  EXPECT_TRUE(ParseDefinitions({{"made", made->yaml}}).ok()) << made->yaml;
  return *made;
}

std::string LeftOut(const FeastRegistry& registry) {
  std::string text;
  for (const FeastNote& note : Convert(registry).notes) {
    if (note.is_left_out) text += note.object + ": " + note.text + "\n";
  }
  return text;
}

TEST(FeastDefinitions, CarriesOneOfEachOver) {
  const FeastDefinitions made = Convert(OneOfEach());
  EXPECT_EQ(made.object_count, 5);
  const std::size_t comments = made.yaml.find("entities:\n");
  ASSERT_NE(comments, std::string::npos);
  EXPECT_EQ(made.yaml.substr(comments),
            "entities:\n"
            "  - name: driver\n"
            "    join_key: \"driver_id\"\n"
            "    type: int64\n"
            "sources:\n"
            "  - name: rows\n"
            "    path: \"data/rows.parquet\"\n"
            "    timestamp: \"t\"\n"
            "feature_views:\n"
            "  - name: stats\n"
            "    entities: [driver]\n"
            "    source: rows\n"
            "    ttl: 1d\n"
            "    description: \"a \\\"view\\\"\"\n"
            "    owner: \"ann\"\n"
            "    tags: {\"k\": \"v\"}\n"
            "    features:\n"
            "      x: {type: float64}\n"
            "      n: {type: int64, description: \"a count\"}\n"
            "on_demand_views:\n"
            "  - name: twice\n"
            "    inputs: [stats]\n"
            "    request:\n"
            "      \"factor\": float64\n"
            "    features:\n"
            "      y: {type: float64, expression: \"(stats.x * factor)::float64\"}\n"
            "feature_services:\n"
            "  - name: model\n"
            "    features:\n"
            "      - {view: stats, features: [n]}\n"
            "      - {view: twice}\n");
}

TEST(FeastDefinitions, NamesThePushSourceForPushes) {
  FeastRegistry registry = OneOfEach();
  FeastSource push;
  push.header.name = "rows_push";
  push.type = 9;
  registry.views[0].stream = {push};
  const std::string yaml = Convert(registry).yaml;
  EXPECT_NE(yaml.find("  - name: rows_push\n    path: \"data/rows.parquet\"\n"), std::string::npos) << yaml;
  EXPECT_NE(yaml.find("    source: rows_push\n"), std::string::npos) << yaml;
}

TEST(FeastDefinitions, TakesMappedColumns) {
  FeastRegistry registry = OneOfEach();
  registry.views[0].batch[0].field_mapping = {{"RawX", "x"}};
  EXPECT_NE(Convert(registry).yaml.find("      x: {type: float64, from: \"RawX\"}\n"), std::string::npos);
}

TEST(FeastDefinitions, ChangesNamesThatTheRuleForbids) {
  FeastRegistry registry = OneOfEach();
  registry.views[0].header.name = "Driver-Stats";
  registry.views[0].features[0].name = "X.1";
  registry.on_demand_views.clear();
  registry.services[0].entries = {{"Driver-Stats", "", {{"X.1", kFloat64, "", {}}}, {}}};
  const FeastDefinitions made = Convert(registry);
  EXPECT_NE(made.yaml.find("      x_1: {type: float64, from: \"X.1\"}\n"), std::string::npos) << made.yaml;
  EXPECT_NE(made.yaml.find("{view: driver_stats, features: [x_1]}"), std::string::npos) << made.yaml;
  EXPECT_NE(made.yaml.find("is named driver_stats"), std::string::npos) << made.yaml;
}

TEST(FeastDefinitions, LeavesOutWhatHasNoLikeAndWhatNeedsIt) {
  FeastRegistry registry = OneOfEach();
  registry.views[0].batch[0].type = 2;  // BigQuery
  registry.others = {"permission"};
  const std::string left_out = LeftOut(registry);
  EXPECT_NE(left_out.find("feature view 'stats': its source is no file"), std::string::npos) << left_out;
  EXPECT_NE(left_out.find("on-demand view 'twice': its input is left out: 'stats'"), std::string::npos) << left_out;
  EXPECT_NE(left_out.find("feature service 'model': nothing of it is left"), std::string::npos) << left_out;
  EXPECT_NE(left_out.find("a permission: Larder has nothing like it"), std::string::npos) << left_out;
}

TEST(FeastDefinitions, TellsWhyAViewIsLeftOut) {
  const auto told = [](auto change) {
    FeastRegistry registry = OneOfEach();
    change(registry);
    return LeftOut(registry);
  };
  EXPECT_NE(told([](auto& r) { r.views[0].batch[0].file_uri = "s3://bucket/x"; }).find("where Larder does not read"),
            std::string::npos);
  EXPECT_NE(
      told([](auto& r) { r.views[0].batch[0].file_uri = "${HOME}/x.parquet"; }).find("where Larder does not read"),
      std::string::npos);
  EXPECT_NE(told([](auto& r) { r.views[0].batch.clear(); }).find("no batch source"), std::string::npos);
  EXPECT_NE(told([](auto& r) { r.views[0].batch[0].is_delta = true; }).find("no file"), std::string::npos);
  EXPECT_NE(told([](auto& r) { r.views[0].has_transformation = true; }).find("computes its features itself"),
            std::string::npos);
  EXPECT_NE(told([](auto& r) { r.views[0].entities = {"__dummy"}; }).find("no entity"), std::string::npos);
  EXPECT_NE(told([](auto& r) { r.views[0].features[1].type = kMap; }).find("feature 'n': Larder has no such type"),
            std::string::npos);
  EXPECT_NE(told([](auto& r) { r.views[0].features[1].name = "X"; }).find("left out"), 0U)
      << "two features of one name";
  EXPECT_NE(told([](auto& r) { r.views.push_back(r.views[0]); }).find("has the name stats already"), std::string::npos);
  EXPECT_NE(told([](auto& r) {
              r.views[0].batch[0].field_mapping = {{"ID", "driver_id"}};
            }).find("derive it"),
            std::string::npos);
  EXPECT_NE(told([](auto& r) { r.on_demand_views[0].mode = "python"; }).find("works on lists"), std::string::npos);
  EXPECT_NE(told([](auto& r) { r.on_demand_views[0].body = "import os"; }).find("expressions"), std::string::npos);
  EXPECT_NE(told([](auto& r) { r.on_demand_views[0].has_aggregations = true; }).find("aggregates"), std::string::npos);
  EXPECT_NE(told([](auto& r) {
              r.on_demand_views[0].features.push_back({"z", kFloat64, "", {}});
            }).find("does not give"),
            std::string::npos);
}

TEST(FeastDefinitions, KeepsAliasesAndJoinKeys) {
  FeastRegistry registry = OneOfEach();
  registry.services[0].entries[0].alias = "other";
  registry.services[0].entries[0].join_keys = {{"driver_id", "other_id"}};
  EXPECT_NE(Convert(registry).yaml.find(
                "{view: stats, features: [n], alias: other, join_keys: {\"driver_id\": \"other_id\"}}"),
            std::string::npos);
}

TEST(FeastDefinitions, TakesOneProject) {
  FeastRegistry registry = OneOfEach();
  registry.entities.push_back({{"other", "q", "", "", {}}, kInt64, ""});
  EXPECT_EQ(ConvertFeastRegistry(registry, "").status().reason(), Reason::kUsage);
  EXPECT_EQ(ConvertFeastRegistry(registry, "r").status().reason(), Reason::kUnknownObject);
  const auto made = ConvertFeastRegistry(registry, "q");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->object_count, 1);
}

}  // namespace
}  // namespace larder
