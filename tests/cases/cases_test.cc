// Every case file by every driver: one test each, named after the file.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/cases/case_run.h"

namespace larder::cases {
namespace {

struct DriverRow {
  std::string name;
  std::unique_ptr<CaseDriver> (*make)(const std::string& folder);
};

const std::vector<DriverRow>& AllDrivers() {
  static const std::vector<DriverRow> kDrivers = {
      {"library", [](const std::string& folder) { return NewLibraryDriver(folder); }},
      {"command_line",
       [](const std::string& folder) { return NewCommandLineDriver(LARDER_PROGRAM_UNDER_TEST, folder); }},
      {"http", [](const std::string& folder) { return NewHttpDriver(LARDER_PROGRAM_UNDER_TEST, folder); }},
  };
  return kDrivers;
}

std::vector<std::string> CasePaths() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(LARDER_CASES_FOLDER)) {
    if (entry.path().extension() == ".case") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// topic/name of a case file as gtest allows it: topic_name.
std::string NameOf(const std::string& path) {
  std::string name = std::filesystem::relative(path, LARDER_CASES_FOLDER).replace_extension().string();
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

Result<Case> ReadCase(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return ParseCase(text);
}

// Where cases run: in memory if the machine has such a folder, because they are about answers, not about disks.
std::filesystem::path ScratchFolder() {
  constexpr const char* kMemory = "/dev/shm";
  return access(kMemory, W_OK) == 0 ? std::filesystem::path(kMemory) : std::filesystem::temp_directory_path();
}

// A folder of its own, removed at the end; kept when LARDER_KEEP is set.
class CaseFolder {
 public:
  CaseFolder() {
    std::string pattern = ScratchFolder() / "larder_case_XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~CaseFolder() {
    std::error_code ignored;
    if (!path_.empty() && std::getenv("LARDER_KEEP") == nullptr) std::filesystem::remove_all(path_, ignored);
  }
  CaseFolder(const CaseFolder&) = delete;
  CaseFolder& operator=(const CaseFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

bool ReadsOnline(const Case& read) {
  return std::any_of(read.blocks.begin(), read.blocks.end(), [](const Block& block) {
    return (block.kind == BlockKind::kRun || block.kind == BlockKind::kFail) && block.arguments.front() == "online";
  });
}

class CaseTest : public testing::TestWithParam<std::string> {};

void RunWith(const DriverRow& row, const std::string& path) {
  const Result<Case> read = ReadCase(path);
  ASSERT_TRUE(read.ok()) << path << ": " << read.status().ToString();
  if (!read->RunsWith(row.name)) return;
  // Beside a server only those that read online are new.
  if (row.name == "http" && !ReadsOnline(*read)) return;
  const CaseFolder folder;
  ASSERT_FALSE(folder.path().empty());
  const auto driver = row.make(folder.path());
  const Status status = RunCase(*read, folder.path(), *driver);
  EXPECT_TRUE(status.ok()) << path << " (" << row.name << ", " << folder.path() << "): " << status.ToString();
}

TEST_P(CaseTest, EveryDriver) {
  for (const DriverRow& row : AllDrivers()) RunWith(row, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Cases, CaseTest, testing::ValuesIn(CasePaths()),
                         [](const testing::TestParamInfo<std::string>& param) { return NameOf(param.param); });

TEST(CaseFiles, ThereAreMany) { EXPECT_GE(CasePaths().size(), 80U); }

}  // namespace
}  // namespace larder::cases
