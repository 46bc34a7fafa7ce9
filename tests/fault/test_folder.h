// A folder of a test, and how often to try.
#pragma once

#include <cstdint>
#include <string>

namespace larder::fault {

/// Makes a folder of its own, which goes with it.
class TestFolder {
 public:
  TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Returns how many rounds a test of chance makes: `fast_rounds`, or $LARDER_FAULT_ROUNDS.
int RoundCount(int fast_rounds);
/// Returns $LARDER_FAULT_SEED, or a fresh seed; prints it.
std::uint64_t TestSeed();

}  // namespace larder::fault
