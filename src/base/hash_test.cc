#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace larder {
namespace {

TEST(HashTest, Xxh3HasThePublishedValues) {
  // The values for no bytes and seed 0 that xxHash's own documentation of the algorithm gives.
  EXPECT_EQ(Hash64(""), 0x2D06800538D394C2U);
  EXPECT_EQ(Hash128("").low, 0x6001C324468D497FU);
  EXPECT_EQ(Hash128("").high, 0x99AA06D3014798D8U);
}

TEST(HashTest, SeedAndEveryByteMatter) {
  const std::string bytes(100, 'a');
  EXPECT_NE(Hash64(bytes), Hash64(bytes, 1));
  EXPECT_NE(Hash128(bytes), Hash128(bytes, 1));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string other = bytes;
    other[i] = 'b';
    EXPECT_NE(Hash64(bytes), Hash64(other));
    EXPECT_NE(Hash128(bytes), Hash128(other));
  }
}

TEST(Crc32cTest, HasTheValuesOfTheRfc) {
  EXPECT_EQ(Crc32c(""), 0U);
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283U);
  // RFC 3720 appendix B.4.
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(Crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending.push_back(static_cast<char>(i));
  EXPECT_EQ(Crc32c(ascending), 0x46DD794EU);
  EXPECT_EQ(Crc32c(std::string(ascending.rbegin(), ascending.rend())), 0x113FDB5CU);
}

TEST(Crc32cTest, TheInstructionAndTheTableAgree) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(ExtendCrc32c(7, bytes), ExtendCrc32cPortable(7, bytes)) << i;
    bytes.push_back(static_cast<char>(i * i));
  }
}

TEST(Crc32cTest, GoesOnWhereItStopped) {
  const std::string bytes = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(ExtendCrc32c(Crc32c(bytes.substr(0, cut)), bytes.substr(cut)), Crc32c(bytes));
  }
}

}  // namespace
}  // namespace larder
