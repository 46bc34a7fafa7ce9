#include "base/file_system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/fault_file_system.h"

namespace larder {
namespace {

class FileSystemTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_->RemoveFolder(folder_).ok() && files_->MakeFolders(folder_).ok()); }
  void TearDown() override { EXPECT_TRUE(files_->RemoveFolder(folder_).ok()); }

  std::string Path(std::string_view name) const { return JoinPath(folder_, name); }
  std::string Content(const std::string& path) { return *ReadWholeFile(*files_, path, 1 << 20); }

  const std::unique_ptr<FileSystem> files_ = NewPosixFileSystem();
  const std::string folder_ = testing::TempDir() + "/file_system_test_" + std::to_string(::getpid());
};

TEST_F(FileSystemTest, WritesAndReadsAtAnyOffset) {
  const auto written = files_->OpenForWrite(Path("a"));
  ASSERT_TRUE(written.ok());
  EXPECT_TRUE((*written)->Append("hello ").ok());
  EXPECT_TRUE((*written)->Append("world").ok());
  EXPECT_TRUE((*written)->Sync().ok());
  EXPECT_TRUE((*written)->Close().ok());
  const auto opened = files_->OpenForRead(Path("a"));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(*(*opened)->Size(), 11);
  std::string text(20, '.');
  EXPECT_EQ(*(*opened)->ReadAt(6, 20, text.data()), 5);
  EXPECT_EQ(text.substr(0, 6), "world.");
  EXPECT_EQ(*(*opened)->ReadAt(11, 1, text.data()), 0);
}

TEST_F(FileSystemTest, AnOpenFileKnowsThatItWasReplaced) {
  ASSERT_TRUE(WriteFileAtomically(*files_, Path("a"), "old").ok());
  const auto opened = files_->OpenForRead(Path("a"));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(*(*opened)->Info(), *files_->Stat(Path("a")));
  ASSERT_TRUE(WriteFileAtomically(*files_, Path("a"), "new").ok());
  EXPECT_NE((*opened)->Info()->inode, files_->Stat(Path("a"))->inode);
  std::string text(3, '.');
  EXPECT_EQ(*(*opened)->ReadAt(0, 3, text.data()), 3);
  EXPECT_EQ(text, "old");
  EXPECT_EQ(Content(Path("a")), "new");
  EXPECT_EQ(files_->List(folder_)->size(), 1U);
}

TEST_F(FileSystemTest, OnlyWhatNobodyWritesIsAbandoned) {
  const auto written = *files_->OpenForWrite(Path("a"));
  EXPECT_EQ(*files_->RemoveIfAbandoned(Path("a")), false);
  EXPECT_TRUE(Exists(*files_, Path("a")));
  ASSERT_TRUE(written->Close().ok());
  EXPECT_EQ(*files_->RemoveIfAbandoned(Path("a")), true);
  EXPECT_FALSE(Exists(*files_, Path("a")));
  EXPECT_EQ(files_->RemoveIfAbandoned(Path("a")).status().reason(), Reason::kFileNotFound);
}

TEST_F(FileSystemTest, TellsFreeSpaceAlsoOfFoldersToBe) {
  const auto free_bytes = files_->FreeBytes(folder_);
  ASSERT_TRUE(free_bytes.ok());
  EXPECT_GE(*free_bytes, 0);
  EXPECT_TRUE(files_->FreeBytes(Path("to/be/made")).ok());
  FaultFileSystem faults(*files_);
  faults.LimitSpace(1000);
  EXPECT_EQ(*faults.FreeBytes(folder_), std::min<std::int64_t>(*free_bytes, 1000));
}

