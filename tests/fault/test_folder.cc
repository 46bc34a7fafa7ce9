#include "tests/fault/test_folder.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/random.h"

namespace larder::fault {

TestFolder::TestFolder() : path_((std::filesystem::temp_directory_path() / "larder-fault-XXXXXX").string()) {
  EXPECT_NE(mkdtemp(path_.data()), nullptr);
}

TestFolder::~TestFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

int RoundCount(int fast_rounds) {
  const char* rounds = std::getenv("LARDER_FAULT_ROUNDS");
  return rounds == nullptr ? fast_rounds : std::atoi(rounds);
}

std::uint64_t TestSeed() {
  const char* given = std::getenv("LARDER_FAULT_SEED");
  const std::uint64_t seed = given == nullptr ? SeedFromSystem() : std::strtoull(given, nullptr, 10);
  std::printf("seed: LARDER_FAULT_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace larder::fault
