#include "lookup/entity_values.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <gtest/gtest.h>

#include "columnar/join_key.h"

namespace larder {
namespace {

class EntityValuesTest : public testing::Test {
 protected:
  bool Read(const std::string& json, TypeKind kind) {
    simdjson::dom::array list;
    EXPECT_EQ(parser_.parse(json).get(list), simdjson::SUCCESS) << json;
    return values_.Read(list, ValueType::Of(kind));
  }

  template <class T>
  std::vector<T> Values() const {
    const Vector vector = values_.vector();
    return std::vector<T>(vector.Values<T>(), vector.Values<T>() + values_.row_count());
  }

  simdjson::dom::parser parser_;
  EntityValues values_;
};

TEST_F(EntityValuesTest, ReadsEachTypeInItsLayout) {
  ASSERT_TRUE(Read(R"([1,null,"-7",2147483647])", TypeKind::kInt32));
  EXPECT_EQ(Values<std::int64_t>(), (std::vector<std::int64_t>{1, 0, -7, 2147483647}));
  EXPECT_TRUE(values_.is_null(1));
  EXPECT_FALSE(values_.vector().IsValid(1));
  ASSERT_TRUE(Read("[true,false]", TypeKind::kBool));
  EXPECT_EQ(Values<std::uint8_t>(), (std::vector<std::uint8_t>{1, 0}));
  EXPECT_TRUE(values_.vector().IsValid(1));
  ASSERT_TRUE(Read("[1,2.5,0.1]", TypeKind::kFloat32));
  EXPECT_EQ(Values<double>(), (std::vector<double>{1.0, 2.5, static_cast<double>(0.1F)}));
  ASSERT_TRUE(Read(R"(["a","",null])", TypeKind::kString));
  EXPECT_EQ(Values<std::string_view>(), (std::vector<std::string_view>{"a", "", ""}));
  ASSERT_TRUE(Read(R"(["1970-01-01T00:00:01Z"])", TypeKind::kTimestamp));
  EXPECT_EQ(Values<std::int64_t>(), (std::vector<std::int64_t>{1'000'000}));
  ASSERT_TRUE(Read(R"(["1970-01-03"])", TypeKind::kDate));
  EXPECT_EQ(Values<std::int64_t>(), (std::vector<std::int64_t>{2}));
}

TEST_F(EntityValuesTest, LeavesWhatIsNotUsual) {
  EXPECT_FALSE(Read("[1.5]", TypeKind::kInt64));
  EXPECT_FALSE(Read(R"(["1x"])", TypeKind::kInt64));
  EXPECT_FALSE(Read("[2147483648]", TypeKind::kInt32));
  EXPECT_FALSE(Read("[9223372036854775808]", TypeKind::kInt64));
  EXPECT_FALSE(Read(R"(["true"])", TypeKind::kBool));
  EXPECT_FALSE(Read(R"(["1.5"])", TypeKind::kFloat64));
  EXPECT_FALSE(Read("[1]", TypeKind::kString));
  EXPECT_FALSE(Read(R"(["YQ=="])", TypeKind::kBytes));
  EXPECT_FALSE(Read(R"(["yesterday"])", TypeKind::kTimestamp));
  EXPECT_FALSE(Read("[[1]]", TypeKind::kInt64));
}

TEST_F(EntityValuesTest, KeysHaveTheBytesOfTheBatchEncoder) {
  const auto check = [&](const std::string& json, TypeKind kind, arrow::ArrayBuilder& builder) {
    ASSERT_TRUE(Read(json, kind));
    const std::shared_ptr<arrow::Array> array = builder.Finish().ValueOrDie();
    JoinKeyBatch keys;
    ASSERT_TRUE(EncodeJoinKeys({&array, 1}, keys).ok());
    for (std::int64_t row = 0; row < keys.row_count(); ++row) {
      std::vector<char> key;
      values_.AppendKeyPart(row, key);
      EXPECT_EQ(std::string_view(key.data(), key.size()), keys.key(row)) << json << " " << row;
    }
  };
  arrow::Int64Builder integers;
  ASSERT_TRUE(integers.AppendValues({0, -1, INT64_MAX, INT64_MIN}).ok());
  check("[0,-1,9223372036854775807,-9223372036854775808]", TypeKind::kInt64, integers);
  arrow::StringBuilder texts;
  ASSERT_TRUE(texts.AppendValues({"", "plain", std::string("a\0b", 3), "é"}).ok());
  check(R"(["","plain","a\u0000b","é"])", TypeKind::kString, texts);
  arrow::BooleanBuilder bools;
  ASSERT_TRUE(bools.AppendValues(std::vector<bool>{true, false}).ok());
  check("[true,false]", TypeKind::kBool, bools);
  arrow::Date32Builder dates;
  ASSERT_TRUE(dates.AppendValues({2, -1}).ok());
  check(R"(["1970-01-03","1969-12-31"])", TypeKind::kDate, dates);
  arrow::TimestampBuilder instants(ToArrow(ValueType::Of(TypeKind::kTimestamp)), arrow::default_memory_pool());
  ASSERT_TRUE(instants.AppendValues({1'000'000}).ok());
  check(R"(["1970-01-01T00:00:01Z"])", TypeKind::kTimestamp, instants);
}

}  // namespace
}  // namespace larder
