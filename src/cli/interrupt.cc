#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

namespace larder {
namespace {

constexpr int kInterruptedExitCode = 130;

// Signal handlers can reach only what is global.
Cancellation* cancelled_by_signal = nullptr;

extern "C" void OnSignal(int signal_number) {
  if (cancelled_by_signal->cancelled() && signal_number == SIGINT) _exit(kInterruptedExitCode);
  cancelled_by_signal->Cancel();
}

}  // namespace

void CancelOnSignals(Cancellation& cancellation) {
  cancelled_by_signal = &cancellation;
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

}  // namespace larder
