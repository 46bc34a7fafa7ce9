#include "serving/error_body.h"

#include <utility>
#include <vector>

#include "serving/json_document.h"
#include "text/json_writer.h"

namespace larder {
namespace {

std::string TextMember(const simdjson::dom::element& object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

}  // namespace

std::string ErrorBody(const Status& status) {
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

Status ParseErrorBody(int http_status, std::string_view body) {
  const Status unknown(Reason::kUnavailable, "the server answered with HTTP status " + std::to_string(http_status) +
                                                 ": " + std::string(body.substr(0, 500)));
  const auto document = JsonDocument::Parse(body);
  if (!document.ok()) return unknown;
  const auto error = document->root()["error"];
  if (error.error() != simdjson::SUCCESS) return unknown;
  const auto reason = ReasonFromName(TextMember(error.value_unsafe(), "reason"));
  if (!reason || *reason == Reason::kOk) return unknown;
  const std::string message = TextMember(error.value_unsafe(), "message");
  simdjson::dom::array listed;
  if (error["faults"].get(listed) != simdjson::SUCCESS) {
    return Status(*reason, message, TextMember(error.value_unsafe(), "hint"));
  }
  std::vector<Fault> faults;
  for (const auto fault : listed) {
    Fault read;
    read.path = TextMember(fault, "place");
    read.message = TextMember(fault, "message");
    read.hint = TextMember(fault, "hint");
    faults.push_back(std::move(read));
  }
  if (faults.empty()) return unknown;
  return Status::FromFaults(*reason, message, std::move(faults));
}

}  // namespace larder
