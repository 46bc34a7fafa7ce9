// Files that are not what was written: found, reported, never served.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "online/rocksdb_store.h"
#include "tests/fault/test_folder.h"

namespace larder::fault {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

Result<std::unique_ptr<OnlineStore>> Open(const std::string& path, bool read_only = false) {
  StoreOptions options;
  options.path = path;
  options.durability = StoreDurability::kProcess;
  options.read_only = read_only;
  return OpenRocksDbStore(options);
}

/// Holds what a store must say, or refuse to say.
using Rows = std::map<std::string, std::string>;

void Put(OnlineTable& table, Rows& rows, int from, int to) {
  for (int i = from; i < to; ++i) {
    const std::string key = "key" + std::to_string(i);
    const std::string value = "value " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), 'x');
    const CellWrite writes[] = {{{key}, {i, {}}, value}};
    ASSERT_TRUE(table.Write(writes).ok());
    rows[key] = value;
  }
}

/// Makes, once, the folder of a store whose process died: a table in sorted files, another one in the log only.
class StoreDamage : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = folder_.path() + "/store";
    {
      auto store = Open(path);
      ASSERT_TRUE(store.ok()) << store.status().ToString();
      Put(**(*store)->OpenTable({"files", 1}), in_files_, 0, 400);
    }
    auto store = Open(path);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    Put(**(*store)->OpenTable({"log", 1}), in_log_, 0, 100);
    fs::copy(path, image(), fs::copy_options::recursive);
  }

  std::string image() const { return folder_.path() + "/image"; }
  /// Copies the image to be damaged.
  std::string Copy() {
    const std::string path = folder_.path() + "/copy" + std::to_string(copy_count_++);
    fs::copy(image(), path, fs::copy_options::recursive);
    return path;
  }
  std::vector<fs::path> Files(const std::string& suffix) const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(image())) {
      if (entry.path().string().ends_with(suffix) && entry.file_size() > 0) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  /// Opens a damaged store and reads everything: each row is right or refused, and something is refused unless the
  /// damage does not matter. Returns whether the damage was reported.
  bool IsReported(const std::string& path, const std::string& what);

  TestFolder folder_;
  Rows in_files_;
  Rows in_log_;
  int copy_count_ = 0;
};

bool StoreDamage::IsReported(const std::string& path, const std::string& what) {
  SCOPED_TRACE(what);
  const auto store = Open(path);
  if (!store.ok()) {
    EXPECT_TRUE(store.status().reason() == Reason::kDamaged || store.status().reason() == Reason::kNewerFormat)
        << store.status().ToString();
    EXPECT_NE(store.status().hint(), "");
    return true;
  }
  bool reported = false;
  for (const auto& [name, rows] : {std::pair("files", &in_files_), std::pair("log", &in_log_)}) {
    const auto table = store.value()->OpenTable({name, 1});
    if (!table.ok()) return true;
    for (const auto& [key, value] : *rows) {
      CellBatch cells;
      const CellKey keys[] = {{key}};
      const Status status = ReadCells(**table, keys, cells);
      if (!status.ok()) {
        EXPECT_EQ(status.reason(), Reason::kDamaged) << status.ToString();
        reported = true;
        continue;
      }
      EXPECT_TRUE(cells.found(0)) << "lost in silence: " << name << " " << key;
      if (!cells.found(0)) return reported;
      EXPECT_EQ(cells.value(0), value);
    }
  }
  return reported;
}

TEST_F(StoreDamage, TheImageItselfIsGood) { EXPECT_FALSE(IsReported(Copy(), "image")); }

