// What a registry does when processes die, files are damaged, and others hold the file.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "definitions/definition_files.h"
#include "registry/registry.h"
#include "registry/scratch_registry.h"

namespace larder {
namespace {

// A project whose size and content tell its number: every object changes with it.
std::string ProjectText(int number) {
  std::string text = "entities: [{name: e, type: int64}]\nsources:\n";
  for (int i = 0; i < 20; ++i) {
    text += "  - {name: s" + std::to_string(i) + ", path: x" + std::to_string(number) + ".csv}\n";
  }
  return text;
}

DefinitionSet SetOf(int number) { return *ParseDefinitions({{"f.yaml", ProjectText(number)}}); }

Status ApplyNumber(Registry& registry, int number) {
  LARDER_ASSIGN_OR_RETURN(const auto snapshot, registry.Load());
  LARDER_ASSIGN_OR_RETURN(const ApplyPlan plan, PlanChanges(*snapshot, SetOf(number)));
  return registry.Apply(plan, {"test", {}}).status();
}

// Returns the number of the project when all its objects have it, else -1.
int NumberOf(const RegistrySnapshot& snapshot) {
  int number = -1;
  for (const auto& [name, source] : snapshot.current().sources()) {
    const int found = std::stoi(source->path.substr(1));
    if (number != -1 && number != found) return -1;
    number = found;
  }
  return snapshot.current().sources().size() == 20 ? number : -1;
}

Reason OpenReason(const std::string& path, const Clock& clock) {
  const auto opened = Registry::Open({path, true, 50}, clock);
  if (!opened.ok()) {
    EXPECT_NE(opened.status().message().find(path), std::string_view::npos) << opened.status().ToString();
    EXPECT_FALSE(opened.status().hint().empty()) << opened.status().ToString();
  }
  return opened.status().reason();
}

void RunSql(const std::string& path, const std::string& statements) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(handle, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

TEST(RegistryFaultsTest, KilledAtAnyMomentItHoldsTheOldOrTheNewState) {
  ScratchRegistry scratch;
  ASSERT_TRUE(ApplyNumber(scratch.registry(), 0).ok());
  int seen_number = 0;
  int killed_count = 0;
  for (int round = 0; round < 25; ++round) {
    scratch.Close();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto registry = Registry::Open({scratch.path(), true, 5'000}, scratch.clock());
      if (!registry.ok()) _exit(2);
      for (int number = seen_number + 1;; ++number) {
        if (!ApplyNumber(**registry, number).ok()) _exit(3);
      }
    }
    // Moments spread over several applies, whatever the machine's speed.
    usleep(static_cast<useconds_t>(20'000 + round * 7'919 % 40'000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    const auto registry = scratch.Reopen();
    const auto snapshot = registry->Load();
    ASSERT_TRUE(snapshot.ok()) << snapshot.status().ToString();
    const int number = NumberOf(**snapshot);
    ASSERT_GE(number, seen_number);
    EXPECT_EQ((*snapshot)->revision(), number + 1);
    killed_count += number > seen_number ? 1 : 0;
    seen_number = number;
  }
  EXPECT_GT(killed_count, 0);
}

TEST(RegistryFaultsTest, OfManyAppliesAtOnceEachRevisionHasOneWinner) {
  ScratchRegistry scratch;
  constexpr int kThreads = 4;
  constexpr int kRounds = 10;
  std::atomic<int> win_count{0};
  std::atomic<int> conflict_count{0};
  std::atomic<int> other_count{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const auto registry = Registry::Open({scratch.path(), true, 60'000}, scratch.clock());
      for (int round = 0; registry.ok() && round < kRounds; ++round) {
        const Status status = ApplyNumber(**registry, 1 + thread + kThreads * round);
        if (status.ok()) {
          ++win_count;
        } else if (status.reason() == Reason::kConflict) {
          ++conflict_count;
        } else {
          ++other_count;
          ADD_FAILURE() << status.ToString();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(win_count + conflict_count, kThreads * kRounds);
  EXPECT_EQ(*scratch.registry().Revision(), win_count);
  EXPECT_GT(win_count, 0);
  EXPECT_GE(NumberOf(**scratch.registry().Load()), 1);
}

TEST(RegistryFaultsTest, ManyMayMakeTheFileAtOnce) {
  for (int round = 0; round < 10; ++round) {
    ScratchRegistry scratch;
    const std::string path = scratch.folder() + "/fresh.db";
    std::atomic<int> opened_count{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        const auto registry = Registry::Open({path, true, 60'000}, scratch.clock());
        const Status status = registry.ok() ? (*registry)->NextPushSequence().status() : registry.status();
        EXPECT_TRUE(status.ok()) << status.ToString();
        if (status.ok()) ++opened_count;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(opened_count, 4);
  }
}

TEST(RegistryFaultsTest, AWriterThatHoldsTheFileIsNamed) {
  ScratchRegistry scratch;
  ASSERT_TRUE(ApplyNumber(scratch.registry(), 0).ok());
  sqlite3* holder = nullptr;
  ASSERT_EQ(sqlite3_open(scratch.path().c_str(), &holder), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(holder, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  auto impatient = Registry::Open({scratch.path(), true, 50}, scratch.clock());
  ASSERT_TRUE(impatient.ok()) << impatient.status().ToString();
  // Readers do not wait for it.
  EXPECT_TRUE((*impatient)->Load().ok());
  const Status status = ApplyNumber(**impatient, 1);
  EXPECT_EQ(status.reason(), Reason::kLocked);
  EXPECT_NE(status.message().find(scratch.path()), std::string_view::npos);
  EXPECT_EQ((*impatient)->NextPushSequence().status().reason(), Reason::kLocked);
  sqlite3_exec(holder, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(holder);
  EXPECT_TRUE(ApplyNumber(**impatient, 1).ok());
}

TEST(RegistryFaultsTest, AMissingFileIsMadeOnlyWhenAsked) {
  ScratchRegistry scratch;
  const std::string path = scratch.folder() + "/none.db";
  EXPECT_EQ(Registry::Open({path, false, 50}, scratch.clock()).status().reason(), Reason::kFileNotFound);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RegistryFaultsTest, AFileOfANewerLarderIsRefused) {
  ScratchRegistry scratch;
  scratch.Close();
  RunSql(scratch.path(), "PRAGMA user_version = 2");
  EXPECT_EQ(OpenReason(scratch.path(), scratch.clock()), Reason::kNewerFormat);
}

TEST(RegistryFaultsTest, AForeignFileIsRefused) {
  ScratchRegistry scratch;
  const std::string text = scratch.folder() + "/text.db";
  std::ofstream(text) << std::string(5'000, 'x');
  EXPECT_EQ(OpenReason(text, scratch.clock()), Reason::kDamaged);
  const std::string database = scratch.folder() + "/other.db";
  RunSql(database, "CREATE TABLE t (x)");
  EXPECT_EQ(OpenReason(database, scratch.clock()), Reason::kDamaged);
  RunSql(database, "PRAGMA application_id = 1");
  EXPECT_EQ(OpenReason(database, scratch.clock()), Reason::kDamaged);
  EXPECT_EQ(OpenReason(scratch.folder(), scratch.clock()), Reason::kIoError);
}

TEST(RegistryFaultsTest, FlippedBytesAreFoundAndNeverCrash) {
  ScratchRegistry scratch;
  ASSERT_TRUE(ApplyNumber(scratch.registry(), 0).ok());
  scratch.Close();
  std::string whole;
  {
    std::ifstream in(scratch.path(), std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
  }
  const std::string path = scratch.folder() + "/flipped.db";
  int damaged_count = 0;
  for (std::size_t offset = 0; offset < whole.size(); offset += 487) {
    std::string flipped = whole;
    flipped[offset] = static_cast<char>(flipped[offset] ^ 0x55);
    std::filesystem::remove(path + "-wal");
    std::filesystem::remove(path + "-shm");
    std::ofstream(path, std::ios::binary) << flipped;
    const auto registry = Registry::Open({path, true, 50}, scratch.clock());
    const Status status = registry.ok() ? (*registry)->Load().status() : registry.status();
    if (status.ok()) continue;
    ++damaged_count;
    EXPECT_TRUE(status.reason() == Reason::kDamaged || status.reason() == Reason::kNewerFormat) << status.ToString();
  }
  EXPECT_GT(damaged_count, 0);
}

TEST(RegistryFaultsTest, AChangedTextDoesNotHaveItsFingerprint) {
  ScratchRegistry scratch;
  ASSERT_TRUE(ApplyNumber(scratch.registry(), 0).ok());
  scratch.Close();
  RunSql(scratch.path(), "UPDATE versions SET canonical_text = replace(canonical_text, 'x0', 'x1') WHERE name = 's3'");
  const Status status = scratch.Reopen()->Load().status();
  EXPECT_EQ(status.reason(), Reason::kDamaged);
  EXPECT_NE(status.message().find("version 1 of source 's3'"), std::string_view::npos) << status.ToString();
}

TEST(RegistryFaultsTest, ATruncatedFileIsDamaged) {
  ScratchRegistry scratch;
  ASSERT_TRUE(ApplyNumber(scratch.registry(), 0).ok());
  scratch.Close();
  std::filesystem::resize_file(scratch.path(), 8'192);
  const auto registry = Registry::Open({scratch.path(), true, 50}, scratch.clock());
  const Status status = registry.ok() ? (*registry)->Load().status() : registry.status();
  EXPECT_EQ(status.reason(), Reason::kDamaged) << status.ToString();
}

// Root may write everywhere, so the test becomes nobody where it is root.
class AsNobody {
 public:
  AsNobody() {
    if (geteuid() == 0) changed_ = seteuid(65'534) == 0;
  }
  ~AsNobody() {
    if (changed_) {
      EXPECT_EQ(seteuid(0), 0);
    }
  }

 private:
  bool changed_ = false;
};

TEST(RegistryFaultsTest, WithoutTheRightToWriteNothingHappens) {
  ScratchRegistry scratch;
  ASSERT_TRUE(ApplyNumber(scratch.registry(), 0).ok());
  scratch.Close();
  const std::string folder = scratch.folder() + "/below";
  ASSERT_EQ(chmod(scratch.folder().c_str(), 0755), 0);
  ASSERT_EQ(chmod(folder.c_str(), 0555), 0);
  ASSERT_EQ(chmod(scratch.path().c_str(), 0444), 0);
  {
    const AsNobody nobody;
    const Reason reason = OpenReason(scratch.path(), scratch.clock());
    EXPECT_TRUE(reason == Reason::kReadOnly || reason == Reason::kPermissionDenied) << Describe(reason).name;
    EXPECT_EQ(OpenReason(folder + "/new.db", scratch.clock()), Reason::kPermissionDenied);
    EXPECT_EQ(OpenReason(folder + "/deeper/new.db", scratch.clock()), Reason::kPermissionDenied);
  }
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
}

TEST(RegistryFaultsTest, AFullDiskChangesNothing) {
  ScratchRegistry scratch;
  ASSERT_TRUE(ApplyNumber(scratch.registry(), 0).ok());
  scratch.Close();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // /dev/full cannot hold a database; a limit on the size of files fails writes just as early.
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{200'000, 200'000};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    auto registry = Registry::Open({scratch.path(), true, 50}, scratch.clock());
    if (!registry.ok()) _exit(3);
    for (int number = 1; number < 1'000; ++number) {
      const Status status = ApplyNumber(**registry, number);
      if (!status.ok()) _exit(status.reason() == Reason::kIoError || status.reason() == Reason::kNoSpace ? 0 : 4);
    }
    _exit(5);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto snapshot = scratch.Reopen()->Load();
  ASSERT_TRUE(snapshot.ok()) << snapshot.status().ToString();
  EXPECT_EQ((*snapshot)->revision(), NumberOf(**snapshot) + 1);
}

}  // namespace
}  // namespace larder
