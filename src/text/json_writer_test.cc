#include "text/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace larder {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

TEST(JsonWriterTest, PutsCommasBetweenAndNowhereElse) {
  std::string out;
  JsonWriter writer(out);
  writer.BeginObject();
  writer.Key("empty");
  writer.BeginArray();
  writer.EndArray();
  writer.Key("values");
  writer.BeginArray();
  writer.Integer(-1);
  writer.BeginObject();
  writer.EndObject();
  writer.Float64(2.0);
  writer.Float32(0.1F);
  writer.Bool(false);
  writer.Null();
  writer.Unsigned(18'446'744'073'709'551'615U);
  writer.Raw("[1]");
  writer.EndArray();
  writer.StringMember("a", "x");
  writer.IntegerMember("b", 7);
  writer.BoolMember("c", true);
  writer.EndObject();
  EXPECT_EQ(out, R"({"empty":[],"values":[-1,{},2.0,0.1,false,null,18446744073709551615,[1]],"a":"x","b":7,"c":true})");
}

TEST(JsonWriterTest, EscapesWhatMustBe) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(Quoted("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(Quoted(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(Quoted("\u00e9\U0001F600"), "\"\u00e9\U0001F600\"");
}

TEST(JsonWriterTest, ReplacesIllFormedText) { EXPECT_EQ(Quoted("a\xFF\"\xE2\x82"), "\"a\uFFFD\\\"\uFFFD\""); }

TEST(JsonWriterTest, HasNoNumberForWhatIsNotFinite) {
  std::string out;
  JsonWriter writer(out);
  writer.BeginArray();
  writer.Float64(std::numeric_limits<double>::quiet_NaN());
  writer.Float32(std::numeric_limits<float>::infinity());
  writer.EndArray();
  EXPECT_EQ(out, "[null,null]");
}

}  // namespace
}  // namespace larder
