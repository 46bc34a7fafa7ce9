#include "columnar/row_codec.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <random>
#include <string>

#include "tests/arrow_text.h"

namespace larder {
namespace {

using Columns = std::vector<std::shared_ptr<arrow::Array>>;
using Rows = std::vector<std::optional<std::string_view>>;

std::vector<ValueType> EveryType() {
  std::vector<ValueType> types;
  for (int kind = 0; kind < static_cast<int>(TypeKind::kList); ++kind) {
    types.push_back(ValueType::Of(static_cast<TypeKind>(kind)));
  }
  for (int kind = 0; kind < static_cast<int>(TypeKind::kList); ++kind) {
    types.push_back(ValueType::ListOf(static_cast<TypeKind>(kind)));
  }
  return types;
}

// Four rows of every type: values, all null, empty and extreme ones, values again.
Columns EveryColumn() {
  const std::vector<std::string> scalars = {"[true, null, false, true]",
                                            "[7, null, -2147483648, 2147483647]",
                                            "[7, null, -9223372036854775808, 9223372036854775807]",
                                            "[1.5, null, -0.0, 3.4028234663852886e38]",
                                            "[1.5, null, -0.0, 1.7976931348623157e308]",
                                            R"(["größer", null, "", "x"])",
                                            R"(["ab", null, "", "xyz"])",
                                            "[1, null, -62135596800000000, 253402300799999999]",
                                            "[1, null, -719162, 2932896]"};
  const std::vector<std::string> lists = {"[[true, null], null, [], [false]]",
                                          "[[7, null], null, [], [-2147483648]]",
                                          "[[7, null], null, [], [9223372036854775807]]",
                                          "[[1.5, null], null, [], [-0.0]]",
                                          "[[1.5, null], null, [], [-0.0]]",
                                          R"([["größer", null, "", "b"], null, [], [""]])",
                                          R"([["ab", null], null, [], ["", "cd"]])",
                                          "[[1, null], null, [], [-1]]",
                                          "[[1, null], null, [], [-1, 2, 3]]"};
  Columns columns;
  const std::vector<ValueType> types = EveryType();
  for (std::size_t i = 0; i < scalars.size(); ++i) columns.push_back(ArrayOf(types[i], scalars[i]));
  for (std::size_t i = 0; i < lists.size(); ++i) columns.push_back(ArrayOf(types[scalars.size() + i], lists[i]));
  return columns;
}

EncodedRows EncodeAll(const RowLayout& layout, const RowColumns& columns) {
  EncodedRows rows;
  const Status status = EncodeRows(layout, columns, rows);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return rows;
}

std::vector<std::size_t> AllColumns(const RowLayout& layout) {
  std::vector<std::size_t> columns(layout.column_count());
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = i;
  return columns;
}

Rows ViewsOf(const EncodedRows& rows) {
  Rows views;
  for (std::int64_t row = 0; row < rows.row_count(); ++row) views.emplace_back(rows.row(row));
  return views;
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return text;
}

TEST(RowCodecTest, EveryTypeComesBack) {
  const RowLayout layout = *RowLayout::Make(3, EveryType());
  const Columns columns = EveryColumn();
  const EncodedRows rows = EncodeAll(layout, {columns, ArrayOf(TypeKind::kTimestamp, "[1, 2, 3, 4]")});
  const auto decoded = DecodeRows(layout, AllColumns(layout), ViewsOf(rows));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  for (std::size_t i = 0; i < columns.size(); ++i) EXPECT_TRUE(SameArray(*(*decoded)[i], *columns[i])) << i;
  for (std::int64_t row = 0; row < 4; ++row) EXPECT_TRUE(VerifyRow(rows.row(row)).ok());
}

TEST(RowCodecTest, SlicesEncodeAlike) {
  const RowLayout layout = *RowLayout::Make(3, EveryType());
  const Columns columns = EveryColumn();
  Columns slices;
  for (const auto& column : columns) slices.push_back(Sliced(column));
  const auto times = ArrayOf(TypeKind::kTimestamp, "[1, 2, 3, 4]");
  const auto created = ArrayOf(TypeKind::kTimestamp, "[1, null, 3, 4]");
  const auto deleted = ArrayOf(TypeKind::kBool, "[false, null, false, true]");
  EncodedRows rows = EncodeAll(layout, {slices, times->Slice(0, 4), Sliced(created), Sliced(deleted)});
  EXPECT_EQ(rows.bytes, EncodeAll(layout, {columns, times, created, deleted}).bytes);
}

// The bytes by hand, from docs/formats/feature_row.md; the checksums from an independent CRC-32C.
TEST(RowCodecTest, BytesAreThoseOfTheFormatPage) {
  const RowLayout layout = *RowLayout::Make(
      9, {ValueType::Of(TypeKind::kFloat32), ValueType::Of(TypeKind::kString), ValueType::Of(TypeKind::kBool),
          ValueType::ListOf(TypeKind::kInt32), ValueType::Of(TypeKind::kInt64)});
  const Columns columns = {ArrayOf(TypeKind::kFloat32, "[1.5]"), ArrayOf(TypeKind::kString, R"(["SFO"])"),
                           ArrayOf(TypeKind::kBool, "[true]"),
                           ArrayOf(ValueType::ListOf(TypeKind::kInt32), "[[1, null]]"),
                           ArrayOf(TypeKind::kInt64, "[null]")};
  const EncodedRows rows =
      EncodeAll(layout, {columns, ArrayOf(TypeKind::kTimestamp, "[2]"), ArrayOf(TypeKind::kTimestamp, "[3]"), nullptr});
  const std::string header =
      "01"
      "02"
      "0500"
      "09000000"
      "46000000"
      "0200000000000000"
      "0300000000000000";
  const std::string fixed =
      "10"
      "0000c03f"
      "39000000"
      "01"
      "46000000"
      "0000000000000000";
  const std::string variable =
      "53464f"
      "02000000"
      "02"
      "01000000"
      "00000000";
  EXPECT_EQ(Hex(rows.row(0)).substr(8), header + fixed + variable);
  EXPECT_EQ(Hex(rows.row(0)).substr(0, 8), "be151768");
}

TEST(RowCodecTest, ViewsReadSingleValues) {
  const RowLayout layout = *RowLayout::Make(
      1, {ValueType::Of(TypeKind::kInt32), ValueType::Of(TypeKind::kBytes), ValueType::ListOf(TypeKind::kString),
          ValueType::Of(TypeKind::kString), ValueType::Of(TypeKind::kFloat64)});
  const Columns columns = {ArrayOf(TypeKind::kInt32, "[-5]"), ArrayOf(TypeKind::kBytes, R"(["abc"])"),
                           ArrayOf(ValueType::ListOf(TypeKind::kString), R"([["p", null, "qr"]])"),
                           ArrayOf(TypeKind::kString, "[null]"), ArrayOf(TypeKind::kFloat64, "[2.25]")};
  const EncodedRows rows = EncodeAll(layout, {columns, ArrayOf(TypeKind::kTimestamp, "[77]")});
  const RowView view = *RowView::Open(layout, rows.row(0));
  EXPECT_EQ(view.event_time_us(), 77);
  EXPECT_EQ(view.created_time_us(), std::nullopt);
  EXPECT_FALSE(view.is_deleted());
  EXPECT_EQ(view.Int32(0), -5);
  EXPECT_EQ(view.Bytes(1), "abc");
  EXPECT_TRUE(view.is_null(3));
  EXPECT_EQ(view.Bytes(3), "");
  EXPECT_EQ(view.Float64(4), 2.25);
  const RowListView list = *RowListView::Open(TypeKind::kString, view.Bytes(2));
  ASSERT_EQ(list.size(), 3);
  EXPECT_EQ(list.Bytes(0), "p");
  EXPECT_TRUE(list.is_null(1));
  EXPECT_EQ(list.Bytes(2), "qr");
}

TEST(RowCodecTest, NanKeepsItsBits) {
  const RowLayout layout = *RowLayout::Make(1, {ValueType::Of(TypeKind::kFloat64)});
  const auto nan = std::bit_cast<double>(std::uint64_t{0xfff8000000000123});
  arrow::DoubleBuilder builder;
  ASSERT_TRUE(builder.Append(nan).ok());
  const Columns columns = {builder.Finish().ValueOrDie()};
  const EncodedRows rows = EncodeAll(layout, {columns, ArrayOf(TypeKind::kTimestamp, "[0]")});
  EXPECT_EQ(std::bit_cast<std::uint64_t>(RowView::Open(layout, rows.row(0))->Float64(0)), 0xfff8000000000123);
}

TEST(RowCodecTest, ADeletedRowHoldsOnlyNulls) {
  const RowLayout layout = *RowLayout::Make(1, {ValueType::Of(TypeKind::kString), ValueType::Of(TypeKind::kInt64)});
  const Columns columns = {ArrayOf(TypeKind::kString, R"(["secret", "x"])"), ArrayOf(TypeKind::kInt64, "[1, 2]")};
  const EncodedRows rows = EncodeAll(
      layout, {columns, ArrayOf(TypeKind::kTimestamp, "[5, 6]"), nullptr, ArrayOf(TypeKind::kBool, "[true, null]")});
  EXPECT_EQ(rows.row(0).find("secret"), std::string_view::npos);
  EXPECT_TRUE(ReadRowHeader(rows.row(0))->deleted);
  EXPECT_EQ(ReadRowHeader(rows.row(0))->event_time_us, 5);
  EXPECT_FALSE(ReadRowHeader(rows.row(1))->deleted);
  const auto decoded = *DecodeRows(layout, AllColumns(layout), ViewsOf(rows));
  EXPECT_TRUE(SameArray(*decoded[0], *ArrayOf(TypeKind::kString, R"([null, "x"])")));
  EXPECT_TRUE(SameArray(*decoded[1], *ArrayOf(TypeKind::kInt64, "[null, 2]")));
}

TEST(RowCodecTest, AbsentRowsAndChosenColumnsDecode) {
  const RowLayout layout = *RowLayout::Make(1, {ValueType::Of(TypeKind::kString), ValueType::Of(TypeKind::kInt64)});
  const Columns columns = {ArrayOf(TypeKind::kString, R"(["a"])"), ArrayOf(TypeKind::kInt64, "[1]")};
  const EncodedRows rows = EncodeAll(layout, {columns, ArrayOf(TypeKind::kTimestamp, "[5]")});
  const std::vector<std::size_t> chosen = {1};
  const auto decoded = *DecodeRows(layout, chosen, Rows{std::nullopt, rows.row(0)});
  ASSERT_EQ(decoded.size(), 1u);
  EXPECT_TRUE(SameArray(*decoded[0], *ArrayOf(TypeKind::kInt64, "[null, 1]")));
}

TEST(RowCodecTest, NoColumnsAndNoRows) {
  const RowLayout layout = *RowLayout::Make(1, {});
  const EncodedRows rows = EncodeAll(layout, {Columns{}, ArrayOf(TypeKind::kTimestamp, "[5]")});
  EXPECT_EQ(rows.row(0).size(), kRowHeaderSize);
  EXPECT_EQ(EncodeAll(layout, {Columns{}, ArrayOf(TypeKind::kTimestamp, "[]")}).row_count(), 0);
}

TEST(RowCodecTest, WhatDoesNotFitIsRefused) {
  const RowLayout layout = *RowLayout::Make(1, {ValueType::Of(TypeKind::kInt64)});
  EncodedRows rows;
  const Columns narrow = {ArrayOf(TypeKind::kInt32, "[1]")};
  const auto time = ArrayOf(TypeKind::kTimestamp, "[1]");
  EXPECT_EQ(EncodeRows(layout, {narrow, time}, rows).reason(), Reason::kTypeMismatch);
  const Columns right = {ArrayOf(TypeKind::kInt64, "[1]")};
  const auto no_time = ArrayOf(TypeKind::kTimestamp, "[null]");
  EXPECT_EQ(EncodeRows(layout, {right, no_time}, rows).reason(), Reason::kInvalidData);
  const std::vector<ValueType> many(65'536, ValueType::Of(TypeKind::kBool));
  EXPECT_EQ(RowLayout::Make(1, many).status().reason(), Reason::kLimitExceeded);
}

TEST(RowCodecTest, OtherSchemasVersionsAndLengthsAreErrors) {
  const RowLayout layout = *RowLayout::Make(1, {ValueType::Of(TypeKind::kString)});
  const Columns columns = {ArrayOf(TypeKind::kString, R"(["a"])")};
  const EncodedRows rows = EncodeAll(layout, {columns, ArrayOf(TypeKind::kTimestamp, "[5]")});
  const std::string row(rows.row(0));
  const RowLayout other = *RowLayout::Make(2, {ValueType::Of(TypeKind::kString)});
  EXPECT_EQ(RowView::Open(other, row).status().reason(), Reason::kDamaged);
  std::string newer = row;
  newer[4] = 2;
  EXPECT_EQ(RowView::Open(layout, newer).status().reason(), Reason::kNewerFormat);
  for (std::size_t length = 0; length < row.size(); ++length) {
    EXPECT_EQ(RowView::Open(layout, row.substr(0, length)).status().reason(), Reason::kDamaged) << length;
  }
  EXPECT_EQ(RowView::Open(layout, row + "x").status().reason(), Reason::kDamaged);
}

TEST(RowCodecTest, EveryFlippedBitIsFound) {
  const RowLayout layout = *RowLayout::Make(3, EveryType());
  const Columns columns = EveryColumn();
  const EncodedRows rows = EncodeAll(layout, {columns, ArrayOf(TypeKind::kTimestamp, "[1, 2, 3, 4]")});
  std::string row(rows.row(0));
  for (std::size_t bit = 0; bit < row.size() * 8; ++bit) {
    row[bit / 8] = static_cast<char>(row[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(VerifyRow(row).reason(), Reason::kDamaged) << bit;
    row[bit / 8] = static_cast<char>(row[bit / 8] ^ (1 << (bit % 8)));
  }
}

// The checksum is not asked here: whatever the bytes, decoding stays inside them (the sanitizers watch).
TEST(RowCodecTest, HostileBytesAreNeverReadOutOfBounds) {
  const RowLayout layout = *RowLayout::Make(3, EveryType());
  const Columns columns = EveryColumn();
  const EncodedRows rows = EncodeAll(layout, {columns, ArrayOf(TypeKind::kTimestamp, "[1, 2, 3, 4]")});
  std::mt19937 random(20'240'501);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string_view original = rows.row(round % 4);
    const auto bytes = std::make_unique<char[]>(original.size());  // on the heap, so that no slack hides a wild read
    std::copy(original.begin(), original.end(), bytes.get());
    const std::string_view row(bytes.get(), original.size());
    for (int change = 0; change < 3; ++change) {
      bytes[kRowHeaderSize + random() % (row.size() - kRowHeaderSize)] = static_cast<char>(random());
    }
    refused += DecodeRows(layout, AllColumns(layout), Rows{row}).ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace larder
