// Answers of the API as text for people.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace larder {

/// Returns the body of an answer to /get-online-features as a table: a column for each feature, and beside it its
/// status where that is not PRESENT for every row.
Result<std::string> OnlineAnswerTable(std::string_view body);

/// Returns the body of an answer to /explain as lines.
Result<std::string> ExplanationText(std::string_view body);

}  // namespace larder
