#include "serving/feast_failure.h"

#include "serving/error_body.h"
#include "text/json_writer.h"

namespace larder {
namespace {

std::string_view ClassOf(const Status& status) {
  switch (status.reason()) {
    case Reason::kUnknownObject:
      // The message begins with what there is none of.
      return status.message().starts_with("no feature service") ? "FeatureServiceNotFoundException"
                                                                : "FeatureViewNotFoundException";
    case Reason::kMissingRequestValue:
      return "RequestDataNotFoundInEntityRowsException";
    case Reason::kNowNotAllowed:
    case Reason::kPermissionDenied:
      return "FeastPermissionError";
    default:
      return status.code() == Code::kNotFound ? "FeastObjectNotFoundException" : "FeastError";
  }
}

}  // namespace

bool IsFromFeast(std::string_view body) {
  return body.find("\"include_feature_view_version_metadata\"") != std::string_view::npos ||
         body.find("\"allow_registry_cache\"") != std::string_view::npos;
}

std::string FeastErrorBody(const Status& status) {
  std::string message(status.message());
  for (const Fault& fault : status.faults()) message += "; " + fault.Place() + ": " + fault.message;
  if (!status.hint().empty()) message += "; " + std::string(status.hint());
  std::string detail;
  JsonWriter json(detail);
  json.BeginObject();
  json.StringMember("module", "feast.errors");
  json.StringMember("class", ClassOf(status));
  json.StringMember("message", message);
  const std::string own = ErrorBody(status);  // {"error": ...}: its one member goes along
  json.Key("error");
  json.Raw(std::string_view(own).substr(own.find(':') + 1, own.size() - own.find(':') - 2));
  json.EndObject();
  std::string body;
  AppendJsonString(detail, body);
  return body;
}

}  // namespace larder
