#include "cli/failure_text.h"

#include "serving/error_body.h"

namespace larder {

std::string FailureText(const Status& status, bool json) {
  if (json) return ErrorBody(status) + "\n";
  return "error: " + status.ToString() + "\n";
}

}  // namespace larder
