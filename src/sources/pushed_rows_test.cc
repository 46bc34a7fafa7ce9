#include "sources/pushed_rows.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "columnar/table_file.h"
#include "sources/temporary_project.h"

namespace larder {
namespace {

class PushedRowsTest : public ::testing::Test {
 protected:
  PushedRowsTest() : folder_(PushedToViewFolder(project_.Path("offline"), "last_flight", 3)) {}

  Status Append(std::uint64_t sequence, const std::string& values) {
    return AppendPushedRows(project_.files(), folder_, sequence, *TestTable({{"x", arrow::int64(), values}}));
  }

  TemporaryProject project_;
  const std::string folder_;
};

TEST_F(PushedRowsTest, FoldersTellSourcesFromViews) {
  EXPECT_EQ(folder_, project_.Path("offline/pushed/view/last_flight/3"));
  EXPECT_EQ(PushedToSourceFolder("/o", "flights"), "/o/pushed/source/flights");
}

TEST_F(PushedRowsTest, NoFolderMeansNoPushes) {
  const auto pushed = ListPushedFiles(project_.files(), folder_);
  ASSERT_TRUE(pushed.ok()) << pushed.status().ToString();
  EXPECT_TRUE(pushed->empty());
}

TEST_F(PushedRowsTest, FilesStandInTheOrderOfPushes) {
  ASSERT_TRUE(Append(10, "[10]").ok());
  ASSERT_TRUE(Append(9, "[9]").ok());
  ASSERT_TRUE(Append(UINT64_MAX, "[11]").ok());
  project_.WriteText("offline/pushed/view/last_flight/3/12.parquet", "not by us");
  project_.WriteText("offline/pushed/view/last_flight/3/.00000000000000000013.parquet.tmp", "unfinished");
  const auto pushed = ListPushedFiles(project_.files(), folder_);
  ASSERT_TRUE(pushed.ok());
  ASSERT_EQ(pushed->size(), 3U);
  EXPECT_EQ((*pushed)[0].sequence, 9U);
  EXPECT_EQ((*pushed)[1].sequence, 10U);
  EXPECT_EQ((*pushed)[2].sequence, UINT64_MAX);
  const auto file = OpenTableFile(project_.files(), (*pushed)[0].info.path, {});
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  EXPECT_EQ((*file)->row_groups()[0].row_count, 1);
}

TEST_F(PushedRowsTest, ASequenceIsTakenOnce) {
  ASSERT_TRUE(Append(1, "[1]").ok());
  EXPECT_EQ(Append(1, "[2]").reason(), Reason::kAlreadyExists);
  EXPECT_EQ(ListPushedFiles(project_.files(), folder_)->size(), 1U);
}

TEST_F(PushedRowsTest, NoRowsMakeNoFile) {
  ASSERT_TRUE(Append(1, "[]").ok());
  EXPECT_TRUE(ListPushedFiles(project_.files(), folder_)->empty());
}

}  // namespace
}  // namespace larder
