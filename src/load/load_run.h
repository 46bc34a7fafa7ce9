// A load from beginning to end: threads that share it, and their measurements added up.
#pragma once

#include "load/load_worker.h"

namespace larder {

/// Checks that the parts of a load fit each other. Fails with kUsage.
Status CheckLoadOptions(const LoadRunOptions& options);

/// Runs a load. Fails as CheckLoadOptions, and as RunLoadPart when one of its threads does; a load that was cancelled
/// gives what was measured until then. Blocks for the duration and at most a time-out more.
Result<LoadMeasurement> RunLoad(const LoadContext& context);

}  // namespace larder
