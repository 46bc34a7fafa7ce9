// Exact arithmetic of durations.
#pragma once

#include <cstdint>

#include "expressions/kernel.h"

namespace larder {

/// Returns value x unit, computed exactly and rounded half-even to an integer. NaN and infinities are out of the domain
/// (null); what does not fit int64 fails as an integer overflow.
Outcome<std::int64_t> RoundedProduct(double value, std::int64_t unit);

/// Returns the value rounded half-even to an integer; null and failure as RoundedProduct.
Outcome<std::int64_t> RoundedInteger(double value);

}  // namespace larder
