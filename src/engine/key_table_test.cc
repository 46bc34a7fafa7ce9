#include "engine/key_table.h"

#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <gtest/gtest.h>

#include "base/hash.h"

namespace larder {
namespace {

using Ids = std::vector<std::uint32_t>;
using Columns = std::vector<std::shared_ptr<arrow::Array>>;

template <class Builder, class T>
std::shared_ptr<arrow::Array> ArrayOf(const std::vector<std::optional<T>>& values) {
  Builder builder;
  for (const std::optional<T>& value : values) {
    EXPECT_TRUE((value.has_value() ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Strings(const std::vector<std::optional<std::string>>& values) {
  return ArrayOf<arrow::StringBuilder, std::string>(values);
}
std::shared_ptr<arrow::Array> Int64s(const std::vector<std::optional<std::int64_t>>& values) {
  return ArrayOf<arrow::Int64Builder, std::int64_t>(values);
}
std::shared_ptr<arrow::Array> Int32s(const std::vector<std::optional<std::int32_t>>& values) {
  return ArrayOf<arrow::Int32Builder, std::int32_t>(values);
}

Ids FindOrAdd(KeyTable& table, const Columns& columns) {
  Ids ids(static_cast<std::size_t>(columns[0]->length()));
  EXPECT_TRUE(table.FindOrAdd(columns, ids).ok());
  return ids;
}

Ids Find(const KeyTable& table, const Columns& columns) {
  Ids ids(static_cast<std::size_t>(columns[0]->length()));
  EXPECT_TRUE(table.Find(columns, ids).ok());
  return ids;
}

std::unique_ptr<KeyTable> NewTable(const std::vector<TypeKind>& kinds, MemoryBudget& memory) {
  std::vector<ValueType> types;
  for (const TypeKind kind : kinds) types.push_back(ValueType::Of(kind));
  return NewKeyTable(types, memory);
}

TEST(KeyTable, NumbersKeysInTheOrderOfAppearance) {
  MemoryBudget memory(1 << 20);
  const auto words = NewTable({TypeKind::kInt64}, memory);
  EXPECT_EQ(FindOrAdd(*words, {Int64s({7, -1, 7, {}, INT64_MIN})}), (Ids{0, 1, 0, kNullKeyId, 2}));
  EXPECT_EQ(Find(*words, {Int64s({INT64_MIN, 8, {}, -1})}), (Ids{2, kUnknownKeyId, kNullKeyId, 1}));
  const auto texts = NewTable({TypeKind::kString}, memory);
  EXPECT_EQ(FindOrAdd(*texts, {Strings({"b", "", "b", {}, std::string("\0", 1)})}), (Ids{0, 1, 0, kNullKeyId, 2}));
  EXPECT_EQ(Find(*texts, {Strings({"", "c", {}, "b"})}), (Ids{1, kUnknownKeyId, kNullKeyId, 0}));
  EXPECT_EQ(texts->key_count(), 3U);
}

TEST(KeyTable, FindsIntegersOfTheOtherWidth) {
  MemoryBudget memory(1 << 20);
  const auto words = NewTable({TypeKind::kInt32}, memory);
  FindOrAdd(*words, {Int32s({-1, INT32_MAX})});
  EXPECT_EQ(Find(*words, {Int64s({-1, 0xffffffffLL, INT32_MAX})}), (Ids{0, kUnknownKeyId, 1}));
  const auto pairs = NewTable({TypeKind::kInt64, TypeKind::kString}, memory);
  FindOrAdd(*pairs, {Int64s({-1}), Strings({"a"})});
  EXPECT_EQ(Find(*pairs, {Int32s({-1}), Strings({"a"})}), (Ids{0}));
}

TEST(KeyTable, DoesNotConfuseColumnsOfACompositeKey) {
  MemoryBudget memory(1 << 20);
  const auto table = NewTable({TypeKind::kString, TypeKind::kString}, memory);
  EXPECT_EQ(FindOrAdd(*table, {Strings({"a", "ab", "", {}}), Strings({"bc", "c", "abc", "abc"})}),
            (Ids{0, 1, 2, kNullKeyId}));
}

// XXH3 multiplies the first eight bytes of a key of 17 to 32 bytes, xor its own first eight secret bytes, by the next
// eight: when the first are the secret, the next do not matter.
TEST(KeyTable, KeepsKeysOfEqualHashApart) {
  const std::string secret = "\xb8\xfe\x6c\x39\x23\xa4\x4b\xbe";
  const std::string tail = "fourteen bytes";
  const std::string one = secret + "12345678" + tail;
  const std::string other = secret + "abcdefgh" + tail;
  // As keys are encoded: two zero bytes end a string.
  ASSERT_EQ(Hash64(one + std::string(2, '\0')), Hash64(other + std::string(2, '\0')));
  MemoryBudget memory(1 << 20);
  const auto table = NewTable({TypeKind::kBytes}, memory);
  const auto bytes = [](const std::vector<std::optional<std::string>>& values) {
    return ArrayOf<arrow::BinaryBuilder, std::string>(values);
  };
  EXPECT_EQ(FindOrAdd(*table, {bytes({one, other, one})}), (Ids{0, 1, 0}));
  EXPECT_EQ(Find(*table, {bytes({other, secret + "ABCDEFGH" + tail})}), (Ids{1, kUnknownKeyId}));
}

TEST(KeyTable, FindsNothingInAnEmptyTable) {
  MemoryBudget memory(1 << 20);
  EXPECT_EQ(Find(*NewTable({TypeKind::kInt64}, memory), {Int64s({1, {}})}), (Ids{kUnknownKeyId, kNullKeyId}));
  EXPECT_EQ(Find(*NewTable({TypeKind::kString}, memory), {Strings({"", {}})}), (Ids{kUnknownKeyId, kNullKeyId}));
}

TEST(KeyTable, KeepsKeysApartWhenItGrows) {
  MemoryBudget memory(64 << 20);
  for (const TypeKind kind : {TypeKind::kInt64, TypeKind::kString}) {
    const auto table = NewTable({kind}, memory);
    std::vector<std::optional<std::int64_t>> numbers;
    std::vector<std::optional<std::string>> texts;
    for (std::int64_t i = 0; i < 50'000; ++i) {
      numbers.push_back(i << 32);
      texts.push_back("key " + std::to_string(i));
    }
    const Columns columns = {kind == TypeKind::kInt64 ? Int64s(numbers) : Strings(texts)};
    const Ids added = FindOrAdd(*table, columns);
    for (std::uint32_t i = 0; i < added.size(); ++i) ASSERT_EQ(added[i], i);
    EXPECT_EQ(Find(*table, columns), added);
    table->Clear();
    EXPECT_EQ(memory.used_bytes(), 0);
    EXPECT_EQ(table->key_count(), 0U);
    EXPECT_EQ(FindOrAdd(*table, columns), added);
  }
}

TEST(KeyTable, KeepsWhatItHoldsWhenTheBudgetIsFull) {
  for (const TypeKind kind : {TypeKind::kInt64, TypeKind::kString}) {
    MemoryBudget memory(20'000);
    const auto table = NewTable({kind}, memory);
    std::vector<std::optional<std::int64_t>> numbers;
    std::vector<std::optional<std::string>> texts;
    for (std::int64_t i = 0; i < 5000; ++i) {
      numbers.push_back(i);
      texts.push_back(std::to_string(i));
    }
    const Columns columns = {kind == TypeKind::kInt64 ? Int64s(numbers) : Strings(texts)};
    Ids ids(5000);
    EXPECT_EQ(table->FindOrAdd(columns, ids).reason(), Reason::kMemoryLimit);
    ASSERT_GT(table->key_count(), 0U);
    EXPECT_EQ(Find(*table, {columns[0]->Slice(0, 3)}), (Ids{0, 1, 2}));
  }
}

}  // namespace
}  // namespace larder
