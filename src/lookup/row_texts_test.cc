#include "lookup/row_texts.h"

#include <gtest/gtest.h>

#include <string>

namespace larder {
namespace {

std::string Row(int number) { return "row " + std::to_string(number) + std::string(60, '.'); }

/// Puts the text of a row in three pieces, the second of them empty, as a session does.
RowText Put(RowTexts& texts, const std::string& row, const std::string& text) {
  const RowTexts::Key key{row, 7};
  EXPECT_TRUE(texts.IsMetAgain(key));
  const auto half = static_cast<std::uint32_t>(text.size() / 2);
  return texts.Put(key, {half, half, static_cast<std::uint32_t>(text.size())}, text);
}

std::string All(const RowText& text) {
  return std::string(text.piece(0)) + "|" + std::string(text.piece(1)) + "|" + std::string(text.piece(2));
}

TEST(RowTextsTest, KeepsARowThatIsMetAgain) {
  RowTexts texts(std::size_t{1} << 16);
  texts.BeginRequest();
  const std::string row = Row(1);
  EXPECT_FALSE(texts.Find({row, 7}).is_there());
  EXPECT_FALSE(texts.IsMetAgain({row, 7}));
  EXPECT_EQ(All(Put(texts, row, "abcd")), "ab||cd");
  EXPECT_EQ(All(texts.Find({row, 7})), "ab||cd");
  EXPECT_EQ(texts.hit_count(), 1U);
  EXPECT_FALSE(texts.Find({row, 8}).is_there());  // another form
  std::string other = row;
  other.back() = '!';  // beyond the header: the same hash
  EXPECT_FALSE(texts.Find({other, 7}).is_there());
}

TEST(RowTextsTest, OldTextsGoAndNewOnesAreRight) {
  RowTexts texts(std::size_t{1} << 14);
  int found = 0;
  for (int i = 0; i < 2000; ++i) {
    texts.BeginRequest();
    const std::string row = Row(i % 700);
    const RowText text = texts.Find({row, 7});
    if (text.is_there()) {
      ++found;
      EXPECT_EQ(All(text),
                "t" + std::to_string(i % 700 + 100).substr(0, 1) + "||" + std::to_string(i % 700 + 100).substr(1))
          << i;
    } else if (texts.IsMetAgain({row, 7})) {
      Put(texts, row, "t" + std::to_string(i % 700 + 100));
    }
    if (i % 700 < 5) continue;
    // What was met a moment ago is still there.
    const std::string again = Row(i % 700);
    if (!texts.Find({again, 7}).is_there() && texts.IsMetAgain({again, 7}))
      Put(texts, again, "t" + std::to_string(i % 700 + 100));
  }
  EXPECT_GT(found, 0);
}

TEST(RowTextsTest, WhatARequestFoundStaysUntilItEnds) {
  RowTexts texts(std::size_t{1} << 14);
  texts.BeginRequest();
  const std::string first = Row(0);
  EXPECT_FALSE(texts.IsMetAgain({first, 7}));
  const RowText kept = Put(texts, first, "first!");
  ASSERT_TRUE(kept.is_there());
  int refused = 0;
  for (int i = 1; i < 500; ++i) {
    const std::string row = Row(i);
    texts.IsMetAgain({row, 7});
    if (!texts.IsMetAgain({row, 7})) continue;  // no place free
    if (!texts.Put({row, 7}, {1, 2, 3}, "xyz").is_there()) ++refused;
  }
  EXPECT_GT(refused, 0);
  EXPECT_EQ(All(kept), "fir||st!");
}

TEST(RowTextsTest, WithoutMemoryNothingIsKept) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{100}}) {
    RowTexts texts(bytes);
    texts.BeginRequest();
    const std::string row = Row(1);
    EXPECT_FALSE(texts.IsMetAgain({row, 7}));
    const bool is_met = texts.IsMetAgain({row, 7});
    EXPECT_FALSE(is_met && texts.Put({row, 7}, {1}, "x").is_there());
    EXPECT_FALSE(texts.Find({row, 7}).is_there());
  }
}

}  // namespace
}  // namespace larder
