#include "sources/column_union.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larder {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<arrow::Schema> Schema(const std::string& name, std::shared_ptr<arrow::DataType> type) {
  return arrow::schema({arrow::field(name, std::move(type))});
}

TEST(ColumnUnion, ColumnsStandInTheOrderOfTheirFirstSight) {
  const Source source;
  ColumnUnion columns(source);
  ASSERT_TRUE(
      columns.Add("a", arrow::Schema({arrow::field("x", arrow::int64()), arrow::field("y", arrow::utf8())})).ok());
  ASSERT_TRUE(
      columns.Add("b", arrow::Schema({arrow::field("z", arrow::int64()), arrow::field("x", arrow::int32())})).ok());
  ASSERT_TRUE(columns.AddPartition("day", ValueType::Of(TypeKind::kDate)).ok());
  const auto united = columns.Finish();
  ASSERT_TRUE(united.ok());
  ASSERT_EQ(united->size(), 4U);
  EXPECT_EQ((*united)[0].name, "x");
  EXPECT_EQ((*united)[0].type, ValueType::Of(TypeKind::kInt64));
  EXPECT_EQ((*united)[1].name, "y");
  EXPECT_EQ((*united)[2].name, "z");
  EXPECT_EQ((*united)[3].type, ValueType::Of(TypeKind::kDate));
}

TEST(ColumnUnion, DeclaredTypesDecide) {
  Source source;
  source.columns = {{"x", ValueType::Of(TypeKind::kFloat64)}};
  ColumnUnion columns(source);
  EXPECT_TRUE(columns.Add("a", *Schema("x", arrow::int64())).ok());
  EXPECT_TRUE(columns.Add("b", *Schema("x", arrow::decimal128(9, 2))).ok());
  const Status status = columns.Add("c", *Schema("x", arrow::utf8()));
  EXPECT_EQ(status.reason(), Reason::kTypeMismatch);
  EXPECT_THAT(std::string(status.message()), HasSubstr("float64"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("string in c"));
}

TEST(ColumnUnion, IntegersAndFloatsDoNotMix) {
  const Source source;
  ColumnUnion columns(source);
  ASSERT_TRUE(columns.Add("a", *Schema("x", arrow::int64())).ok());
  EXPECT_EQ(columns.Add("b", *Schema("x", arrow::float64())).reason(), Reason::kTypeMismatch);
}

TEST(ColumnUnion, UnitsOfTimeAndKindsOfTextAreOneType) {
  const Source source;
  ColumnUnion columns(source);
  ASSERT_TRUE(columns.Add("a", *Schema("t", arrow::timestamp(arrow::TimeUnit::MILLI))).ok());
  EXPECT_TRUE(columns.Add("b", *Schema("t", arrow::timestamp(arrow::TimeUnit::NANO, "UTC"))).ok());
  ASSERT_TRUE(columns.Add("a", *Schema("s", arrow::utf8())).ok());
  EXPECT_TRUE(columns.Add("b", *Schema("s", arrow::dictionary(arrow::int32(), arrow::large_utf8()))).ok());
}

TEST(ColumnUnion, AColumnOfNullsTakesAnyType) {
  const Source source;
  ColumnUnion columns(source);
  ASSERT_TRUE(columns.Add("a", *Schema("x", arrow::null())).ok());
  ASSERT_TRUE(columns.Add("b", *Schema("x", arrow::date32())).ok());
  ASSERT_TRUE(columns.Add("c", *Schema("x", arrow::null())).ok());
  EXPECT_EQ(columns.Finish()->front().type, ValueType::Of(TypeKind::kDate));
}

}  // namespace
}  // namespace larder
