#include "tests/cases/case_table.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace larder::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<arrow::Table> Table(std::string_view body) {
  const Result<TextTable> text = ReadTextTable(body);
  EXPECT_TRUE(text.ok()) << text.status().ToString();
  const auto table = MakeTable(*text);
  EXPECT_TRUE(table.ok()) << table.status().ToString();
  return table.ok() ? *table : nullptr;
}

TEST(CaseTable, CellsAreSplitOutsideOfQuotesAndBrackets) {
  EXPECT_THAT(SplitCells(R"( a, "b, c" , [1; 2], decimal(10, 2), )"),
              ElementsAre("a", R"("b, c")", "[1; 2]", "decimal(10, 2)", ""));
}

TEST(CaseTable, EveryTypeOfDefinitions) {
  const auto table = Table(
      "b: bool, i: int32, j: int64, f: float32, d: float64, s: string, y: bytes, t: timestamp, e: date, l: "
      "list<int64>\n"
      "true, -1, 9223372036854775807, 0.1, nan, \"a, \\\"b\\\"\", 00ff, 2015-01-02T03:04:05.000006Z, 1969-12-31, [1; "
      "null]\n"
      "null, null, null, null, null, null, null, null, null, null\n");
  ASSERT_NE(table, nullptr);
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (const auto& column : table->columns()) {
    first.push_back(CellText(*column, 0));
    second.push_back(CellText(*column, 1));
  }
  EXPECT_THAT(first, ElementsAre("true", "-1", "9223372036854775807", "0.1", testing::AnyOf("NaN", "nan"),
                                 "\"a, \"b\"\"", "AP8=", "2015-01-02T03:04:05.000006Z", "1969-12-31", "[1,null]"));
  EXPECT_THAT(second, testing::Each("null"));
}

TEST(CaseTable, TypesOfOtherWriters) {
  const auto table = Table(
      "a: uint64, b: int8, c: large_string, d: dictionary, e: fixed_bytes(2), f: decimal(10, 2), g: date64, "
      "h: timestamp[ns], i: timestamp[s, Europe/Berlin], j: timestamp[ms]\n"
      "18446744073709551615, -128, x, y, 0a0b, 12.50, 2015-01-02, 1420070400000000001, 2015-01-01T00:00:00Z, 1500\n");
  ASSERT_NE(table, nullptr);
  std::vector<std::string> types;
  for (const auto& field : table->schema()->fields()) types.push_back(field->type()->ToString());
  EXPECT_THAT(types, ElementsAre("uint64", "int8", "large_string", HasSubstr("dictionary"), "fixed_size_binary[2]",
                                 "decimal128(10, 2)", "date64[ms]", "timestamp[ns]", "timestamp[s, tz=Europe/Berlin]",
                                 "timestamp[ms]"));
  EXPECT_EQ((*table->column(7)->GetScalar(0))->ToString(), "2015-01-01 00:00:00.000000001");
  EXPECT_EQ((*table->column(9)->GetScalar(0))->ToString(), "1970-01-01 00:00:01.500");
}

TEST(CaseTable, DifferencesAreNamed) {
  const auto table = Table("a: int64, s: string\n1, null\n2, x\n");
  EXPECT_EQ(Difference(*table, *Table("a: int64, s: string\n1, null\n2, x\n")), std::nullopt);
  EXPECT_THAT(*Difference(*table, *Table("a: int32, s: string\n1, null\n2, x\n")),
              HasSubstr("columns: expected a: int64"));
  EXPECT_THAT(*Difference(*table, *Table("a: int64, s: string\n1, null\n")), HasSubstr("rows: expected 2; got 1"));
  EXPECT_THAT(*Difference(*table, *Table("a: int64, s: string\n1, \"null\"\n2, x\n")),
              HasSubstr("row 1, s: expected null; got \"null\""));
}

TEST(CaseTable, FloatsDifferByTheirBits) {
  const auto table = Table("d: float64\n0.0\nnan\n");
  EXPECT_EQ(Difference(*table, *Table("d: float64\n0.0\nnan\n")), std::nullopt);
  EXPECT_THAT(*Difference(*table, *Table("d: float64\n-0.0\nnan\n")), HasSubstr("row 1, d: expected 0.0; got -0.0"));
}

TEST(CaseTable, MistakesInACaseAreErrors) {
  EXPECT_FALSE(ReadTextTable("a: int64\n1, 2\n").ok());
  EXPECT_FALSE(ReadTextTable("\n").ok());
  EXPECT_FALSE(MakeTable(*ReadTextTable("a: number\n1\n")).ok());
  EXPECT_THAT(MakeTable(*ReadTextTable("a: int64\nx\n")).status().ToString(), HasSubstr("column a"));
}

}  // namespace
}  // namespace larder::cases
