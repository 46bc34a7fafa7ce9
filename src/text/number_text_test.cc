#include "text/number_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace larder {
namespace {

TEST(NumberTextTest, FloatsShowAPointOrAnExponent) {
  EXPECT_EQ(FormatFloat64(0.0), "0.0");
  EXPECT_EQ(FormatFloat64(-0.0), "-0.0");
  EXPECT_EQ(FormatFloat64(3.0), "3.0");
  EXPECT_EQ(FormatFloat64(-4.25), "-4.25");
  EXPECT_EQ(FormatFloat64(0.1), "0.1");
  EXPECT_EQ(FormatFloat64(100000.0), "100000.0");
  EXPECT_EQ(FormatFloat64(0.0001), "0.0001");
  EXPECT_EQ(FormatFloat64(0.00012345), "0.00012345");
  EXPECT_EQ(FormatFloat64(0.00001), "1e-05");
  EXPECT_EQ(FormatFloat64(9007199254740993.0), "9007199254740992.0");
  EXPECT_EQ(FormatFloat64(1e16), "1e+16");
  EXPECT_EQ(FormatFloat64(123456789.125), "123456789.125");
  EXPECT_EQ(FormatFloat64(5e-324), "5e-324");
  EXPECT_EQ(FormatFloat64(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
}

TEST(NumberTextTest, Float32HasItsOwnDigits) {
  EXPECT_EQ(FormatFloat32(0.1F), "0.1");
  EXPECT_EQ(FormatFloat32(16777216.0F), "16777216.0");
  EXPECT_EQ(FormatFloat32(3e10F), "30000000000.0");
  EXPECT_EQ(FormatFloat32(1e-45F), "1e-45");
  EXPECT_EQ(FormatFloat64(static_cast<double>(0.1F)), "0.10000000149011612");
}

TEST(NumberTextTest, WhatIsNotFiniteHasAName) {
  EXPECT_EQ(FormatFloat64(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(FormatFloat64(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(FormatFloat32(std::numeric_limits<float>::quiet_NaN()), "nan");
  EXPECT_EQ(FormatFloat64(-std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(NumberTextTest, EveryTextReadsBackToTheSameBits) {
  std::uint64_t bits = 1;
  for (int i = 0; i < 20'000; ++i) {
    bits = bits * 6364136223846793005U + 1442695040888963407U;
    const auto wide = std::bit_cast<double>(bits);
    if (std::isfinite(wide)) {
      const std::string text = FormatFloat64(wide);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)), bits) << text;
      EXPECT_NE(text.find_first_of(".e"), std::string::npos) << text;
    }
    const auto narrow = std::bit_cast<float>(static_cast<std::uint32_t>(bits >> 32));
    if (std::isfinite(narrow)) {
      const std::string text = FormatFloat32(narrow);
      EXPECT_EQ(std::strtof(text.c_str(), nullptr), narrow) << text;
    }
    const double near_one = static_cast<double>(bits >> 20) * 1e-6;
    EXPECT_EQ(std::strtod(FormatFloat64(near_one).c_str(), nullptr), near_one);
  }
}

/// Returns the digits of a number's text without zeros before and after them.
std::string SignificantDigits(std::string text) {
  text = text.substr(0, text.find('e'));
  std::erase_if(text, [](char c) { return c == '.' || c == '-'; });
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

template <class T>
void ExpectFewestDigits(T value, const std::string& text, std::int64_t seed) {
  std::array<char, 64> buffer;
  const char* const end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  EXPECT_EQ(SignificantDigits(text),
            SignificantDigits(std::string(buffer.data(), static_cast<std::size_t>(end - buffer.data()))))
      << text << " seed " << seed;
}

TEST(NumberTextTest, ShortDecimalsHaveTheFewestDigits) {
  std::uint64_t bits = 7;
  for (int i = 0; i < 50'000; ++i) {
    bits = bits * 6364136223846793005U + 1442695040888963407U;
    const double scale = std::pow(10.0, static_cast<double>(bits >> 33 & 7));
    const double wide = static_cast<double>(bits >> (20 + (bits & 31))) / scale;
    ExpectFewestDigits(wide, FormatFloat64(wide), i);
    ExpectFewestDigits(-wide, FormatFloat64(-wide), i);
    const auto narrow = static_cast<float>(static_cast<double>(bits >> (44 + (bits & 15))) / scale);
    ExpectFewestDigits(narrow, FormatFloat32(narrow), i);
    EXPECT_EQ(std::strtof(FormatFloat32(narrow).c_str(), nullptr), narrow);
  }
}

TEST(NumberTextTest, IntegersHaveNone) {
  std::string text;
  AppendInteger(std::numeric_limits<std::int64_t>::min(), text);
  AppendUnsigned(std::numeric_limits<std::uint64_t>::max(), text);
  EXPECT_EQ(text, "-922337203685477580818446744073709551615");
}

}  // namespace
}  // namespace larder
