#include "feast/wire_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace larder {
namespace {

using std::string_literals::operator""s;

// Writes fields as "field=number" or "field:text", or the reason why not.
std::string Told(const std::string& bytes) {
  WireReader reader(bytes);
  std::string told;
  while (true) {
    const auto next = reader.Next();
    if (!next.ok()) return told + std::string(Describe(next.status().reason()).name);
    if (!*next) return told;
    told += std::to_string(reader.field());
    told += reader.bytes().empty() ? "=" + std::to_string(reader.number()) : ":" + std::string(reader.bytes());
    told += " ";
  }
}

// The first two are the examples of protobuf.dev's page on the encoding.
TEST(WireReader, ReadsFieldsOfEveryKind) {
  EXPECT_EQ(Told("\x08\x96\x01"), "1=150 ");
  EXPECT_EQ(Told("\x12\x07testing"), "2:testing ");
  EXPECT_EQ(Told("\x09\x01\x02\0\0\0\0\0\0\x15\xff\xff\xff\xff"s), "1=513 2=4294967295 ");
  EXPECT_EQ(Told("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "1=18446744073709551615 ");
  EXPECT_EQ(Told("\xf8\xff\xff\xff\x0f\x05"), "536870911=5 ");
  EXPECT_EQ(Told("\x12\0"s), "2=0 ");
  EXPECT_EQ(Told(""), "");
}

TEST(WireReader, RefusesWhatIsNoMessage) {
  EXPECT_EQ(Told("\x08"), "invalid_file") << "no value";
  EXPECT_EQ(Told("\x08\x96"), "invalid_file") << "a varint cut short";
  EXPECT_EQ(Told("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "invalid_file") << "65 bits";
  EXPECT_EQ(Told("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), "invalid_file") << "eleven bytes";
  EXPECT_EQ(Told("\x12\x08testing"), "invalid_file") << "a text cut short";
  EXPECT_EQ(Told("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "invalid_file") << "a length of 2^64 - 1";
  EXPECT_EQ(Told("\x09\x01\x02"), "invalid_file") << "a fixed number cut short";
  EXPECT_EQ(Told("\x15\x01\x02\x03"), "invalid_file") << "a fixed number cut short";
  EXPECT_EQ(Told("\x0b"), "invalid_file") << "a group";
  EXPECT_EQ(Told("\x0e\x01"), "invalid_file") << "kind 6";
  EXPECT_EQ(Told(std::string("\0\x01", 2)), "invalid_file") << "field 0";
  EXPECT_EQ(Told("\x08\x01\x53"), "1=1 invalid_file") << "what follows a field";
}

}  // namespace
}  // namespace larder
