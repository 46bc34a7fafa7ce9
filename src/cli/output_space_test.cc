#include "cli/output_space.h"

#include <gtest/gtest.h>

#include "base/fault_file_system.h"

namespace larder {
namespace {

class OutputSpaceTest : public testing::Test {
 protected:
  OutputSpaceTest() : faults_(*files_) { faults_.LimitSpace(2048); }

  Result<std::string> Check(const std::string& name, std::int64_t bytes) {
    return CheckOutputSpace(faults_, {testing::TempDir() + "/" + name, bytes});
  }

  const std::unique_ptr<FileSystem> files_ = NewPosixFileSystem();
  FaultFileSystem faults_;
};

TEST_F(OutputSpaceTest, SaysNothingWhenThereIsRoom) {
  EXPECT_EQ(*Check("a.parquet", 2048), "");
  EXPECT_EQ(*Check("a.arrow", 2048), "");
}

TEST_F(OutputSpaceTest, WarnsWhereTheFileMayBeSmaller) {
  const auto said = Check("a.parquet", 4096);
  ASSERT_TRUE(said.ok());
  EXPECT_TRUE(said->ends_with("a.parquet: up to 4.0 KiB to write, 2.0 KiB free")) << *said;
}

TEST_F(OutputSpaceTest, RefusesWhatCannotFit) {
  const Status refused = Check("a.arrow", 4096).status();
  EXPECT_EQ(refused.reason(), Reason::kNoSpace);
  EXPECT_TRUE(refused.message().ends_with("a.arrow: at least 4.0 KiB to write, 2.0 KiB free")) << refused.ToString();
}

TEST_F(OutputSpaceTest, ADiskThatCannotBeAskedIsLeftToTheWriting) {
  faults_.FailCall(FileCall::kFreeBytes, 1, Reason::kIoError);
  EXPECT_EQ(*Check("a.arrow", 4096), "");
}

}  // namespace
}  // namespace larder
