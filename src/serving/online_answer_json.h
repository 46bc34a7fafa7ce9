// An online answer as the JSON of the wire.
#pragma once

#include <string>

#include "base/counters.h"
#include "retrieval/online_read.h"
#include "serving/json_columns.h"

namespace larder {

/// Returns the body of an answer to /get-online-features: metadata.feature_names, and for each column its values,
/// statuses and event timestamps (ISO text, seconds unless there is a fraction).
std::string OnlineAnswerJson(const OnlineAnswer& answer, const JsonValueStyle& style);

/// Counts the values of an answer by view and status in larder_online_rows_total, once for each look-up of a view.
void CountOnlineRows(const RetrievalPlan& plan, const OnlineAnswer& answer, Counters& counters);

}  // namespace larder
