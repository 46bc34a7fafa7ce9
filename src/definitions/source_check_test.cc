#include "definitions/source_check.h"

#include <gtest/gtest.h>

#include <map>

#include "definitions/definition_files.h"

namespace larder {
namespace {

/// Knows columns by the path of the source.
class FakeSchemas final : public SourceSchemaProvider {
 public:
  explicit FakeSchemas(std::map<std::string, std::vector<SourceColumn>> columns) : columns_(std::move(columns)) {}
  Result<std::vector<SourceColumn>> Columns(const Source& source) override {
    const auto found = columns_.find(source.path);
    if (found == columns_.end()) return Status(Reason::kFileNotFound, "no file: " + source.path, "check the path");
    return found->second;
  }

 private:
  std::map<std::string, std::vector<SourceColumn>> columns_;
};

SourceColumn Column(const std::string& name, TypeKind kind) {
  return {name, ValueType::Of(kind), TypeName(ValueType::Of(kind))};
}

const std::vector<SourceColumn> kColumns = {
    Column("id", TypeKind::kInt64),
    Column("at", TypeKind::kTimestamp),
    Column("day", TypeKind::kDate),
    Column("text", TypeKind::kString),
    Column("amount", TypeKind::kFloat64),
    {"vector", ValueType::ListOf(TypeKind::kFloat64), "list<double>"},
    {"odd", std::nullopt, "decimal128(10, 2)"},
};

std::vector<std::string> Check(const std::string& source, const std::string& views) {
  const std::string text =
      "entities: [{name: id, type: int32}, {name: text, type: string}, {name: day, type: timestamp}]\n"
      "sources:\n  - {name: s, path: x.csv, " +
      source + "}\n" + views;
  const auto set = ParseDefinitions({{"f.yaml", text}});
  EXPECT_TRUE(set.ok()) << set.status().ToString();
  FakeSchemas schemas({{"x.csv", kColumns}});
  std::vector<std::string> faults;
  for (const Fault& fault : CheckAgainstSources(*set, schemas).faults) {
    faults.push_back(fault.Place() + ": " + fault.message + (fault.hint.empty() ? "" : " (" + fault.hint + ")"));
  }
  return faults;
}

using Texts = std::vector<std::string>;

TEST(SourceCheckTest, WhatFitsHasNoFaults) {
  EXPECT_EQ(Check("timestamp: when, created: text, event_id: id, where: twice > 1, deleted: text = 'x', "
                  "derive: {twice: amount * 2, when: at + days(1)}",
                  "feature_views:\n  - {name: v, entities: [id, text], source: s, features: {amount: float32, "
                  "whole: {type: int32, from: twice}, vector: list<float32>, start: {type: timestamp, from: day}}}\n"),
            Texts{});
}

TEST(SourceCheckTest, TimesMustBeTimes) {
  EXPECT_EQ(Check("timestamp: day", ""), Texts{});
  EXPECT_EQ(
      Check("timestamp: id, created: amount", ""),
      (Texts{"f.yaml:3:39: sources[0].timestamp: column 'id' is no time: it has type int64 (a time is a timestamp, "
             "a date or ISO text; derive one, such as t: to_timestamp(id))",
             "f.yaml:3:52: sources[0].created: column 'amount' is no time: it has type float64 (a time is a "
             "timestamp, a date or ISO text; derive one, such as t: to_timestamp(amount))"}));
}

TEST(SourceCheckTest, MissingColumnsNameTheNearest) {
  EXPECT_EQ(Check("timestamp: att, event_id: idd", ""),
            (Texts{"f.yaml:3:39: sources[0].timestamp: no column 'att' in source 's' (did you mean 'at'?)",
                   "f.yaml:3:54: sources[0].event_id: no column 'idd' in source 's' (did you mean 'id'?)"}));
  const Texts faults = Check("timestamp: at",
                             "feature_views:\n  - {name: v, entities: [id], source: s, features: {ammount: float64, "
                             "far: {type: int64, from: nothing_like_it}}}\n");
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(
      faults[0],
      "f.yaml:5:62: feature_views[0].features.ammount: no column 'ammount' in source 's' (did you mean 'amount'?)");
  EXPECT_EQ(
      faults[1],
      "f.yaml:5:96: feature_views[0].features.far.from: no column 'nothing_like_it' in source 's' (its columns are "
      "id, at, day, text, amount, vector, odd)");
}

TEST(SourceCheckTest, TypesOfKeysAndFeaturesMustFit) {
  const Texts faults = Check("timestamp: at",
                             "feature_views:\n  - {name: v, entities: [id, day], source: s, features: {text: int64, "
                             "amount: string, vector: float32}}\n");
  EXPECT_EQ(
      faults,
      (Texts{"f.yaml:5:30: feature_views[0].entities[1]: join key 'day' of source 's' has type date, entity 'day' "
             "has timestamp (change the entity's type, or derive a column with a cast, such as day::timestamp)",
             "f.yaml:5:64: feature_views[0].features.text: feature 'text' has type int64, its column 'text' has "
             "string (change the type, or derive a column with a cast, such as text::int64)",
             "f.yaml:5:79: feature_views[0].features.amount: feature 'amount' has type string, its column 'amount' "
             "has float64 (change the type, or derive a column with a cast, such as amount::string)",
             "f.yaml:5:95: feature_views[0].features.vector: feature 'vector' has type float32, its column 'vector' "
             "has list<float64> (change the type, or derive a column with a cast, such as vector::float32)"}));
}

TEST(SourceCheckTest, ExpressionsAreTypedInOrder) {
  const Texts faults = Check(
      "where: amount + 1, deleted: amont > 1, derive: {a: amount * 2, b: a + c, c: a + 1, at: amount, d: odd}", "");
  ASSERT_EQ(faults.size(), 5u);
  EXPECT_TRUE(faults[0].starts_with("f.yaml:3:98: sources[0].derive.b: ")) << faults[0];  // c comes later
  EXPECT_TRUE(faults[1].starts_with("f.yaml:3:115: sources[0].derive.at: a derived column named like a column"))
      << faults[1];
  EXPECT_EQ(faults[2],
            "f.yaml:3:126: sources[0].derive.d: column 'odd' has a type that no feature can carry: decimal128(10, 2) "
            "(declare a type for it under `columns:` of the source, or convert it in the file)");
  EXPECT_EQ(faults[3],
            "f.yaml:3:35: sources[0].where: a condition that is no bool: `where` has type float64 (write a comparison, "
            "such as x = 1)");
  EXPECT_TRUE(faults[4].starts_with("f.yaml:3:56: sources[0].deleted: ")) << faults[4];
  EXPECT_NE(faults[4].find("'amount'"), std::string::npos) << faults[4];
}

TEST(SourceCheckTest, AnUnsupportedTypeIsAFaultOnlyWhenNamed) {
  EXPECT_EQ(Check("timestamp: at", "").size(), 0u);
  EXPECT_EQ(Check("timestamp: odd", "").size(), 1u);
}

TEST(SourceCheckTest, ASourceThatCannotBeReadIsOneFault) {
  const auto set = ParseDefinitions(
      {{"f.yaml",
        "entities: [{name: id, type: int64}]\nsources:\n  - {name: s, path: missing.csv, timestamp: at}\n"
        "feature_views:\n  - {name: v, entities: [id], source: s, features: {a: int64}}\n"}});
  ASSERT_TRUE(set.ok());
  FakeSchemas schemas({});
  const std::vector<Fault> faults = CheckAgainstSources(*set, schemas).faults;
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].Place(), "f.yaml:3:21: sources[0].path");
  EXPECT_EQ(faults[0].message, "source 's': no file: missing.csv");
}

