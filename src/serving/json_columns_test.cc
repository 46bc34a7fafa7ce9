#include "serving/json_columns.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/table.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace larder {
namespace {

Result<std::shared_ptr<arrow::Array>> Read(const std::string& json, ValueType type) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  return ReadJsonColumn(document.root(), type, "entities.x");
}

// Reads values of a type and writes them again.
std::string Again(const std::string& json, ValueType type) {
  const auto values = Read(json, type);
  if (!values.ok()) return std::string(Describe(values.status().reason()).name);
  std::string text = "[";
  for (std::int64_t row = 0; row < (*values)->length(); ++row) {
    if (row > 0) text += ",";
    AppendJsonValue(**values, row, {true}, text);
  }
  return text + "]";
}

TEST(JsonColumnsTest, IntegersTakeNoFractionAndExactText) {
  const auto int64 = ValueType::Of(TypeKind::kInt64);
  EXPECT_EQ(Again("[1, -2, null, \"9223372036854775807\", 3.0]", int64), "[1,-2,null,9223372036854775807,3]");
  EXPECT_EQ(Again("[1001.5]", int64), "type_mismatch");
  EXPECT_EQ(Again("[\"1001.5\"]", int64), "type_mismatch");
  EXPECT_EQ(Again("[9223372036854775808]", int64), "type_mismatch");
  EXPECT_EQ(Again("[true]", int64), "type_mismatch");
  EXPECT_EQ(Again("[2147483648]", ValueType::Of(TypeKind::kInt32)), "type_mismatch");
  EXPECT_EQ(Again("[2147483647]", ValueType::Of(TypeKind::kInt32)), "[2147483647]");
}

TEST(JsonColumnsTest, FloatsShowAPointOrExponent) {
  EXPECT_EQ(Again("[1, 0.1, 1e300, \"2.5\"]", ValueType::Of(TypeKind::kFloat64)), "[1.0,0.1,1e+300,2.5]");
  EXPECT_EQ(Again("[0.1]", ValueType::Of(TypeKind::kFloat32)), "[0.1]");
  EXPECT_EQ(Again("[\"x\"]", ValueType::Of(TypeKind::kFloat64)), "type_mismatch");
}

TEST(JsonColumnsTest, OtherTypesTravelAsText) {
  EXPECT_EQ(Again("[\"AAE=\", null]", ValueType::Of(TypeKind::kBytes)), "[\"AAE=\",null]");
  EXPECT_EQ(Again("[\"A\"]", ValueType::Of(TypeKind::kBytes)), "type_mismatch");
  EXPECT_EQ(Again("[\"2015-01-02T13:05:00+01:00\"]", ValueType::Of(TypeKind::kTimestamp)),
            "[\"2015-01-02T12:05:00.000000Z\"]");
  EXPECT_EQ(Again("[\"2015-01-02T13:05:00.1234567Z\"]", ValueType::Of(TypeKind::kTimestamp)), "inexact_value");
  EXPECT_EQ(Again("[\"2015-02-29\"]", ValueType::Of(TypeKind::kDate)), "invalid_timestamp");
  EXPECT_EQ(Again("[\"2016-02-29\"]", ValueType::Of(TypeKind::kDate)), "[\"2016-02-29\"]");
  EXPECT_EQ(Again("[true, \"false\"]", ValueType::Of(TypeKind::kBool)), "[true,false]");
  EXPECT_EQ(Again("[\"\\u00e9\\n\"]", ValueType::Of(TypeKind::kString)), "[\"\u00e9\\n\"]");
  EXPECT_EQ(Again("[7]", ValueType::Of(TypeKind::kString)), "type_mismatch");
}

TEST(JsonColumnsTest, TimestampsAreSecondsToo) {
  const auto timestamp = ValueType::Of(TypeKind::kTimestamp);
  EXPECT_EQ(Again("[1767398400, -1, 0]", timestamp),
            "[\"2026-01-03T00:00:00.000000Z\",\"1969-12-31T23:59:59.000000Z\",\"1970-01-01T00:00:00.000000Z\"]");
  EXPECT_EQ(Again("[253402300799]", timestamp), "[\"9999-12-31T23:59:59.000000Z\"]");
  EXPECT_EQ(Again("[253402300800]", timestamp), "type_mismatch");
  EXPECT_EQ(Again("[-9223372036854775808]", timestamp), "type_mismatch");
  EXPECT_EQ(Again("[1.5]", timestamp), "type_mismatch");
  EXPECT_EQ(Again("[1]", ValueType::Of(TypeKind::kDate)), "type_mismatch");
}

