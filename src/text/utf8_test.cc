#include "text/utf8.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

std::string Repaired(std::string_view text) {
  std::string out = ">";
  AppendValidUtf8(text, out);
  return out.substr(1);
}

TEST(Utf8Test, KnowsWholeCharacters) {
  for (const char* text : {"", "plain", "\x7F", "\u00e9t\u00e9", "\u20ac", "\uFFFF", "\U0001F600", "\U0010FFFF",
                           "long ASCII text, then \u00df and long ASCII text again"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
  EXPECT_TRUE(IsValidUtf8(std::string_view("a\0b", 3)));
}

TEST(Utf8Test, RefusesWhatIsNone) {
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xE2\x82",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82\x41"}) {
    EXPECT_EQ(ValidUtf8Length(text), 0U);
    EXPECT_EQ(ValidUtf8Length(std::string("12345678ab") + text), 10U);
  }
}

TEST(Utf8Test, PutsOneMarkForEachIllFormedPiece) {
  EXPECT_EQ(Repaired("a\x80z"), "a\uFFFDz");
  EXPECT_EQ(Repaired("a\xE2\x82z"), "a\uFFFDz");
  EXPECT_EQ(Repaired("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  // The example of the Unicode standard, section 3.9, table 3-8.
  EXPECT_EQ(Repaired("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd");
  EXPECT_EQ(Repaired("\u20ac"), "\u20ac");
}

}  // namespace
}  // namespace larder
