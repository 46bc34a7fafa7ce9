#include "cli/bundled_time_zones.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace larder {
namespace {

TEST(BundledTimeZones, OnlyAnInstallationHasThem) {
  const std::filesystem::path prefix = std::filesystem::path(testing::TempDir()) / "larder_installation";
  std::filesystem::remove_all(prefix);
  std::filesystem::create_directories(prefix / "bin");
  EXPECT_EQ(BundledTimeZones(prefix / "bin" / "larder"), std::nullopt);
  std::filesystem::create_directories(prefix / "share" / "zoneinfo");
  EXPECT_EQ(BundledTimeZones(prefix / "bin" / "larder"), (prefix / "share" / "zoneinfo").string());
  EXPECT_EQ(BundledTimeZones(prefix / "build" / "larder"), std::nullopt);
  std::filesystem::remove_all(prefix);
}

}  // namespace
}  // namespace larder
