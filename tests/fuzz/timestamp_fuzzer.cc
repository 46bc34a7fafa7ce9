// Instants, dates and durations from any text: never a crash, and what was read is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/timestamp.h"

namespace {

void CheckInstant(std::string_view text) {
  const larder::Result<std::int64_t> instant = larder::ParseInstant(text);
  if (!instant.ok()) return;
  const larder::Result<std::int64_t> again = larder::ParseInstant(larder::FormatInstant(*instant));
  // An offset may carry an instant just outside the years that text can name; only inside must it come back.
  const bool inside = *instant >= larder::kMinTextInstantUs && *instant <= larder::kMaxTextInstantUs;
  if (inside && (!again.ok() || *again != *instant)) std::abort();
}

void CheckDuration(std::string_view text) {
  const larder::Result<std::int64_t> duration = larder::ParseDuration(text);
  if (!duration.ok()) return;
  const larder::Result<std::int64_t> again = larder::ParseDuration(larder::FormatDuration(*duration));
  if (!again.ok() || *again != *duration) std::abort();
}

void CheckDate(std::string_view text) {
  const larder::Result<std::int32_t> date = larder::ParseDate(text);
  if (!date.ok()) return;
  const larder::Result<std::int32_t> again = larder::ParseDate(larder::FormatDate(*date));
  if (!again.ok() || *again != *date) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckInstant(text);
  CheckDuration(text);
  CheckDate(text);
  return 0;
}
