// Conversions between types.
#pragma once

#include "expressions/expression_type.h"
#include "expressions/function_table.h"

namespace larder {

/// Returns what converts values of one type to another as `x::type` says, or nullptr when there is no such cast. A
/// value that does not convert fails its row: floats convert to integers only when exact, texts only as a whole.
Kernel CastKernel(ExpressionType from, ExpressionType to);

/// Returns what narrows a feature's value, or nullptr: a cast between numbers, date to timestamp, or no change.
Kernel NarrowKernel(ExpressionType from, ExpressionType to);

}  // namespace larder
