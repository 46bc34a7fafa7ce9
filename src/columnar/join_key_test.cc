#include "columnar/join_key.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "base/hash.h"
#include "tests/arrow_text.h"

namespace larder {
namespace {

using Columns = std::vector<std::shared_ptr<arrow::Array>>;

JoinKeyBatch Encoded(const Columns& columns) {
  JoinKeyBatch keys;
  const Status status = EncodeJoinKeys(columns, keys);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return keys;
}

std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text.push_back(static_cast<char>(byte));
  return text;
}

std::shared_ptr<arrow::Array> Binary(const std::vector<std::string>& values) {
  arrow::BinaryBuilder builder;
  for (const std::string& value : values) EXPECT_TRUE(builder.Append(value).ok());
  return builder.Finish().ValueOrDie();
}

TEST(JoinKeyTest, IntegersOfEqualValueAreEqualBytes) {
  const JoinKeyBatch narrow = Encoded({ArrayOf(TypeKind::kInt32, "[1, -1, 0]")});
  const JoinKeyBatch wide = Encoded({ArrayOf(TypeKind::kInt64, "[1, -1, 0]")});
  for (std::int64_t row = 0; row < 3; ++row) EXPECT_EQ(narrow.key(row), wide.key(row));
  EXPECT_EQ(narrow.key(0), Bytes({0x80, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(narrow.key(1), Bytes({0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
  EXPECT_EQ(narrow.hashes, wide.hashes);
  EXPECT_EQ(narrow.hashes[0], Hash64(narrow.key(0)));
}

TEST(JoinKeyTest, EveryTypeHasItsBytes) {
  EXPECT_EQ(Encoded({ArrayOf(TypeKind::kBool, "[true]")}).key(0), Bytes({1}));
  EXPECT_EQ(Encoded({ArrayOf(TypeKind::kDate, "[3]")}).key(0), Bytes({0x80, 0, 0, 3}));
  EXPECT_EQ(Encoded({ArrayOf(TypeKind::kTimestamp, "[258]")}).key(0), Bytes({0x80, 0, 0, 0, 0, 0, 1, 2}));
  EXPECT_EQ(Encoded({ArrayOf(TypeKind::kString, R"(["ab"])")}).key(0), Bytes({'a', 'b', 0, 0}));
  EXPECT_EQ(Encoded({ArrayOf(TypeKind::kString, R"([""])")}).key(0), Bytes({0, 0}));
  EXPECT_EQ(Encoded({Binary({std::string("a\0b", 3)})}).key(0), Bytes({'a', 0, 0xff, 'b', 0, 0}));
}

TEST(JoinKeyTest, CompositeKeysNeverRunIntoEachOther) {
  const std::vector<std::string> parts = {"",
                                          "a",
                                          "ab",
                                          "b",
                                          std::string(1, '\0'),
                                          std::string("a\0", 2),
                                          std::string("\0a", 2),
                                          "\xff",
                                          std::string("\0\xff", 2)};
  std::vector<std::string> left;
  std::vector<std::string> right;
  for (const auto& a : parts) {
    for (const auto& b : parts) {
      left.push_back(a);
      right.push_back(b);
    }
  }
  const JoinKeyBatch keys = Encoded({Binary(left), Binary(right)});
  std::set<std::string> distinct;
  for (std::int64_t row = 0; row < keys.row_count(); ++row) distinct.emplace(keys.key(row));
  EXPECT_EQ(distinct.size(), left.size());
  for (const std::string& key : distinct) {
    for (const std::string& other : distinct) EXPECT_TRUE(key == other || !other.starts_with(key));
  }
}

TEST(JoinKeyTest, BytesSortAsValuesDo) {
  const JoinKeyBatch numbers =
      Encoded({ArrayOf(TypeKind::kInt64, "[-9223372036854775808, -256, -1, 0, 1, 255, 256, 9223372036854775807]")});
  const JoinKeyBatch texts = Encoded({Binary({"", std::string(1, '\0'), std::string("\0\0", 2), std::string("\0a", 2),
                                              "a", std::string("a\0", 2), "a\x01", "ab", "b", "\xff", "\xff\xff"})});
  for (const JoinKeyBatch& keys : {numbers, texts}) {
    for (std::int64_t row = 1; row < keys.row_count(); ++row) EXPECT_LT(keys.key(row - 1), keys.key(row)) << row;
  }
}

TEST(JoinKeyTest, ANullInAnyColumnMakesANullRow) {
  const JoinKeyBatch keys =
      Encoded({ArrayOf(TypeKind::kString, R"(["a", null, "c", "d"])"), ArrayOf(TypeKind::kInt64, "[1, 2, null, 4]")});
  EXPECT_EQ(keys.is_null, (std::vector<std::uint8_t>{0, 1, 1, 0}));
  EXPECT_EQ(keys.null_count, 2);
  EXPECT_EQ(keys.key(1), "");
  EXPECT_EQ(keys.hashes[2], 0u);
  EXPECT_EQ(keys.key(3), Bytes({'d', 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 4}));
}

TEST(JoinKeyTest, SlicesAndReuseGiveTheSameKeys) {
  const Columns columns = {ArrayOf(TypeKind::kBool, "[true, false, null]"), ArrayOf(TypeKind::kInt32, "[7, -8, 9]"),
                           ArrayOf(TypeKind::kString, R"(["x", "größer", "z"])"), ArrayOf(TypeKind::kDate, "[1, 2, 3]"),
                           ArrayOf(TypeKind::kTimestamp, "[1, 2, 3]")};
  Columns slices;
  for (const auto& column : columns) slices.push_back(Sliced(column));
  const JoinKeyBatch whole = Encoded(columns);
  JoinKeyBatch reused = Encoded({Binary({"something", "else", "that", "was", "longer"})});
  ASSERT_TRUE(EncodeJoinKeys(slices, reused).ok());
  EXPECT_EQ(whole.bytes, reused.bytes);
  EXPECT_EQ(whole.offsets, reused.offsets);
  EXPECT_EQ(whole.hashes, reused.hashes);
  EXPECT_EQ(whole.null_count, reused.null_count);
}

TEST(JoinKeyTest, AnEmptyBatchHasNoKeys) {
  const JoinKeyBatch keys = Encoded({ArrayOf(TypeKind::kString, "[]")});
  EXPECT_EQ(keys.row_count(), 0);
  EXPECT_EQ(keys.offsets, std::vector<std::uint64_t>{0});
}

TEST(JoinKeyTest, RefusesFloatsAndLists) {
  JoinKeyBatch keys;
  const Columns floats = {ArrayOf(TypeKind::kFloat64, "[1.0]")};
  EXPECT_EQ(EncodeJoinKeys(floats, keys).reason(), Reason::kTypeMismatch);
  const Columns lists = {ArrayOf(ValueType::ListOf(TypeKind::kInt64), "[[1]]")};
  EXPECT_EQ(EncodeJoinKeys(lists, keys).reason(), Reason::kTypeMismatch);
}

TEST(JoinKeyTest, DecodesWhatItEncodes) {
  const Columns columns = {ArrayOf(TypeKind::kBool, "[true, false]"),
                           ArrayOf(TypeKind::kInt32, "[-2147483648, 2147483647]"),
                           ArrayOf(TypeKind::kInt64, "[-9223372036854775808, 9223372036854775807]"),
                           ArrayOf(TypeKind::kString, R"(["", "日本\u0000語"])"),
                           Binary({std::string("\0\xff\0", 3), "x"}),
                           ArrayOf(TypeKind::kDate, "[-1, 20000]"),
                           ArrayOf(TypeKind::kTimestamp, "[-1, 1]")};
  std::vector<ValueType> types;
  for (const auto& column : columns) types.push_back(*FromArrow(*column->type()));
  const JoinKeyBatch keys = Encoded(columns);
  const std::vector<std::string_view> views = {keys.key(0), keys.key(1)};
  const auto decoded = DecodeJoinKeys(views, types);
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  for (std::size_t i = 0; i < columns.size(); ++i) EXPECT_TRUE(SameArray(*(*decoded)[i], *columns[i])) << i;
}

TEST(JoinKeyTest, DamagedKeysAreErrors) {
  const auto reason = [](std::string_view key, ValueType type) {
    const std::vector<std::string_view> keys = {key};
    const std::vector<ValueType> types = {type};
    return DecodeJoinKeys(keys, types).status().reason();
  };
  EXPECT_EQ(reason(Bytes({1, 2, 3}), ValueType::Of(TypeKind::kInt64)), Reason::kDamaged);
  EXPECT_EQ(reason(Bytes({2}), ValueType::Of(TypeKind::kBool)), Reason::kDamaged);
  EXPECT_EQ(reason("", ValueType::Of(TypeKind::kBool)), Reason::kDamaged);
  EXPECT_EQ(reason("abc", ValueType::Of(TypeKind::kString)), Reason::kDamaged);
  EXPECT_EQ(reason(Bytes({'a', 0}), ValueType::Of(TypeKind::kString)), Reason::kDamaged);
  EXPECT_EQ(reason(Bytes({'a', 0, 7}), ValueType::Of(TypeKind::kString)), Reason::kDamaged);
  EXPECT_EQ(reason(Bytes({'a', 0, 0, 1}), ValueType::Of(TypeKind::kString)), Reason::kDamaged);
  EXPECT_EQ(reason(Bytes({0x81, 0, 0, 0, 0, 0, 0, 0}), ValueType::Of(TypeKind::kInt32)), Reason::kDamaged);
}

}  // namespace
}  // namespace larder