TEST_F(FileSystemTest, ListsSortedByBytes) {
  for (const char* name : {"b", "a.10", "a.2", "B"}) ASSERT_TRUE(WriteFileAtomically(*files_, Path(name), name).ok());
  ASSERT_TRUE(files_->MakeFolders(Path("c/d")).ok());
  ASSERT_EQ(::symlink("nowhere", Path("broken").c_str()), 0);
  const auto infos = files_->List(folder_);
  ASSERT_TRUE(infos.ok());
  std::vector<std::string> paths;
  for (const FileInfo& info : *infos) paths.push_back(info.path);
  EXPECT_EQ(paths, (std::vector<std::string>{Path("B"), Path("a.10"), Path("a.2"), Path("b"), Path("c")}));
  EXPECT_TRUE(infos->back().is_folder);
  EXPECT_EQ(infos->at(1).size_bytes, 4);
}

TEST_F(FileSystemTest, MakesAndRemovesFoldersAtAnyDepth) {
  EXPECT_TRUE(files_->MakeFolders(Path("x/y/z")).ok());
  EXPECT_TRUE(files_->MakeFolders(Path("x/y/z")).ok());
  ASSERT_TRUE(WriteFileAtomically(*files_, Path("x/y/file"), "").ok());
  ASSERT_TRUE(WriteFileAtomically(*files_, Path("kept"), "kept").ok());
  std::filesystem::create_symlink(folder_, Path("x/loop"));
  EXPECT_EQ(files_->MakeFolders(Path("x/y/file")).reason(), Reason::kIoError);
  EXPECT_TRUE(files_->RemoveFolder(Path("x")).ok());
  EXPECT_FALSE(Exists(*files_, Path("x")));
  EXPECT_EQ(Content(Path("kept")), "kept");
  EXPECT_TRUE(files_->RemoveFolder(Path("x")).ok());
  EXPECT_EQ(files_->RemoveFolder(Path("kept")).reason(), Reason::kIoError);
}

TEST_F(FileSystemTest, SaysWhyNot) {
  EXPECT_EQ(files_->OpenForRead(Path("none")).status().reason(), Reason::kFileNotFound);
  EXPECT_EQ(files_->Stat(Path("none")).status().message(),
            "cannot look at: " + Path("none") + ": No such file or directory");
  EXPECT_EQ(files_->RemoveFile(Path("none")).reason(), Reason::kFileNotFound);
  EXPECT_EQ(files_->Rename(Path("none"), Path("other")).reason(), Reason::kFileNotFound);
  EXPECT_EQ(files_->List(Path("none")).status().reason(), Reason::kFileNotFound);
  EXPECT_EQ(files_->OpenForRead(folder_).status().reason(), Reason::kInvalidFile);
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(files_->OpenForRead(Path("pipe")).status().reason(), Reason::kInvalidFile);
  EXPECT_EQ(files_->OpenForWrite("/proc/larder").status().ok(), false);
}

TEST_F(FileSystemTest, SaysWhenRightsAreMissing) {
  if (::geteuid() == 0) GTEST_SKIP() << "SKIPPED: root may do everything";
  ASSERT_TRUE(WriteFileAtomically(*files_, Path("a"), "x").ok());
  ASSERT_EQ(::chmod(Path("a").c_str(), 0), 0);
  EXPECT_EQ(files_->OpenForRead(Path("a")).status().reason(), Reason::kPermissionDenied);
}

TEST_F(FileSystemTest, SaysWhenTheDiskIsFull) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "SKIPPED: no /dev/full";
  const auto full = files_->OpenForWrite("/dev/full");
  ASSERT_TRUE(full.ok());
  EXPECT_EQ((*full)->Append("x").reason(), Reason::kNoSpace);
}

TEST_F(FileSystemTest, ReadsNoMoreThanItsLimit) {
  ASSERT_TRUE(WriteFileAtomically(*files_, Path("a"), "12345").ok());
  EXPECT_EQ(*ReadWholeFile(*files_, Path("a"), 5), "12345");
  EXPECT_EQ(ReadWholeFile(*files_, Path("a"), 4).status().reason(), Reason::kLimitExceeded);
}

TEST(JoinPathTest, JoinsAndKeepsWhatIsAbsolute) {
  EXPECT_EQ(JoinPath("a", "b/c"), "a/b/c");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("a", ""), "a");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
}

}  // namespace
}  // namespace larder
