#include "tests/cases/failure_json.h"

#include <simdjson.h>

#include <string>

namespace larder::cases {
namespace {

void AppendText(simdjson::dom::element object, const char* key, std::string& text) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return;
  if (!text.empty()) text.push_back('\n');
  text += value;
}

}  // namespace

Status ReadFailureJson(std::string_view text, CaseOutcome& outcome) {
  simdjson::dom::parser parser;
  simdjson::dom::element error;
  std::string_view reason;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded)["error"].get(error) != simdjson::SUCCESS ||
      error["reason"].get(reason) != simdjson::SUCCESS) {
    return Status(Reason::kMalformedJson, "a failure that cannot be read: " + std::string(text));
  }
  const auto known = ReasonFromName(reason);
  if (!known) return Status(Reason::kMalformedJson, "an unknown reason: " + std::string(reason));
  outcome.reason = *known;
  outcome.message.clear();
  AppendText(error, "message", outcome.message);
  AppendText(error, "hint", outcome.message);
  simdjson::dom::array faults;
  if (error["faults"].get(faults) != simdjson::SUCCESS) return {};
  for (const simdjson::dom::element fault : faults) {
    for (const char* key : {"place", "message", "hint"}) AppendText(fault, key, outcome.message);
  }
  return {};
}

}  // namespace larder::cases
