#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace larder {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "larder: defect at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace larder
