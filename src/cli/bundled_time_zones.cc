#include "cli/bundled_time_zones.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace larder {

std::optional<std::string> BundledTimeZones(const std::string& program_path) {
  const std::filesystem::path folder = std::filesystem::path(program_path).parent_path();
  if (folder.filename() != "bin") return std::nullopt;
  const std::filesystem::path zones = folder.parent_path() / "share" / "zoneinfo";
  std::error_code error;
  if (!std::filesystem::is_directory(zones, error)) return std::nullopt;
  return zones.string();
}

void UseBundledTimeZones() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return;
  const std::optional<std::string> zones = BundledTimeZones(program.string());
  if (zones) setenv("TZDIR", zones->c_str(), 0);
}

}  // namespace larder
