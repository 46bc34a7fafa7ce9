#include "definitions/window_check.h"

#include <gtest/gtest.h>

#include <map>

#include "definitions/canonical_text.h"
#include "definitions/definition_files.h"

namespace larder {
namespace {

using Texts = std::vector<std::string>;

class FakeSchemas final : public SourceSchemaProvider {
 public:
  Result<std::vector<SourceColumn>> Columns(const Source&) override {
    const auto column = [](const std::string& name, ValueType type) {
      return SourceColumn{name, type, TypeName(type)};
    };
    return std::vector<SourceColumn>{
        column("k", ValueType::Of(TypeKind::kString)),       column("t", ValueType::Of(TypeKind::kTimestamp)),
        column("x", ValueType::Of(TypeKind::kFloat64)),      column("n", ValueType::Of(TypeKind::kInt32)),
        column("name", ValueType::Of(TypeKind::kString)),    column("id", ValueType::Of(TypeKind::kInt64)),
        column("list", ValueType::ListOf(TypeKind::kInt64)), column("flag", ValueType::Of(TypeKind::kBool))};
  }
};

SourceCheck Check(const std::string& aggregations, const std::string& source = "timestamp: t",
                  const std::string& rest = "") {
  const auto set = ParseDefinitions(
      {{"f.yaml", "entities: [{name: k, type: string}]\nsources: [{name: s, path: x.csv, " + source +
                      "}]\nfeature_views:\n  - name: v\n    entities: [k]\n    source: s\n    aggregations:\n" +
                      aggregations + rest}});
  EXPECT_TRUE(set.ok()) << set.status().ToString();
  FakeSchemas schemas;
  return CheckAgainstSources(*set, schemas);
}

Texts FaultsOf(const SourceCheck& check) {
  Texts texts;
  for (const Fault& fault : check.faults) texts.push_back(fault.Place() + ": " + fault.message);
  return texts;
}

TEST(WindowCheckTest, TypesAndColumnsComeOutOfTheSource) {
  const SourceCheck check = Check(
      "      a: {function: sum, of: n, windows: [1h]}\n"
      "      b: {function: mean, of: x * 2, windows: [1h], where: flag}\n"
      "      c: {function: max, of: name, windows: [1h, 1d]}\n"
      "      d: {function: count, windows: [lifetime]}\n",
      "timestamp: t, event_id: id");
  EXPECT_EQ(FaultsOf(check), Texts{});
  const FeatureView& view = **check.typed.FindFeatureView("v");
  EXPECT_TRUE(view.is_typed());
  ASSERT_EQ(view.features.size(), 5U);
  EXPECT_EQ(TypeName(view.features[0].type), "int64");
  EXPECT_EQ(TypeName(view.features[1].type), "float64");
  EXPECT_EQ(TypeName(view.features[2].type), "string");
  EXPECT_EQ(TypeName(view.features[3].type), "string");
  EXPECT_EQ(TypeName(view.features[4].type), "int64");
  Texts columns;
  for (const ColumnType& column : view.columns) columns.push_back(column.name + " " + TypeName(column.type));
  EXPECT_EQ(columns, (Texts{"n int32", "x float64", "flag bool", "name string", "id int64"}));
  const auto events = EventView(view);
  EXPECT_FALSE(events->is_windowed());
  ASSERT_EQ(events->features.size(), 5U);
  EXPECT_EQ(events->features[1].from, "x");
}

TEST(WindowCheckTest, TheTypedTextReadsBackToItself) {
  const SourceCheck check = Check("      a: {function: sum, of: n, windows: [1h]}\n");
  const auto object = check.typed.FindView("v");
  ASSERT_TRUE(object.ok());
  const auto back = ParseCanonicalText(ObjectKind::kFeatureView, CanonicalText(*object));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(CanonicalText(*back), CanonicalText(*object));
  EXPECT_TRUE(std::get<std::shared_ptr<const FeatureView>>(*back)->is_typed());
}

TEST(WindowCheckTest, WhatDoesNotFitIsTold) {
  const Texts faults =
      FaultsOf(Check("      a: {function: sum, of: name, windows: [1h]}\n"
                     "      b: {function: mean, of: y, windows: [1h]}\n"
                     "      c: {function: count, windows: [1h], where: x}\n"
                     "      d: {function: count, windows: [1h], per: name}\n"
                     "      e: {function: count, windows: [1h], per: nam, top: 3}\n"
                     "      f: {function: count, windows: [1h], per: x, top: 3}\n"
                     "      g: {function: sum, of: n, windows: [1h], type: float64}\n"
                     "      h: {function: count, windows: [1h], per: flag}\n"));
  ASSERT_EQ(faults.size(), 8U);
  EXPECT_TRUE(faults[0].starts_with("f.yaml:8:10: feature_views[0].aggregations.a: ")) << faults[0];
  EXPECT_NE(faults[1].find("aggregations.b.of: "), std::string::npos) << faults[1];
  EXPECT_NE(faults[2].find("a condition that is no bool: `where` has type float64"), std::string::npos);
  EXPECT_NE(faults[3].find("`per` over a column of unbounded values without `top`: 'name'"), std::string::npos);
  EXPECT_NE(faults[4].find("no column 'nam' for `per`"), std::string::npos);
  EXPECT_NE(faults[5].find("`per` over a column of type float64: 'x'"), std::string::npos);
  EXPECT_NE(faults[6].find("aggregation 'g' is declared float64, it has type int64"), std::string::npos);
  EXPECT_NE(faults[7].find("`per` is not available in this version"), std::string::npos);
}

TEST(WindowCheckTest, AWindowNeedsAnEventTime) {
  const Texts faults = FaultsOf(Check("      a: {function: count, windows: [1h]}\n", "nulls: [x]"));
  EXPECT_EQ(faults, (Texts{"f.yaml:6:13: feature_views[0].source: a window view over a source without event time: "
                           "'s'"}));
}

TEST(WindowCheckTest, OnDemandViewsOverWindowsAreTypedWithThem) {
  const std::string aggregations = "      a: {function: mean, of: x, windows: [1h]}\n";
  EXPECT_EQ(FaultsOf(Check(aggregations, "timestamp: t",
                           "on_demand_views:\n  - {name: o, inputs: [v], features: {y: {type: float64, expression: "
                           "a_1h * 2}}}\n")),
            Texts{});
  const Texts faults = FaultsOf(Check(aggregations, "timestamp: t",
                                      "on_demand_views:\n  - {name: o, inputs: [v], features: {y: {type: int64, "
                                      "expression: a_1h * 2}}}\n"));
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].find("feature 'y' is declared int64, its expression has type float64"), std::string::npos);
}

}  // namespace
}  // namespace larder