TEST_F(StoreDamage, FlippedBitsAreFoundAndNeverServed) {
  Random random(TestSeed());
  int reported_count = 0;
  for (int round = RoundCount(40); round > 0; --round) {
    const std::string suffix = std::vector<std::string>{".sst", ".log", "CURRENT", "FORMAT"}[random.Below(4)];
    const std::vector<fs::path> files = Files(suffix);
    ASSERT_FALSE(files.empty()) << suffix;
    const std::string path = Copy();
    const fs::path file = fs::path(path) / files[random.Below(files.size())].filename();
    std::string bytes = ReadFile(file);
    const std::size_t bit = random.Below(bytes.size() * 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    WriteFile(file, bytes);
    if (IsReported(path, file.filename().string() + " bit " + std::to_string(bit) + " of " +
                             std::to_string(bytes.size() * 8))) {
      ++reported_count;
    }
    fs::remove_all(path);
    if (HasFailure()) return;
  }
  EXPECT_GT(reported_count, 0);
}

TEST_F(StoreDamage, EveryBitOfTheLengthsInTheLogMatters) {
  // The header of a record: checksum (4), length (2), type (1). The log here is shorter than one block of 32 KiB, so
  // records follow each other without padding.
  const std::vector<fs::path> logs = Files(".log");
  ASSERT_EQ(logs.size(), 1u);
  const std::string bytes = ReadFile(logs[0]);
  ASSERT_LT(bytes.size(), 32'768u);
  std::vector<std::size_t> records;
  for (std::size_t place = 0; place + 7 <= bytes.size() && bytes[place + 6] != 0;) {
    records.push_back(place);
    place += 7 + static_cast<unsigned char>(bytes[place + 4]) + 256u * static_cast<unsigned char>(bytes[place + 5]);
  }
  ASSERT_GE(records.size(), 100u);
  for (const std::size_t record : {records.front(), records[records.size() / 2], records.back()}) {
    for (std::size_t bit = 0; bit < 16; ++bit) {
      const std::string path = Copy();
      std::string flipped = bytes;
      flipped[record + 4 + bit / 8] = static_cast<char>(flipped[record + 4 + bit / 8] ^ (1 << (bit % 8)));
      WriteFile(fs::path(path) / logs[0].filename(), flipped);
      EXPECT_TRUE(IsReported(path, "length of record at " + std::to_string(record) + ", bit " + std::to_string(bit)));
      fs::remove_all(path);
      if (HasFailure()) return;
    }
  }
}

TEST_F(StoreDamage, ALogCutInItsLastRecordIsAWriteThatWasNotAcknowledged) {
  const std::vector<fs::path> logs = Files(".log");
  ASSERT_EQ(logs.size(), 1u);
  const std::string path = Copy();
  std::string bytes = ReadFile(logs[0]);
  // What the system had preallocated is no record.
  bytes.resize(bytes.find_last_not_of('\0') + 1);
  WriteFile(fs::path(path) / logs[0].filename(), bytes.substr(0, bytes.size() - 3));
  const auto store = Open(path);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  EXPECT_EQ((*(*store)->OpenTable({"log", 1}))->Statistics().row_count, 99);
}

TEST_F(StoreDamage, TruncatedAndMissingFilesAreFound) {
  for (const std::string suffix : {".sst", "CURRENT", "FORMAT"}) {
    for (const fs::path& original : Files(suffix)) {
      const std::string cut = Copy();
      const fs::path file = fs::path(cut) / original.filename();
      fs::resize_file(file, fs::file_size(file) / 2);
      EXPECT_TRUE(IsReported(cut, "cut: " + original.filename().string()));
      fs::resize_file(file, 0);
      EXPECT_TRUE(IsReported(cut, "empty: " + original.filename().string()));
      fs::remove(file);
      EXPECT_TRUE(IsReported(cut, "missing: " + original.filename().string()));
    }
  }
  const std::string without_log = Copy();
  for (const fs::path& log : Files(".log")) fs::remove(fs::path(without_log) / log.filename());
  EXPECT_TRUE(IsReported(without_log, "missing log"));
}

TEST_F(StoreDamage, ADamagedManifestIsFound) {
  for (const auto& entry : fs::directory_iterator(image())) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("MANIFEST")) continue;
    const std::string path = Copy();
    std::string bytes = ReadFile(entry.path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    WriteFile(fs::path(path) / name, bytes);
    EXPECT_TRUE(IsReported(path, name));
  }
}

TEST_F(StoreDamage, ANewerFormatIsToldAndLeftAlone) {
  const std::string path = Copy();
  WriteFile(path + "/FORMAT", "larder online store, format 2\n");
  const auto store = Open(path);
  EXPECT_EQ(store.status().reason(), Reason::kNewerFormat) << store.status().ToString();
  EXPECT_EQ(Open(path, true).status().reason(), Reason::kNewerFormat);
  EXPECT_EQ(ReadFile(path + "/FORMAT"), "larder online store, format 2\n");
}

TEST_F(StoreDamage, OneProcessHasTheStore) {
  const std::string path = Copy();
  const auto first = Open(path);
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  const auto second = Open(path);
  EXPECT_EQ(second.status().reason(), Reason::kLocked) << second.status().ToString();
  EXPECT_NE(second.status().hint().find("larder serve"), std::string::npos);
}

TEST_F(StoreDamage, ReadOnlyReadsAndRefusesWrites) {
  const std::string path = Copy();
  const auto store = Open(path, true);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  const auto table = store.value()->OpenTable({"log", 1});
  CellBatch cells;
  const CellKey keys[] = {{"key99"}};
  ASSERT_TRUE(ReadCells(**table, keys, cells).ok());
  EXPECT_TRUE(cells.found(0));
  const CellWrite writes[] = {{{"new"}, {1, {}}, "v"}};
  EXPECT_EQ((*table)->Write(writes).status().reason(), Reason::kReadOnly);
  EXPECT_EQ((*table)->BeginLoad({}).status().reason(), Reason::kReadOnly);
  EXPECT_EQ(store.value()->CheckWritable().reason(), Reason::kReadOnly);
  EXPECT_EQ(Open(folder_.path() + "/nothing here", true).status().reason(), Reason::kFileNotFound);
}

}  // namespace
}  // namespace larder::fault