TEST(SourceCheckTest, ColumnsAfterDeriveHaveTypes) {
  Source source;
  source.header.name = "s";
  source.derive = {{"x", {"amount / 2", {}, {}}}, {"y", {"x > 1.0", {}, {}}}};
  const auto columns = ColumnsAfterDerive(source, kColumns);
  ASSERT_TRUE(columns.ok()) << columns.status().ToString();
  ASSERT_EQ(columns->size(), kColumns.size() + 2);
  EXPECT_EQ(columns->back().name, "y");
  EXPECT_EQ(columns->back().type, ValueType::Of(TypeKind::kBool));
}

TEST(SourceCheckTest, EqualNamesOfTwoInputsNeedTheView) {
  const std::string views =
      "entities: [{name: e, type: int64}]\nsources: [{name: s, path: x.csv}]\n"
      "feature_views:\n"
      "  - {name: v, entities: [e], source: s, features: {a: int64}}\n"
      "  - {name: w, entities: [e], source: s, features: {a: string}}\n"
      "on_demand_views:\n  - {name: o, inputs: [v, w], features: {x: {type: int64, expression: ";
  EXPECT_TRUE(ParseDefinitions({{"f.yaml", views + "v.a + 1}}}\n"}}).ok());
  EXPECT_FALSE(ParseDefinitions({{"f.yaml", views + "w.a + 1}}}\n"}}).ok());
  EXPECT_FALSE(ParseDefinitions({{"f.yaml", views + "a + 1}}}\n"}}).ok());
}

}  // namespace
}  // namespace larder
