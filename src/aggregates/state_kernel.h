// Windows by states: a kernel for every family whose state can forget events.
#pragma once

#include <memory>

#include "aggregates/family_state.h"
#include "aggregates/window_kernel.h"

namespace larder {

/// Makes a kernel that moves one state along the ranges: events are added at the end and taken out at the begin. A
/// state that cannot forget is filled again. Linear in events and ranges when the state always can; for states whose
/// result depends on the order of events it is not made.
std::unique_ptr<WindowKernel> MakeStateKernel(std::unique_ptr<AggregateState> state);

}  // namespace larder
