// Assertions for what the programmer promised; input never trips one.
#pragma once

namespace larder {

/// Prints the place and the condition to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace larder

/// Aborts with the place when `condition` is false, in every build. For invariants of the program, never for input.
#define LARDER_CHECK(condition)                              \
  do {                                                       \
    if (!(condition)) [[unlikely]] {                         \
      ::larder::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                        \
  } while (false)
