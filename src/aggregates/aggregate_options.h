// The parameters of a call: from text to checked values.
#pragma once

#include "aggregates/aggregate_table.h"
#include "base/status.h"

namespace larder {

/// Reads the parameters of a call of `row`. Fails with kInvalidDefinition as BindAggregate says.
Result<AggregateOptions> ReadAggregateOptions(const AggregateRow& row, const AggregateCall& call);

}  // namespace larder
