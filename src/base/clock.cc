#include "base/clock.h"

#include <chrono>

namespace larder {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t NowUs() const override {
    using std::chrono::microseconds;
    return std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  std::int64_t MonotonicNs() const override {
    using std::chrono::nanoseconds;
    return std::chrono::duration_cast<nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
};

}  // namespace

std::unique_ptr<Clock> NewSystemClock() { return std::make_unique<SystemClock>(); }

}  // namespace larder
