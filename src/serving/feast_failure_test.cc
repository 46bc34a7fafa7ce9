#include "serving/feast_failure.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "serving/error_body.h"

namespace larder {
namespace {

// Reads a body as Feast's SDK does: a JSON string, in it a JSON object.
std::string Member(const std::string& body, const char* name) {
  simdjson::dom::parser outer;
  simdjson::dom::parser inner;
  std::string_view detail;
  std::string_view text;
  if (outer.parse(body).get(detail) != simdjson::SUCCESS) return "no string";
  const std::string object(detail);
  if (inner.parse(object)[name].get(text) != simdjson::SUCCESS) return "no member";
  return std::string(text);
}

TEST(IsFromFeast, KnowsTheSdkByWhatItSends) {
  EXPECT_TRUE(IsFromFeast(R"({"entities": {}, "include_feature_view_version_metadata": false})"));
  EXPECT_TRUE(IsFromFeast(R"({"feature_view_name": "v", "df": {}, "allow_registry_cache": false})"));
  EXPECT_FALSE(IsFromFeast(R"({"entities": {"id": [1]}, "features": ["v:x"], "full_feature_names": false})"));
  EXPECT_FALSE(IsFromFeast(""));
}

TEST(FeastErrorBody, NamesTheExceptionThatFits) {
  const auto class_of = [](Reason reason, const char* message) {
    return Member(FeastErrorBody(Status(reason, message)), "class");
  };
  EXPECT_EQ(class_of(Reason::kUnknownObject, "no feature view 'v'"), "FeatureViewNotFoundException");
  EXPECT_EQ(class_of(Reason::kUnknownObject, "no feature service 's'"), "FeatureServiceNotFoundException");
  EXPECT_EQ(class_of(Reason::kUnknownFeature, "no feature 'x' in view 'v'"), "FeastObjectNotFoundException");
  EXPECT_EQ(class_of(Reason::kMissingRequestValue, "m"), "RequestDataNotFoundInEntityRowsException");
  EXPECT_EQ(class_of(Reason::kNowNotAllowed, "m"), "FeastPermissionError");
  EXPECT_EQ(class_of(Reason::kTypeMismatch, "m"), "FeastError");
}

TEST(FeastErrorBody, CarriesMessageHintAndOurOwnForm) {
  const Status status(Reason::kUnknownFeature, "no feature '\"é' in view 'v'", "did you mean 'e'?");
  const std::string body = FeastErrorBody(status);
  EXPECT_EQ(Member(body, "module"), "feast.errors");
  EXPECT_EQ(Member(body, "message"), "no feature '\"é' in view 'v'; did you mean 'e'?");
  simdjson::dom::parser outer;
  simdjson::dom::parser inner;
  const std::string detail(std::string_view(outer.parse(body)));
  const std::string own = "{\"error\":" + std::string(simdjson::minify(inner.parse(detail)["error"])) + "}";
  EXPECT_EQ(own, ErrorBody(status));
}

}  // namespace
}  // namespace larder
