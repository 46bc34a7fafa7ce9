// The reference page of the aggregates, written from the table.
#pragma once

#include <string>

namespace larder {

/// Returns docs/reference/aggregates.md: the rules that hold for all, then every aggregate of the table.
std::string AggregateReference();

}  // namespace larder
