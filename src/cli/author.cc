#include "cli/author.h"

#include <pwd.h>
#include <unistd.h>

#include <array>

namespace larder {

std::string Author() {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return "unknown";
  return found->pw_name;
}

}  // namespace larder
