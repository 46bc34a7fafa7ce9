#include "online/stored_format.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace larder {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string KeyBytes(const CellKey& key) {
  std::string bytes;
  AppendStoredKey(key, bytes);
  return bytes;
}

TEST(StoredFormat, WritesTheBytesOfTheFormatPage) {
  const std::string key = KeyBytes({"ab", "c"});
  EXPECT_EQ(key, "\x02"s + "abc");
  std::string cell;
  AppendStoredCell(key, {{1, 2}, false, "v"}, cell);
  // Version 1, flag "created"; event time 1; created time 2; the value. The checksum is judged by reading.
  EXPECT_EQ(cell.substr(0, cell.size() - 4), "\x01\x02\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0v"s);
}

TEST(StoredFormat, KeysComeApartAgain) {
  for (const CellKey& key : {CellKey{"", ""}, CellKey{"a", ""}, CellKey{"", "b"}, CellKey{"a\0b"sv, "\xff\0"sv}}) {
    CellKey read;
    const std::string bytes = KeyBytes(key);
    ASSERT_TRUE(ReadStoredKey(bytes, read).ok());
    EXPECT_EQ(read, key);
  }
  // The parts cannot run into each other.
  EXPECT_NE(KeyBytes({"a", "b"}), KeyBytes({"ab", ""}));
  CellKey read;
  EXPECT_EQ(ReadStoredKey("\x05"s + "ab", read).reason(), Reason::kDamaged);
  EXPECT_EQ(ReadStoredKey("", read).reason(), Reason::kDamaged);
}

TEST(StoredFormat, CellsComeApartAgain) {
  const std::string key = KeyBytes({"k"});
  for (const CellTime& time : {CellTime{0, {}}, CellTime{INT64_MIN, INT64_MAX}, CellTime{-1, 0}}) {
    std::string bytes;
    AppendStoredCell(key, {time, false, "value"}, bytes);
    StoredCell cell;
    ASSERT_TRUE(ReadStoredCell(key, bytes, cell).ok());
    EXPECT_EQ(cell.time, time);
    EXPECT_FALSE(cell.deleted);
    EXPECT_EQ(cell.value, "value");
  }
  std::string bytes;
  AppendStoredCell(key, {{7, {}}, true, "not kept"}, bytes);
  StoredCell cell;
  ASSERT_TRUE(ReadStoredCell(key, bytes, cell).ok());
  EXPECT_TRUE(cell.deleted);
  EXPECT_EQ(cell.value, "");
}

TEST(StoredFormat, EveryFlippedBitIsFound) {
  const std::string key = KeyBytes({"entity", "sort"});
  std::string bytes;
  AppendStoredCell(key, {{1'000, 2'000}, false, "some value"}, bytes);
  StoredCell cell;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(ReadStoredCell(key, flipped, cell).reason(), Reason::kDamaged) << bit;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ReadStoredCell(key, bytes.substr(0, size), cell).reason(), Reason::kDamaged) << size;
  }
  EXPECT_EQ(ReadStoredCell(KeyBytes({"entitz", "sort"}), bytes, cell).reason(), Reason::kDamaged);
}

TEST(StoredFormat, RecordsComeBackAndEveryFlippedBitIsFound) {
  TableRecord record{77, {{"view", 3}, 10, 2, 1'000'000, -5}};
  const std::string key = TableRecordKey(record.statistics.name);
  const std::string bytes = EncodeTableRecord(record);
  const auto read = DecodeTableRecord(key, bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().family, 77u);
  EXPECT_EQ(read.value().statistics, record.statistics);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(DecodeTableRecord(key, flipped).status().reason(), Reason::kDamaged) << bit;
  }
  EXPECT_EQ(DecodeTableRecord(TableRecordKey({"view", 4}), bytes).status().reason(), Reason::kDamaged);
  record.statistics.newest_event_time_us.reset();
  EXPECT_EQ(DecodeTableRecord(key, EncodeTableRecord(record))->statistics, record.statistics);
}

}  // namespace
}  // namespace larder