TEST(JsonColumnsTest, ListsAreArrays) {
  const auto floats = ValueType::ListOf(TypeKind::kFloat32);
  EXPECT_EQ(Again("[[1, 2.5], [], null, [null]]", floats), "[[1.0,2.5],[],null,[null]]");
  EXPECT_EQ(Again("[1]", floats), "type_mismatch");
  EXPECT_EQ(Again("[[[1]]]", floats), "type_mismatch");
}

TEST(JsonColumnsTest, MessagesNameThePlace) {
  const auto failed = Read("[1, \"x\"]", ValueType::Of(TypeKind::kInt64));
  EXPECT_EQ(failed.status().message(), "entities.x[1] is no int64: \"x\"");
}

TEST(JsonColumnsTest, WritesWhatJsonCannotHoldAsNull) {
  arrow::DoubleBuilder builder;
  ASSERT_TRUE(builder.AppendValues({std::nan(""), std::numeric_limits<double>::infinity(), -0.0}).ok());
  const auto values = *builder.Finish();
  std::string text;
  for (std::int64_t row = 0; row < 3; ++row) AppendJsonValue(*values, row, {}, text), text += " ";
  EXPECT_EQ(text, "null null -0.0 ");
}

TEST(JsonColumnsTest, TimestampsBeforeTheEpochRoundDownToSeconds) {
  const auto values = Read("[\"1969-12-31T23:59:59.5Z\"]", ValueType::Of(TypeKind::kTimestamp));
  ASSERT_TRUE(values.ok());
  std::string text;
  AppendJsonValue(**values, 0, {false}, text);
  EXPECT_EQ(text, "-1");
}

Result<std::shared_ptr<arrow::Table>> ReadTable(const std::string& json, std::int64_t max_rows = 10) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  return ReadJsonTable(document.root(), {{"k", ValueType::Of(TypeKind::kInt32)}}, max_rows);
}

TEST(JsonTableTest, GuessesWhatIsNotKnown) {
  const auto table = ReadTable(R"({"k": [1, 2], "a": [1, 2], "b": [1, 2.5], "c": ["x", null], "d": [null, null]})");
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ((*table)->schema()->ToString(), "k: int32\na: int64\nb: double\nc: string");
  EXPECT_EQ((*table)->num_rows(), 2);
}

TEST(JsonTableTest, RefusesWhatIsNoTable) {
  EXPECT_EQ(ReadTable(R"({"k": [1], "a": [1, 2]})").status().reason(), Reason::kUnequalLists);
  EXPECT_EQ(ReadTable(R"({"k": 1})").status().reason(), Reason::kMalformedRequest);
  EXPECT_EQ(ReadTable(R"({"a": [1, "x"]})").status().reason(), Reason::kTypeMismatch);
  EXPECT_EQ(ReadTable(R"({"k": [1, 2, 3]})", 2).status().reason(), Reason::kLimitExceeded);
  EXPECT_EQ(ReadTable(R"({"k": [1], "k": [2]})").status().reason(), Reason::kMalformedJson);
  EXPECT_EQ(ReadTable(R"([1])").status().reason(), Reason::kMalformedRequest);
}

TEST(JsonDocumentTest, RefusesWhatIsNoJson) {
  for (const char* body : {"", "{", "{\"a\": }", "\xff", "{\"a\": 1e999}", "nul"}) {
    EXPECT_EQ(JsonDocument::Parse(body).status().reason(), Reason::kMalformedJson) << body;
  }
  EXPECT_EQ(JsonDocument::Parse(std::string(100, '[') + std::string(100, ']')).status().reason(),
            Reason::kMalformedJson);
}

}  // namespace
}  // namespace larder
