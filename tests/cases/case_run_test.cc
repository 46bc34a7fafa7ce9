#include "tests/cases/case_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "tests/cases/case_table.h"

namespace larder::cases {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Answers every command with one outcome and remembers what it was asked.
class FixedDriver final : public CaseDriver {
 public:
  explicit FixedDriver(CaseOutcome outcome) : outcome_(std::move(outcome)) {}
  Result<CaseOutcome> Run(const CaseCommand& command) override {
    asked.push_back(command);
    return outcome_;
  }
  std::vector<CaseCommand> asked;

 private:
  CaseOutcome outcome_;
};

class CaseRunTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::path(testing::TempDir()) / "larder_case_run").string();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string RunText(std::string_view text, CaseDriver& driver) const {
    const Result<Case> read = ParseCase(text);
    return read.ok() ? RunCase(*read, folder_, driver).ToString() : read.status().ToString();
  }

  std::string Content(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::string folder_;
};

CaseOutcome Rows(std::string_view table) {
  CaseOutcome outcome;
  outcome.table = *MakeTable(*ReadTextTable(table));
  return outcome;
}

TEST_F(CaseRunTest, WritesFilesInOrderAndAsksTheDriver) {
  FixedDriver driver((CaseOutcome()));
  EXPECT_EQ(RunText("# A.\n== definitions\na: 1\n\n== file data/x.csv\nk,v\n\n== run push 'a b' x.csv\n"
                    "== remove data\n== run apply\n",
                    driver),
            "ok");
  EXPECT_EQ(Content("larder.yaml"), "project: cases\n");
  EXPECT_EQ(Content("features/definitions.yaml"), "a: 1\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/data"));
  ASSERT_EQ(driver.asked.size(), 2U);
  EXPECT_THAT(driver.asked[0].arguments, ElementsAre("push", "a b", "x.csv"));
  EXPECT_FALSE(driver.asked[0].wants_table);
}

TEST_F(CaseRunTest, RowsOfATrainingSetAreCompared) {
  FixedDriver driver(Rows("a: int64\n1\n"));
  EXPECT_EQ(RunText("# A.\n== run historical\na: int64\n1\n", driver), "ok");
  EXPECT_TRUE(driver.asked[0].wants_table);
  EXPECT_THAT(RunText("# A.\n\n== run historical\na: int64\n2\n", driver),
              HasSubstr("line 3: row 1, a: expected 2; got 1"));
  EXPECT_THAT(RunText("# A.\n== run historical\na: int64\n1\n1\n", driver), HasSubstr("rows: expected 2; got 1"));
}

TEST_F(CaseRunTest, FailuresMustBeTheOnesExpected) {
  CaseOutcome failed;
  failed.reason = Reason::kUnknownFeature;
  failed.message = "no feature 'b'\ndid you mean 'a'?";
  FixedDriver driver(failed);
  EXPECT_EQ(RunText("# A.\n== fails historical\nreason: unknown_feature\nmessage: did you mean 'a'\n", driver), "ok");
  EXPECT_TRUE(driver.asked[0].must_fail);
  EXPECT_THAT(RunText("# A.\n== fails historical\nreason: usage\n", driver),
              HasSubstr("expected usage; got unknown_feature"));
  EXPECT_THAT(RunText("# A.\n== fails historical\nmessage: 'c'\n", driver), HasSubstr("a message with ''c''"));
  EXPECT_THAT(RunText("# A.\n== run historical\na: int64\n", driver), HasSubstr("failed with unknown_feature"));
  FixedDriver fine((CaseOutcome()));
  EXPECT_THAT(RunText("# A.\n== fails apply\nreason: usage\n", fine), HasSubstr("expected a failure"));
}

TEST_F(CaseRunTest, PrintedTextIsSearched) {
  CaseOutcome printed;
  printed.text = "create entity 'k'\n";
  FixedDriver driver(printed);
  EXPECT_EQ(RunText("# A.\n== run plan\nshows: entity 'k'\nhides: delete\n", driver), "ok");
  EXPECT_THAT(RunText("# A.\n== run plan\nshows: delete\n", driver), HasSubstr("expected that it shows 'delete'"));
  EXPECT_THAT(RunText("# A.\n== run plan\nhides: entity\n", driver), HasSubstr("expected that it hides 'entity'"));
}

}  // namespace
}  // namespace larder::cases
