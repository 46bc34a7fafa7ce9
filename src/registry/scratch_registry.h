// A registry in a folder that goes with the test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "registry/registry.h"

namespace larder {

/// Makes a folder with an empty registry, and removes both at its end. The clock stands at 1,000 us.
class ScratchRegistry {
 public:
  ScratchRegistry() : clock_(1'000) {
    std::string pattern = std::filesystem::temp_directory_path() / "larder_registry_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    registry_ = Reopen();
  }
  ~ScratchRegistry() {
    registry_.reset();
    std::filesystem::remove_all(folder_);
  }
  ScratchRegistry(const ScratchRegistry&) = delete;
  ScratchRegistry& operator=(const ScratchRegistry&) = delete;

  const std::string& folder() const { return folder_; }
  std::string path() const { return folder_ + "/below/registry.db"; }
  ManualClock& clock() { return clock_; }
  Registry& registry() { return *registry_; }
  void Close() { registry_.reset(); }

  /// Opens the file once more.
  std::unique_ptr<Registry> Reopen() {
    auto opened = Registry::Open({path(), true, 5'000}, clock_);
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    return opened.ok() ? *std::move(opened) : nullptr;
  }

 private:
  ManualClock clock_;
  std::string folder_;
  std::unique_ptr<Registry> registry_;
};

}  // namespace larder
