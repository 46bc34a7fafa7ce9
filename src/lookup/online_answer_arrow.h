// An online answer as an Arrow IPC stream: rows x columns.
#pragma once

#include <string>

#include "base/status.h"
#include "retrieval/online_read.h"

namespace larder {

/// The content type of the stream.
inline constexpr char kArrowStreamType[] = "application/vnd.apache.arrow.stream";

/// Returns the body of an answer to /get-online-features in binary: one record batch with a column for each name of
/// metadata.feature_names, in its own type (NaN stays NaN), then for each plain view asked for, under its name or
/// alias, `view__event_time` (timestamp[us, UTC]; null where there is no row) and `view__status` (PRESENT, NOT_FOUND,
/// OUTSIDE_MAX_AGE; that a value is null shows in its own column), as `larder historical --matches` adds them. Fails
/// with kEqualNames when such a column would be named like a feature.
Result<std::string> OnlineAnswerArrow(const RetrievalPlan& plan, const OnlineAnswer& answer);

}  // namespace larder
