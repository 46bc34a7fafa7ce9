#include "base/coding.h"

#include <gtest/gtest.h>

#include <limits>

namespace larder {
namespace {

TEST(CodingTest, FixedNumbersAreLittleEndian) {
  std::string out;
  AppendFixed16(0x0201, out);
  AppendFixed32(0x06050403, out);
  AppendFixed64(0x0E0D0C0B0A090807, out);
  EXPECT_EQ(out, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E");
  EXPECT_EQ(LoadFixed32(out.data() + 2), 0x06050403U);
  ByteReader reader(out);
  EXPECT_EQ(reader.ReadFixed16(), 0x0201);
  EXPECT_EQ(reader.ReadFixed32(), 0x06050403U);
  EXPECT_EQ(reader.ReadFixed64(), 0x0E0D0C0B0A090807U);
  EXPECT_TRUE(reader.done());
}

TEST(CodingTest, VarintsHaveTheBytesOfTheFormat) {
  std::string out;
  AppendVarint(0, out);
  AppendVarint(127, out);
  AppendVarint(128, out);
  AppendVarint(300, out);
  EXPECT_EQ(out, std::string("\x00\x7F\x80\x01\xAC\x02", 6));
  out.clear();
  AppendSignedVarint(-1, out);
  AppendSignedVarint(1, out);
  AppendSignedVarint(-64, out);
  EXPECT_EQ(out, "\x01\x02\x7F");
}

TEST(CodingTest, ReadsBackEveryWidth) {
  std::string out;
  for (int shift = 0; shift < 64; ++shift) {
    AppendVarint(std::uint64_t{1} << shift, out);
    AppendSignedVarint(std::numeric_limits<std::int64_t>::min() >> shift, out);
  }
  AppendVarint(std::numeric_limits<std::uint64_t>::max(), out);
  AppendLengthPrefixed("", out);
  AppendLengthPrefixed(std::string(200, 'x'), out);
  ByteReader reader(out);
  for (int shift = 0; shift < 64; ++shift) {
    EXPECT_EQ(reader.ReadVarint(), std::uint64_t{1} << shift);
    EXPECT_EQ(reader.ReadSignedVarint(), std::numeric_limits<std::int64_t>::min() >> shift);
  }
  EXPECT_EQ(reader.ReadVarint(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(reader.ReadLengthPrefixed(), "");
  EXPECT_EQ(reader.ReadLengthPrefixed(), std::string(200, 'x'));
  EXPECT_TRUE(reader.done());
}

TEST(CodingTest, AFailureStays) {
  ByteReader reader(
      "\x05"
      "abc");
  EXPECT_EQ(reader.ReadLengthPrefixed(), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.ReadByte(), 0);
  EXPECT_EQ(reader.rest(), "");
  EXPECT_FALSE(reader.done());
}

TEST(CodingTest, RefusesVarintsThatAreCutOrTooLong) {
  for (const std::string_view bytes : {std::string_view(""), std::string_view("\x80"), std::string_view("\x80\x00", 2),
                                       std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"),
                                       std::string_view("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")}) {
    ByteReader reader(bytes);
    EXPECT_EQ(reader.ReadVarint(), 0U);
    EXPECT_FALSE(reader.ok());
  }
}

}  // namespace
}  // namespace larder
