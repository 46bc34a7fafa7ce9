#include "sources/source_files.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/temporary_project.h"

namespace larder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SourceFilesTest : public ::testing::Test {
 protected:
  void Write(const std::string& path) { project_.WriteText(path, "a\n1\n"); }

  Result<SourceFileList> List(const std::string& path) {
    return ListSourceFiles(project_.files(), project_.root(), path);
  }

  /// Returns the paths found, relative to the project.
  std::vector<std::string> Paths(const std::string& path) {
    const Result<SourceFileList> list = List(path);
    EXPECT_TRUE(list.ok()) << list.status().ToString();
    std::vector<std::string> paths;
    if (!list.ok()) return paths;
    for (const SourceFile& file : list->files) paths.push_back(file.info.path.substr(project_.root().size() + 1));
    return paths;
  }

  TemporaryProject project_;
};

TEST_F(SourceFilesTest, AFileIsItself) {
  Write("data/a.csv");
  EXPECT_THAT(Paths("data/a.csv"), ElementsAre("data/a.csv"));
  EXPECT_THAT(Paths(project_.Path("data/a.csv")), ElementsAre("data/a.csv"));
}

TEST_F(SourceFilesTest, AFileNamedLikeAPatternIsMeantFirst) {
  Write("a[1].csv");
  Write("a1.csv");
  EXPECT_THAT(Paths("a[1].csv"), ElementsAre("a[1].csv"));
}

TEST_F(SourceFilesTest, AFolderIsAllFilesBelowInByteOrder) {
  Write("data/b.csv");
  Write("data/B.csv");
  Write("data/a/z.csv");
  Write("data/a.csv");
  // '.' < '/' as bytes: a.csv before a/z.csv.
  EXPECT_THAT(Paths("data"), ElementsAre("data/B.csv", "data/a.csv", "data/a/z.csv", "data/b.csv"));
}

TEST_F(SourceFilesTest, HiddenFilesAndFoldersAreLeftOut) {
  Write("data/a.csv");
  Write("data/.b.csv");
  Write("data/_temporary/c.csv");
  Write("data/_SUCCESS");
  EXPECT_THAT(Paths("data"), ElementsAre("data/a.csv"));
  EXPECT_THAT(Paths("data/**/*.csv"), ElementsAre("data/a.csv"));
}

TEST_F(SourceFilesTest, PatternsInAnyPart) {
  Write("data/2015/01.csv");
  Write("data/2015/02.csv");
  Write("data/2016/01.csv");
  Write("data/other/01.csv");
  EXPECT_THAT(Paths("data/201?/0[1].csv"), ElementsAre("data/2015/01.csv", "data/2016/01.csv"));
  EXPECT_THAT(Paths("data/**/01.csv"), ElementsAre("data/2015/01.csv", "data/2016/01.csv", "data/other/01.csv"));
  EXPECT_THAT(Paths("**/**/02.csv"), ElementsAre("data/2015/02.csv"));
  EXPECT_THAT(Paths("data/2015/**"), ElementsAre("data/2015/01.csv", "data/2015/02.csv"));
}

TEST_F(SourceFilesTest, NothingFoundSaysWhatToDo) {
  Write("data/a.csv");
  for (const std::string path : {"data/b.csv", "data/*.parquet", "nowhere/*.csv", "nowhere"}) {
    const Result<SourceFileList> list = List(path);
    ASSERT_FALSE(list.ok()) << path;
    EXPECT_EQ(list.status().reason(), Reason::kFileNotFound) << path;
    EXPECT_THAT(std::string(list.status().message()), HasSubstr(path));
    EXPECT_THAT(std::string(list.status().hint()), HasSubstr("larder.yaml"));
  }
}

TEST_F(SourceFilesTest, AnEmptyFolderIsNotFound) {
  ASSERT_TRUE(project_.files().MakeFolders(project_.Path("empty")).ok());
  EXPECT_EQ(List("empty").status().reason(), Reason::kFileNotFound);
}

TEST_F(SourceFilesTest, FormatsMustNotDiffer) {
  Write("data/a.csv");
  Write("data/b.parquet");
  const Status status = List("data").status();
  EXPECT_EQ(status.reason(), Reason::kInvalidFile);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a.csv"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("b.parquet"));
  EXPECT_THAT(Paths("data/*.csv"), ElementsAre("data/a.csv"));
}

TEST_F(SourceFilesTest, CompressedAndPlainCsvAreOneFormat) {
  Write("data/a.csv");
  Write("data/b.csv.gz");
  EXPECT_THAT(Paths("data"), ElementsAre("data/a.csv", "data/b.csv.gz"));
}

TEST_F(SourceFilesTest, PartitionFoldersBecomeColumns) {
  Write("data/day=2015-01-01/hour=1/city=New%20York/a.csv");
  Write("data/day=2015-01-02/hour=13/city=__HIVE_DEFAULT_PARTITION__/a.csv");
  const Result<SourceFileList> list = List("data");
  ASSERT_TRUE(list.ok()) << list.status().ToString();
  EXPECT_THAT(list->partition_names, ElementsAre("day", "hour", "city"));
  EXPECT_THAT(list->files[0].partition_values, ElementsAre("2015-01-01", "1", "New York"));
  EXPECT_THAT(list->files[1].partition_values, ElementsAre("2015-01-02", "13", std::nullopt));
  EXPECT_THAT(GuessPartitionTypes(*list), ElementsAre(ValueType::Of(TypeKind::kDate), ValueType::Of(TypeKind::kInt64),
                                                      ValueType::Of(TypeKind::kString)));
}

TEST_F(SourceFilesTest, LeadingZerosOfAPartitionStayText) {
  Write("data/month=01/a.csv");
  Write("data/month=10/a.csv");
  const Result<SourceFileList> list = List("data/*/*.csv");
  ASSERT_TRUE(list.ok());
  EXPECT_THAT(GuessPartitionTypes(*list), ElementsAre(ValueType::Of(TypeKind::kString)));
}

TEST_F(SourceFilesTest, FilesMustStandInEqualPartitions) {
  Write("data/day=1/a.csv");
  Write("data/b.csv");
  const Status status = List("data").status();
  EXPECT_EQ(status.reason(), Reason::kInvalidData);
  EXPECT_THAT(std::string(status.message()), HasSubstr("day=1/a.csv"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("b.csv"));
}

TEST_F(SourceFilesTest, ANameOfTwoFoldersIsRefused) {
  Write("data/day=1/day=2/a.csv");
  EXPECT_EQ(List("data").status().reason(), Reason::kInvalidData);
}

TEST_F(SourceFilesTest, FoldersThatAreFixedAreNoPartitions) {
  Write("day=1/data/a.csv");
  const Result<SourceFileList> list = List("day=1/data");
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->partition_names.empty());
}

}  // namespace
}  // namespace larder
