#include "columnar/table_text.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/arrow_text.h"

namespace larder {
namespace {

std::string TextOf(const std::shared_ptr<arrow::Array>& array) {
  std::string text;
  AppendValueText(*array, 0, text);
  return text;
}

TEST(TableTextTest, ValuesHaveOneText) {
  EXPECT_EQ(TextOf(ArrayOf(TypeKind::kBool, "[false]")), "false");
  EXPECT_EQ(TextOf(ArrayOf(TypeKind::kInt64, "[-5]")), "-5");
  EXPECT_EQ(TextOf(ArrayOf(TypeKind::kFloat32, "[0.1]")), "0.1");
  EXPECT_EQ(TextOf(ArrayOf(TypeKind::kFloat64, "[3]")), "3.0");
  EXPECT_EQ(TextOf(ArrayOf(TypeKind::kFloat64, "[-Inf]")), "-inf");
  EXPECT_EQ(TextOf(ArrayOf(TypeKind::kTimestamp, "[1420203900000000]")), "2015-01-02T13:05:00Z");
  EXPECT_EQ(TextOf(ArrayOf(TypeKind::kDate, "[16437]")), "2015-01-02");
  EXPECT_EQ(TextOf(ArrayOf(TypeKind::kBytes, R"(["ab"])")), "YWI=");
  EXPECT_EQ(TextOf(ArrayOf(ValueType::ListOf(TypeKind::kFloat64), "[[1.5, null, NaN, Inf, -Inf]]")),
            "[1.5,null,NaN,Infinity,-Infinity]");
  EXPECT_EQ(TextOf(ArrayOf(ValueType::ListOf(TypeKind::kString), R"([["a\"b", null]])")), R"(["a\"b",null])");
  EXPECT_EQ(TextOf(ArrayOf(ValueType::ListOf(TypeKind::kDate), "[[1]]")), R"(["1970-01-02"])");
  EXPECT_EQ(TextOf(ArrayOf(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["word"])")), "word");
}

TEST(TableTextTest, ATableIsAligned) {
  const auto rows = BatchOf({{"airport", ArrayOf(TypeKind::kString, R"(["SFO", null, "日本"])")},
                             {"n", ArrayOf(TypeKind::kInt64, "[5, 12345, null]")},
                             {"note", ArrayOf(TypeKind::kString, R"(["a\nb", "größer", ""])")}});
  EXPECT_EQ(FormatTable(*rows, 3, {}),
            "airport      n  note\n"
            "-------  -----  ------\n"
            "SFO          5  a\\nb\n"
            "         12345  größer\n"
            "日本\n");
  EXPECT_EQ(FormatTable(*rows, 1000, {1, 40}),
            "airport  n  note\n"
            "-------  -  ----\n"
            "SFO      5  a\\nb\n"
            "(1 of 1000 rows)\n");
}

TEST(TableTextTest, LongTextsAreCutByTheirWidth) {
  const auto rows =
      BatchOf({{"x", ArrayOf(TypeKind::kString, R"(["abcdef", "abcdefg", "日本語日本語", "\u001b[31m"])")}});
  EXPECT_EQ(FormatTable(*rows, 4, {20, 6}),
            "x\n"
            "------\n"
            "abcdef\n"
            "abcde…\n"
            "日本…\n"
            "\xef\xbf\xbd[31m\n");
}

TEST(TableTextTest, EmptyTables) {
  EXPECT_EQ(FormatTable(*BatchOf({{"x", ArrayOf(TypeKind::kInt64, "[]")}}), 0, {}), "x\n-\n");
}

}  // namespace
}  // namespace larder
