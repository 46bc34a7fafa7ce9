// The answer of an online read as JSON, and what a case expects of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tests/cases/case_table.h"

namespace larder::cases {

/// Returns nothing when a body of `POST /get-online-features` (timestamps as ISO text) holds the expected columns,
/// rows, values, statuses and, where a cell names one, event times; else one line about the first difference. A cell is
/// a value (status PRESENT), or NULL_VALUE, NOT_FOUND, OUTSIDE_MAX_AGE; ` @ INSTANT` after it names the event time.
/// Floats are compared in their type and must show a point or an exponent. Fails with kMalformedJson when the body
/// cannot be read.
Result<std::optional<std::string>> OnlineDifference(const TextTable& expected, std::string_view body);

}  // namespace larder::cases
