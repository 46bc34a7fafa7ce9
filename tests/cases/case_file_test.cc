#include "tests/cases/case_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larder::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view kWhole = R"(# The newest row wins.
# Two lines about it.

== table events.parquet row_groups=2
a: int64, b: string
1, x

2, y

== definitions
entities:
  - name: a

== run historical --entities rows.csv --features 'v:f'
a: int64

== fails apply
reason: invalid_definition
)";

TEST(CaseFile, BlocksInOrderWithTheirText) {
  const Result<Case> read = ParseCase(kWhole);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->about, "The newest row wins.\nTwo lines about it.");
  ASSERT_EQ(read->blocks.size(), 4U);
  EXPECT_EQ(read->blocks[0].kind, BlockKind::kTable);
  EXPECT_EQ(read->blocks[0].line, 4);
  EXPECT_THAT(read->blocks[0].arguments, ElementsAre("events.parquet", "row_groups=2"));
  EXPECT_EQ(read->blocks[0].body, "a: int64, b: string\n1, x\n\n2, y\n");
  EXPECT_EQ(read->blocks[1].kind, BlockKind::kFile);
  EXPECT_THAT(read->blocks[1].arguments, ElementsAre("features/definitions.yaml"));
  EXPECT_EQ(read->blocks[1].body, "entities:\n  - name: a\n");
  EXPECT_EQ(read->blocks[2].kind, BlockKind::kRun);
  EXPECT_THAT(read->blocks[2].arguments, ElementsAre("historical", "--entities", "rows.csv", "--features", "v:f"));
  EXPECT_EQ(read->blocks[3].kind, BlockKind::kFail);
  EXPECT_EQ(read->blocks[3].body, "reason: invalid_definition\n");
}

TEST(CaseFile, DriversAreAllUnlessNamed) {
  const Result<Case> all = ParseCase("# All.\n== run apply\n");
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(all->RunsWith("library"));
  const Result<Case> one = ParseCase("# One.\n== only command_line http\n== run apply\n");
  ASSERT_TRUE(one.ok());
  EXPECT_TRUE(one->RunsWith("http"));
  EXPECT_FALSE(one->RunsWith("library"));
}

TEST(CaseFile, MistakesAreNamedWithTheirLine) {
  const auto message = [](std::string_view text) { return std::string(ParseCase(text).status().message()); };
  EXPECT_THAT(message("== run apply\n"), HasSubstr("begins with a comment"));
  EXPECT_THAT(message("# A.\n\n== runs apply\n"), HasSubstr("line 3: unknown kind of block: 'runs'"));
  EXPECT_THAT(message("# A.\n== run\n"), HasSubstr("line 2: 'run' needs a path or a command"));
  EXPECT_THAT(message("# A.\nstray\n== run apply\n"), HasSubstr("line 2: text before the first block"));
  EXPECT_THAT(message("# A.\n== file x\n"), HasSubstr("runs nothing"));
  EXPECT_THAT(message("# A.\n== run push 'x\n"), HasSubstr("a quote stays open"));
}

TEST(CaseFile, WordsAndQuotes) {
  EXPECT_THAT(*SplitWords("a  b\tc"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*SplitWords("--key 'a b' x=\"q\\\"r\" ''"), ElementsAre("--key", "a b", "x=q\"r", ""));
  EXPECT_THAT(*SplitWords(""), IsEmpty());
}

TEST(CaseFile, Expectations) {
  EXPECT_THAT(*ReadExpectations("# why\nreason: usage\n\n message:  a: b \n"),
              ElementsAre(Pair("reason", "usage"), Pair("message", "a: b")));
  EXPECT_FALSE(ReadExpectations("no colon here\n").ok());
}

}  // namespace
}  // namespace larder::cases
