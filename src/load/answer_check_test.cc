#include "load/answer_check.h"

#include <gtest/gtest.h>

#include <cmath>

namespace larder {
namespace {

ExpectedValues Values() {
  ExpectedValues expected;
  expected.key_count = 2;
  expected.columns = {
      {.name = "f", .floats = {0.5, NAN}},
      {.name = "n", .kind = ExpectedKind::kInteger, .is_null = {false, true}, .integers = {9007199254740993, 0}},
      {.name = "s", .kind = ExpectedKind::kText, .texts = {"é\"", ""}},
      {.name = "b", .kind = ExpectedKind::kBool, .integers = {1, 0}}};
  return expected;
}

std::string Answer(const std::string& f, const std::string& n, const std::string& s, const std::string& b) {
  return R"({"metadata":{"feature_names":["id","s","f","n","b"]},"results":[{"values":[7]},{"values":)" + s +
         R"(},{"values":)" + f + R"(},{"values":)" + n + R"(},{"values":)" + b + "}]}";
}

std::string Told(const ExpectedValues& expected, const std::string& body, const std::vector<std::int64_t>& keys) {
  AnswerCheck check(expected);
  const Status status = check.Compare(body, keys);
  EXPECT_TRUE(status.ok() || status.reason() == Reason::kInvalidData);
  return std::string(status.message());
}

TEST(AnswerCheck, AcceptsWhatIsRight) {
  const ExpectedValues expected = Values();
  EXPECT_EQ(Told(expected, Answer("[0.5]", "[9007199254740993]", R"(["é\""])", "[true]"), {0}), "");
  // The second key, one that does not exist, and the first again.
  EXPECT_EQ(Told(expected,
                 Answer("[null,null,0.5]", "[null,null,9007199254740993]", R"(["",null,"é\""])", "[false,null,true]"),
                 {1, 3, 0}),
            "");
  EXPECT_EQ(Told(expected, Answer("[]", "[]", "[]", "[]"), {}), "");
}

TEST(AnswerCheck, FindsEveryDifference) {
  const ExpectedValues expected = Values();
  const std::string n = "[9007199254740993]";
  const std::string s = R"(["é\""])";
  EXPECT_EQ(Told(expected, Answer("[0.25]", n, s, "[true]"), {0}),
            "a wrong answer: 'f' of row 0 (key number 0) is 0.25, not 0.5");
  EXPECT_EQ(Told(expected, Answer("[null]", n, s, "[true]"), {0}),
            "a wrong answer: 'f' of row 0 (key number 0) is null, not 0.5");
  EXPECT_EQ(Told(expected, Answer("[0.5]", "[9007199254740992]", s, "[true]"), {0}),
            "a wrong answer: 'n' of row 0 (key number 0) is 9007199254740992, not 9007199254740993");
  EXPECT_EQ(Told(expected, Answer("[0.5]", n, R"(["e"])", "[true]"), {0}),
            "a wrong answer: 's' of row 0 (key number 0) is \"e\", not \"é\"\"");
  EXPECT_EQ(Told(expected, Answer("[0.5]", n, s, "[false]"), {0}),
            "a wrong answer: 'b' of row 0 (key number 0) is false, not true");
  EXPECT_EQ(Told(expected, Answer("[0.5]", n, s, "[true]"), {2}),
            "a wrong answer: 's' of row 0 (key number 2) is \"é\\\"\", not null");
  EXPECT_EQ(Told(expected, Answer("[0.5,0.5]", n, s, "[true]"), {0}),
            "a wrong answer: 'f' has more values than rows were asked for");
  EXPECT_EQ(Told(expected, Answer("[]", n, s, "[true]"), {0}), "a wrong answer: 'f' has 0 values for 1 rows");
}

TEST(AnswerCheck, TellsZerosApart) {
  ExpectedValues expected;
  expected.key_count = 1;
  expected.columns = {{.name = "f", .floats = {-0.0}}};
  const std::string head = R"({"metadata":{"feature_names":["f"]},"results":[{"values":[)";
  EXPECT_EQ(Told(expected, head + "-0.0]}]}", {0}), "");
  EXPECT_NE(Told(expected, head + "0.0]}]}", {0}), "");
}

TEST(AnswerCheck, SurvivesWhatIsNoAnswer) {
  const ExpectedValues expected = Values();
  EXPECT_EQ(Told(expected, "{", {0}), "a wrong answer: no values of features: {");
  EXPECT_EQ(Told(expected, R"({"error":1})", {0}), "a wrong answer: no values of features: {\"error\":1}");
  EXPECT_EQ(Told(expected, R"({"metadata":{"feature_names":["f",1]},"results":[{}]})", {0}),
            "a wrong answer: 'f' has no values");
  EXPECT_EQ(Told(expected, R"({"metadata":{"feature_names":[1]},"results":[{}]})", {0}),
            "a wrong answer: a feature's name is no text");
  EXPECT_EQ(Told(expected, R"({"metadata":{"feature_names":["x","y"]},"results":[{}]})", {0}),
            "a wrong answer: more names of features than results");
  EXPECT_EQ(Told(expected, R"({"metadata":{"feature_names":[]},"results":[]})", {0}),
            "a wrong answer: 0 of 4 expected features");
}

}  // namespace
}  // namespace larder
