#include "columnar/convert.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "tests/arrow_text.h"

namespace larder {
namespace {

using TypePointer = std::shared_ptr<arrow::DataType>;

Result<std::shared_ptr<arrow::Array>> Converted(const std::shared_ptr<arrow::Array>& array, ValueType target) {
  const Conversion conversion{target, "x"};
  Result<std::shared_ptr<arrow::Array>> whole = Convert(array, conversion);
  const Result<std::shared_ptr<arrow::Array>> sliced = Convert(Sliced(array), conversion);
  EXPECT_EQ(whole.ok(), sliced.ok());
  if (whole.ok() && sliced.ok()) {
    EXPECT_TRUE(SameArray(**whole, **sliced));
  }
  return whole;
}

// Converts `json` of `from` and compares with `expected` of `target`; both as they are and as slices.
void Expect(const TypePointer& from, std::string_view json, ValueType target, std::string_view expected) {
  const auto converted = Converted(ArrayOf(from, json), target);
  ASSERT_TRUE(converted.ok()) << from->ToString() << ": " << converted.status().ToString();
  EXPECT_TRUE(SameArray(**converted, *ArrayOf(target, expected))) << from->ToString();
}
void Expect(const TypePointer& from, std::string_view json, TypeKind target, std::string_view expected) {
  Expect(from, json, ValueType::Of(target), expected);
}

void ExpectFailure(const TypePointer& from, std::string_view json, TypeKind target, const Status& expected) {
  const auto converted = Converted(ArrayOf(from, json), ValueType::Of(target));
  ASSERT_FALSE(converted.ok()) << (*converted)->ToString();
  EXPECT_EQ(converted.status().reason(), expected.reason());
  EXPECT_EQ(converted.status().message(), expected.message());
}

TEST(ConvertTest, EveryTypeOfFilesHasItsInternalType) {
  const auto name = [](const TypePointer& type) {
    const auto internal = InternalTypeOf(*type);
    return internal.ok() ? TypeName(*internal) : std::string("none");
  };
  for (const auto& type : {arrow::int8(), arrow::int16(), arrow::int64(), arrow::uint8(), arrow::uint16(),
                           arrow::uint32(), arrow::uint64()}) {
    EXPECT_EQ(name(type), "int64") << type->ToString();
  }
  EXPECT_EQ(name(arrow::int32()), "int32");
  EXPECT_EQ(name(arrow::float16()), "float32");
  EXPECT_EQ(name(arrow::float32()), "float32");
  EXPECT_EQ(name(arrow::float64()), "float64");
  for (const auto& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(),
                           arrow::dictionary(arrow::int8(), arrow::large_utf8())}) {
    EXPECT_EQ(name(type), "string") << type->ToString();
  }
  for (const auto& type : {arrow::binary(), arrow::large_binary(), arrow::binary_view(), arrow::fixed_size_binary(2)}) {
    EXPECT_EQ(name(type), "bytes") << type->ToString();
  }
  EXPECT_EQ(name(arrow::date64()), "date");
  EXPECT_EQ(name(arrow::timestamp(arrow::TimeUnit::NANO, "Europe/Berlin")), "timestamp");
  EXPECT_EQ(name(arrow::dictionary(arrow::int32(), arrow::int16())), "int64");
  EXPECT_EQ(name(arrow::large_list(arrow::int8())), "list<int64>");
  EXPECT_EQ(name(arrow::fixed_size_list(arrow::float32(), 3)), "list<float32>");
  EXPECT_EQ(name(arrow::null()), "string");
  for (const auto& type :
       {arrow::decimal128(5, 2), arrow::time32(arrow::TimeUnit::SECOND), arrow::time64(arrow::TimeUnit::NANO),
        arrow::duration(arrow::TimeUnit::SECOND), arrow::struct_({}), arrow::map(arrow::utf8(), arrow::utf8()),
        arrow::list(arrow::list(arrow::int8())), arrow::list(arrow::struct_({}))}) {
    EXPECT_EQ(name(type), "none") << type->ToString();
  }
  EXPECT_EQ(TypeName(*InternalTypeOf(*arrow::decimal128(5, 2), ValueType::Of(TypeKind::kFloat64))), "float64");
  EXPECT_FALSE(InternalTypeOf(*arrow::decimal128(5, 2), ValueType::Of(TypeKind::kInt64)).ok());
}

TEST(ConvertTest, IntegersWiden) {
  for (const auto& type : {arrow::int8(), arrow::int16(), arrow::int32(), arrow::int64()}) {
    Expect(type, "[-128, null, 127]", TypeKind::kInt64, "[-128, null, 127]");
    Expect(type, "[-128, null, 127]", TypeKind::kInt32, "[-128, null, 127]");
  }
  for (const auto& type : {arrow::uint8(), arrow::uint16(), arrow::uint32(), arrow::uint64()}) {
    Expect(type, "[255, null, 0]", TypeKind::kInt64, "[255, null, 0]");
  }
  Expect(arrow::uint64(), "[9223372036854775807]", TypeKind::kInt64, "[9223372036854775807]");
  ExpectFailure(
      arrow::uint64(), "[1, null, 9223372036854775808]", TypeKind::kInt64,
      Status(Reason::kValueOutOfRange, "value is out of the range of int64: 9223372036854775808 (column 'x', row 3)"));
}

TEST(ConvertTest, IntegersNarrowOnlyExactly) {
  Expect(arrow::int64(), "[2147483647, -2147483648]", TypeKind::kInt32, "[2147483647, -2147483648]");
  ExpectFailure(arrow::int64(), "[0, 2147483648]", TypeKind::kInt32,
                Status(Reason::kInexactValue, "value does not fit int32 exactly: 2147483648 (column 'x', row 2)"));
  Expect(arrow::float64(), "[2.0, null, -0.0, -9223372036854775808.0]", TypeKind::kInt64,
         "[2, null, 0, -9223372036854775808]");
  ExpectFailure(arrow::float64(), "[2.5]", TypeKind::kInt64,
                Status(Reason::kInexactValue, "value does not fit int64 exactly: 2.5 (column 'x', row 1)"));
  ExpectFailure(
      arrow::float64(), "[9223372036854775808.0]", TypeKind::kInt64,
      Status(Reason::kInexactValue, "value does not fit int64 exactly: 9.223372036854776e+18 (column 'x', row 1)"));
  ExpectFailure(arrow::float32(), "[2147483648.0]", TypeKind::kInt32,
                Status(Reason::kInexactValue, "value does not fit int32 exactly: 2147483648.0 (column 'x', row 1)"));
  ExpectFailure(arrow::float64(), "[NaN]", TypeKind::kInt32,
                Status(Reason::kInexactValue, "value does not fit int32 exactly: nan (column 'x', row 1)"));
}

TEST(ConvertTest, FloatsAreRoundedOnce) {
  Expect(arrow::float64(), "[0.1, null, 1e300, NaN]", TypeKind::kFloat32, "[0.1, null, Inf, NaN]");
  Expect(arrow::float32(), "[1.5]", TypeKind::kFloat64, "[1.5]");
  Expect(arrow::float16(), "[1.5, null, -2.0]", TypeKind::kFloat32, "[1.5, null, -2.0]");
  Expect(arrow::float16(), "[1.5, null]", TypeKind::kFloat64, "[1.5, null]");
  Expect(arrow::int64(), "[9007199254740993]", TypeKind::kFloat64, "[9007199254740992]");
  // By way of float64 this would be rounded twice, to 36028801313931264.
  Expect(arrow::int64(), "[36028799166447617]", TypeKind::kFloat32, "[36028801313931264]");
}

TEST(ConvertTest, DecimalsBecomeFloatsWhenDeclared) {
  Expect(arrow::decimal128(10, 2), R"(["12.34", null, "-0.10"])", TypeKind::kFloat64, "[12.34, null, -0.1]");
  Expect(arrow::decimal256(40, 20), R"(["0.10000000000000000000"])", TypeKind::kFloat64, "[0.1]");
  Expect(arrow::decimal128(10, 2), R"(["0.10"])", TypeKind::kFloat32, "[0.1]");
  EXPECT_FALSE(CanConvert(*arrow::decimal128(10, 2), ValueType::Of(TypeKind::kInt64)));
}

TEST(ConvertTest, TextsOfEveryLayout) {
  for (const auto& type :
       {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(), arrow::dictionary(arrow::int32(), arrow::utf8()),
        arrow::dictionary(arrow::uint8(), arrow::large_utf8())}) {
    Expect(type, R"(["größer als zwölf Bytes", null, "", "a"])", TypeKind::kString,
           R"(["größer als zwölf Bytes", null, "", "a"])");
    Expect(type, R"(["a", null, ""])", TypeKind::kBytes, R"(["a", null, ""])");
  }
  for (const auto& type : {arrow::binary(), arrow::large_binary(), arrow::binary_view()}) {
    Expect(type, R"(["ab", null, ""])", TypeKind::kBytes, R"(["ab", null, ""])");
    Expect(type, R"(["ab", null, ""])", TypeKind::kString, R"(["ab", null, ""])");
  }
  Expect(arrow::fixed_size_binary(2), R"(["ab", null])", TypeKind::kBytes, R"(["ab", null])");
}

TEST(ConvertTest, TextsMustBeUtf8) {
  arrow::BinaryBuilder builder;
  // Two texts that are valid only when put together, so that each must be looked at.
  ASSERT_TRUE(builder.Append("a\xc3").ok());
  ASSERT_TRUE(builder.Append("\xa4").ok());
  const auto bytes = builder.Finish().ValueOrDie();
  const auto converted = Converted(bytes, ValueType::Of(TypeKind::kString));
  EXPECT_EQ(converted.status().message(), "text is not UTF-8 (column 'x', row 1)");
  EXPECT_EQ(converted.status().reason(), Reason::kInvalidData);
  const auto disguised = bytes->View(arrow::utf8()).ValueOrDie();
  EXPECT_EQ(Convert(disguised, {ValueType::Of(TypeKind::kString), "x"}).status().reason(), Reason::kInvalidData);
}

TEST(ConvertTest, TimestampsOfEveryUnitAndZone) {
  using arrow::TimeUnit;
  for (const std::string zone : {"", "UTC", "Europe/Berlin"}) {
    Expect(arrow::timestamp(TimeUnit::SECOND, zone), "[-1, null, 2]", TypeKind::kTimestamp,
           "[-1000000, null, 2000000]");
    Expect(arrow::timestamp(TimeUnit::MILLI, zone), "[-1, null, 2]", TypeKind::kTimestamp, "[-1000, null, 2000]");
    Expect(arrow::timestamp(TimeUnit::MICRO, zone), "[-1, null, 2]", TypeKind::kTimestamp, "[-1, null, 2]");
    Expect(arrow::timestamp(TimeUnit::NANO, zone), "[-1000, null, 2000]", TypeKind::kTimestamp, "[-1, null, 2]");
  }
  ExpectFailure(arrow::timestamp(TimeUnit::NANO), "[1000, -1]", TypeKind::kTimestamp,
                Status(Reason::kInexactValue,
                       "value does not fit timestamp exactly: 1969-12-31 23:59:59.999999999 (column 'x', row 2)"));
  const auto overflow =
      Converted(ArrayOf(arrow::timestamp(TimeUnit::SECOND), "[9223372036855]"), ValueType::Of(TypeKind::kTimestamp));
  EXPECT_EQ(overflow.status().reason(), Reason::kValueOutOfRange);
}

TEST(ConvertTest, DatesAndTextsBecomeTimes) {
  Expect(arrow::date64(), "[86400000, null, -86400000]", TypeKind::kDate, "[1, null, -1]");
  Expect(arrow::date32(), "[1, null]", TypeKind::kTimestamp, "[86400000000, null]");
  Expect(arrow::date64(), "[86400000]", TypeKind::kTimestamp, "[86400000000]");
  ExpectFailure(
      arrow::date32(), "[2147483647]", TypeKind::kTimestamp,
      Status(Reason::kValueOutOfRange, "value is out of the range of timestamp: 5881580-07-11 (column 'x', row 1)"));
  Expect(arrow::utf8(), R"(["1970-01-01T00:00:01+01:00", null, "1970-01-02"])", TypeKind::kTimestamp,
         "[-3599000000, null, 86400000000]");
  Expect(arrow::large_utf8(), R"(["1970-01-02"])", TypeKind::kDate, "[1]");
  ExpectFailure(arrow::utf8(), R"(["1970-01-01", "soon"])", TypeKind::kTimestamp,
                Status(Reason::kInvalidTimestamp, "not an instant: 'soon' (column 'x', row 2)"));
}

TEST(ConvertTest, ListsOfEveryLayout) {
  const ValueType longs = ValueType::ListOf(TypeKind::kInt64);
  for (const auto& type : {arrow::list(arrow::int8()), arrow::large_list(arrow::uint16()),
                           arrow::list(arrow::field("element", arrow::int64()))}) {
    Expect(type, "[[1, null, 3], null, [], [4]]", longs, "[[1, null, 3], null, [], [4]]");
  }
  Expect(arrow::fixed_size_list(arrow::float64(), 2), "[[1.0, 2.0], [3.0, null]]",
         ValueType::ListOf(TypeKind::kFloat32), "[[1.0, 2.0], [3.0, null]]");
  Expect(arrow::list(arrow::utf8()), R"([["a"], []])", ValueType::ListOf(TypeKind::kString), R"([["a"], []])");
  const auto failure = Converted(ArrayOf(arrow::list(arrow::float64()), "[[1.0], null, [2.0, 2.5]]"), longs);
  EXPECT_EQ(failure.status().message(), "value does not fit int64 exactly: 2.5 (column 'x', row 3)");
}

TEST(ConvertTest, NullsAndEmptyBatchesOfEveryType) {
  for (int kind = 0; kind < static_cast<int>(TypeKind::kList); ++kind) {
    const ValueType scalar = ValueType::Of(static_cast<TypeKind>(kind));
    for (const ValueType type : {scalar, ValueType::ListOf(scalar.kind)}) {
      Expect(arrow::null(), "[null, null]", type, "[null, null]");
      Expect(ToArrow(type), "[]", type, "[]");
      Expect(ToArrow(type), "[null]", type, "[null]");
    }
  }
}

TEST(ConvertTest, NothingElseConverts) {
  const auto can = [](const TypePointer& from, TypeKind to) { return CanConvert(*from, ValueType::Of(to)); };
  EXPECT_FALSE(can(arrow::boolean(), TypeKind::kInt64));
  EXPECT_FALSE(can(arrow::int64(), TypeKind::kBool));
  EXPECT_FALSE(can(arrow::utf8(), TypeKind::kInt64));
  EXPECT_FALSE(can(arrow::int64(), TypeKind::kString));
  EXPECT_FALSE(can(arrow::int64(), TypeKind::kTimestamp));
  EXPECT_FALSE(can(arrow::timestamp(arrow::TimeUnit::MICRO), TypeKind::kDate));
  EXPECT_FALSE(can(arrow::struct_({}), TypeKind::kString));
  const auto converted = Convert(ArrayOf(TypeKind::kBool, "[true]"), {ValueType::Of(TypeKind::kInt64), "late"});
  EXPECT_EQ(converted.status().reason(), Reason::kTypeMismatch);
  EXPECT_EQ(converted.status().message(), "column 'late' cannot become int64: it is bool");
}

TEST(ConvertTest, AnInternalArrayIsNotCopied) {
  const auto array = ArrayOf(TypeKind::kFloat64, "[1.0]");
  EXPECT_EQ(*Convert(array, {ValueType::Of(TypeKind::kFloat64), "x"}), array);
}

TEST(ConvertTest, ChunksCountTheirRowsTogether) {
  const arrow::ChunkedArray chunks({ArrayOf(arrow::float64(), "[1.0, 2.0]"), ArrayOf(arrow::float64(), "[3.0, 4.5]")});
  Conversion conversion{ValueType::Of(TypeKind::kInt64), "x"};
  EXPECT_EQ(ConvertChunks(chunks, conversion).status().message(),
            "value does not fit int64 exactly: 4.5 (column 'x', row 4)");
  conversion.name_row = [](std::int64_t row) { return "line " + std::to_string(row + 2); };
  EXPECT_EQ(ConvertChunks(chunks, conversion).status().message(),
            "value does not fit int64 exactly: 4.5 (column 'x', line 5)");
  conversion.target = ValueType::Of(TypeKind::kFloat32);
  EXPECT_EQ((*ConvertChunks(chunks, conversion))->num_chunks(), 2);
}

}  // namespace
}  // namespace larder
