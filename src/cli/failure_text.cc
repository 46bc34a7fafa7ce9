#include "cli/failure_text.h"

#include "text/json_writer.h"

namespace larder {

std::string FailureText(const Status& status, bool json) {
  if (json) return FailureJson(status) + "\n";
  return "error: " + status.ToString() + "\n";
}

std::string FailureJson(const Status& status) {
  const ReasonRow& row = Describe(status.reason());
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("error");
  json.BeginObject();
  json.StringMember("code", CodeName(row.code));
  json.StringMember("reason", row.name);
  json.StringMember("message", status.message());
  if (!status.hint().empty()) json.StringMember("hint", status.hint());
  if (!status.faults().empty()) {
    json.Key("faults");
    json.BeginArray();
    for (const Fault& fault : status.faults()) {
      json.BeginObject();
      json.StringMember("place", fault.Place());
      json.StringMember("message", fault.message);
      if (!fault.hint.empty()) json.StringMember("hint", fault.hint);
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  json.EndObject();
  return text;
}

}  // namespace larder
