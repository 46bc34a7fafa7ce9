#include "sources/path_pattern.h"

#include <string>

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(PathPattern, MatchesAsAShellDoes) {
  EXPECT_TRUE(MatchesPathPattern("*.csv", "a.csv"));
  EXPECT_TRUE(MatchesPathPattern("*", "a"));
  EXPECT_TRUE(MatchesPathPattern("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(MatchesPathPattern("a?c", "abc"));
  EXPECT_TRUE(MatchesPathPattern("[a-c]x", "bx"));
  EXPECT_TRUE(MatchesPathPattern("[!a-c]x", "dx"));
  EXPECT_TRUE(MatchesPathPattern("[]]", "]"));
  EXPECT_TRUE(MatchesPathPattern("[a-]", "-"));
  EXPECT_TRUE(MatchesPathPattern("", ""));
  EXPECT_FALSE(MatchesPathPattern("*.csv", "a.csv.gz"));
  EXPECT_FALSE(MatchesPathPattern("a?c", "ac"));
  EXPECT_FALSE(MatchesPathPattern("[a-c]x", "dx"));
  EXPECT_FALSE(MatchesPathPattern("a*b*c", "a-b-b"));
  EXPECT_FALSE(MatchesPathPattern("", "a"));
  EXPECT_FALSE(MatchesPathPattern("a", ""));
}

TEST(PathPattern, AnOpenBracketIsItself) {
  EXPECT_TRUE(MatchesPathPattern("[ab", "[ab"));
  EXPECT_FALSE(MatchesPathPattern("[ab", "a"));
}

TEST(PathPattern, AQuestionMarkIsOneCharacterOfText) {
  EXPECT_TRUE(MatchesPathPattern("a?c",
                                 "a\xC3\xA9"
                                 "c"));
  EXPECT_FALSE(MatchesPathPattern("a??c",
                                  "a\xC3\xA9"
                                  "c"));
}

TEST(PathPattern, HiddenNamesMustBeMeant) {
  EXPECT_FALSE(MatchesPathPattern("*", ".hidden"));
  EXPECT_FALSE(MatchesPathPattern("?SUCCESS", "_SUCCESS"));
  EXPECT_TRUE(MatchesPathPattern(".*", ".hidden"));
  EXPECT_TRUE(MatchesPathPattern("_*", "_SUCCESS"));
}

TEST(PathPattern, ManyStarsCostNoMoreThanTheProductOfTheLengths) {
  // A matcher that tries every star again would not come back from this.
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesPathPattern(pattern + "b", std::string(4000, 'a')));
  EXPECT_TRUE(MatchesPathPattern(pattern, std::string(4000, 'a')));
}

TEST(PathPattern, KnowsWhatAPatternIs) {
  EXPECT_TRUE(IsPathPattern("*.csv"));
  EXPECT_TRUE(IsPathPattern("a[0-9]"));
  EXPECT_FALSE(IsPathPattern("day=2015-01-01"));
}

}  // namespace
}  // namespace larder
