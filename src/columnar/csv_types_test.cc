#include "columnar/csv_types.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace larder {
namespace {

std::string TypeOf(const std::vector<std::string>& texts) {
  CsvColumnGuess forward;
  for (const std::string& text : texts) forward.Observe(text);
  CsvColumnGuess merged;
  for (auto text = texts.rbegin(); text != texts.rend(); ++text) {
    CsvColumnGuess one;
    one.Observe(*text);
    merged.Merge(one);
  }
  EXPECT_EQ(forward, merged);
  return TypeName(forward.type());
}

TEST(CsvTypesTest, EachTextHasItsNarrowestType) {
  EXPECT_EQ(TypeOf({"0", "-12", "9223372036854775807"}), "int64");
  EXPECT_EQ(TypeOf({"1", "2.5", "1e5", "-0.5", "NaN"}), "float64");
  EXPECT_EQ(TypeOf({"0", "0.5", "-0"}), "float64");
  EXPECT_EQ(TypeOf({"true", "False", "TRUE"}), "bool");
  EXPECT_EQ(TypeOf({"2015-01-02", "0001-01-01"}), "date");
  EXPECT_EQ(TypeOf({"2015-01-02", "2015-01-02T13:05"}), "timestamp");
  EXPECT_EQ(TypeOf({"2015-01-02 13:05:00+02:00"}), "timestamp");
  EXPECT_EQ(TypeOf({"2015-01-02T13:05:00.123456789"}), "timestamp");
}

TEST(CsvTypesTest, AllElseIsString) {
  EXPECT_EQ(TypeOf({}), "string");
  EXPECT_EQ(TypeOf({""}), "string");
  EXPECT_EQ(TypeOf({"1", ""}), "string");
  EXPECT_EQ(TypeOf({"007"}), "string");
  EXPECT_EQ(TypeOf({"1", "-01"}), "string");
  EXPECT_EQ(TypeOf({"00.5"}), "string");
  EXPECT_EQ(TypeOf({"+5"}), "string");
  EXPECT_EQ(TypeOf({"9223372036854775808"}), "string");
  EXPECT_EQ(TypeOf({"1.5", "9223372036854775808"}), "string");
  EXPECT_EQ(TypeOf({"1", "true"}), "string");
  EXPECT_EQ(TypeOf({"2015-02-30"}), "string");
  EXPECT_EQ(TypeOf({"20150102", "2015-01-02"}), "string");
  EXPECT_EQ(TypeOf({" 1"}), "string");
}

class CsvGuessTest : public testing::Test {
 protected:
  CsvGuessTest() : folder_(testing::TempDir() + "/csv_guess_" + std::to_string(::getpid())) {
    EXPECT_TRUE(files_->MakeFolders(folder_).ok());
  }
  ~CsvGuessTest() override { EXPECT_TRUE(files_->RemoveFolder(folder_).ok()); }

  Result<CsvGuess> Guess(const std::string& text, const std::vector<std::string>& nulls = {}) {
    const std::string path = folder_ + "/a.csv";
    LARDER_RETURN_IF_ERROR(WriteFileAtomically(*files_, path, text));
    return GuessCsvTypes(*files_, path, nulls);
  }

  const std::unique_ptr<FileSystem> files_ = NewPosixFileSystem();
  const std::string folder_;
};

TEST_F(CsvGuessTest, FilesAreGuessedTogether) {
  CsvGuess guess = *Guess("a,b,c,d\n1,2015-01-02,x,\n,2015-01-03,,\n");
  guess.Merge(*Guess("b,a,e\n2015-01-02T01:00,2.5,true\n"));
  const std::map<std::string, ValueType> expected = {{"a", ValueType::Of(TypeKind::kFloat64)},
                                                     {"b", ValueType::Of(TypeKind::kTimestamp)},
                                                     {"c", ValueType::Of(TypeKind::kString)},
                                                     {"d", ValueType::Of(TypeKind::kString)},
                                                     {"e", ValueType::Of(TypeKind::kBool)}};
  EXPECT_EQ(guess.Types(), expected);
}

TEST_F(CsvGuessTest, NullsSayNothing) {
  EXPECT_EQ(TypeName(Guess("a,b\nNA,1\n5,1\n,1\n", {"NA"})->Types().at("a")), "int64");
  EXPECT_EQ(TypeName(Guess("a,b\n\"NA\",1\n5,1\n", {"NA"})->Types().at("a")), "string");
  EXPECT_EQ(TypeName(Guess("a,b\n\"\",1\n5,1\n")->Types().at("a")), "string");
}

TEST_F(CsvGuessTest, BrokenFilesAreErrors) {
  EXPECT_EQ(Guess("a,b\n1\n").status().reason(), Reason::kInvalidFile);
  EXPECT_EQ(GuessCsvTypes(*files_, folder_ + "/none.csv", {}).status().reason(), Reason::kFileNotFound);
}

}  // namespace
}  // namespace larder
