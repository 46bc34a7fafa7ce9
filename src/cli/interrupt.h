// Signals as a wish to stop.
#pragma once

#include "base/cancellation.h"

namespace larder {

/// Makes SIGINT and SIGTERM cancel `cancellation`; a second SIGINT ends the process at once with 130. SIGPIPE is
/// ignored: writing says so. Once per process, from the main thread; `cancellation` lives as long as the process.
void CancelOnSignals(Cancellation& cancellation);

}  // namespace larder
