#include "base/fault_file_system.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace larder {
namespace {

class FaultFileSystemTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(disk_->RemoveFolder(folder_).ok() && disk_->MakeFolders(folder_).ok()); }
  void TearDown() override { EXPECT_TRUE(disk_->RemoveFolder(folder_).ok()); }

  std::string Content(const std::string& path) { return *ReadWholeFile(*disk_, path, 1 << 20); }

  const std::unique_ptr<FileSystem> disk_ = NewPosixFileSystem();
  const std::string folder_ = testing::TempDir() + "/fault_file_system_test_" + std::to_string(::getpid());
  const std::string path_ = JoinPath(folder_, "file");
  FaultFileSystem files_{*disk_};
};

TEST_F(FaultFileSystemTest, PassesOnAndCounts) {
  EXPECT_TRUE(WriteFileAtomically(files_, path_, "abc").ok());
  EXPECT_EQ(*ReadWholeFile(files_, path_, 10), "abc");
  EXPECT_EQ(files_.CallCount(FileCall::kAppend), 1);
  EXPECT_EQ(files_.CallCount(FileCall::kSync), 1);
  EXPECT_EQ(files_.CallCount(FileCall::kReadAt), 2);
  EXPECT_EQ(files_.TotalCallCount(), 8);
}

TEST_F(FaultFileSystemTest, FailsTheCallThatWasNamed) {
  files_.FailCall(FileCall::kStat, 2, Reason::kPermissionDenied);
  EXPECT_TRUE(files_.Stat(folder_).ok());
  EXPECT_EQ(files_.Stat(folder_).status().reason(), Reason::kPermissionDenied);
  EXPECT_TRUE(files_.Stat(folder_).ok());
  files_.FailCall(FileCall::kList, 1, Reason::kIoError, /*forever=*/true);
  EXPECT_FALSE(files_.List(folder_).ok());
  EXPECT_FALSE(files_.List(folder_).ok());
  files_.Heal();
  EXPECT_TRUE(files_.List(folder_).ok());
}

TEST_F(FaultFileSystemTest, AFullDiskTakesWhatFits) {
  const auto file = files_.OpenForWrite(path_);
  files_.LimitSpace(5);
  EXPECT_TRUE((*file)->Append("abc").ok());
  EXPECT_EQ((*file)->Append("defg").reason(), Reason::kNoSpace);
  EXPECT_EQ((*file)->Append("h").reason(), Reason::kNoSpace);
  EXPECT_EQ(Content(path_), "abcde");
}

TEST_F(FaultFileSystemTest, AFailedAppendIsShort) {
  const auto file = files_.OpenForWrite(path_);
  files_.FailCall(FileCall::kAppend, 1, Reason::kIoError);
  EXPECT_EQ((*file)->Append("abcdef").reason(), Reason::kIoError);
  EXPECT_EQ(Content(path_), "abc");
}

// The promise of WriteFileAtomically, at every call that can fail.
TEST_F(FaultFileSystemTest, AnAtomicWriteLeavesTheOldOrTheNew) {
  ASSERT_TRUE(WriteFileAtomically(files_, path_, "old").ok());
  const std::int64_t before = files_.TotalCallCount();
  ASSERT_TRUE(WriteFileAtomically(files_, path_, "old").ok());
  const std::int64_t call_count = files_.TotalCallCount() - before;
  EXPECT_EQ(call_count, 5);
  for (std::int64_t n = 1; n <= call_count; ++n) {
    files_.FailAnyCall(n, Reason::kIoError);
    EXPECT_EQ(WriteFileAtomically(files_, path_, "new").reason(), Reason::kIoError) << n;
    files_.Heal();
    EXPECT_EQ(Content(path_), "old") << n;
    EXPECT_EQ(disk_->List(folder_)->size(), 1U) << n;
  }
  EXPECT_TRUE(WriteFileAtomically(files_, path_, "new").ok());
  EXPECT_EQ(Content(path_), "new");
}

}  // namespace
}  // namespace larder
