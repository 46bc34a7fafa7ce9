#include "serving/api_docs.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "serving/api.h"
#include "serving/json_document.h"

namespace larder {
namespace {

TEST(ApiDocsTest, TheOpenApiDocumentIsTheGoldenOne) {
  std::ifstream file("tests/golden/openapi.json");
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(OpenApiDocument() + "\n", golden.str())
      << "an API changes by addition only; then put the document above into tests/golden/openapi.json";
}

TEST(ApiDocsTest, EveryRouteIsDocumented) {
  const auto document = JsonDocument::Parse(OpenApiDocument());
  ASSERT_TRUE(document.ok());
  const std::string page = DocsPage();
  for (const Route& route : AllRoutes()) {
    EXPECT_EQ(document->root()["paths"][route.path].error(), simdjson::SUCCESS) << route.path;
    EXPECT_NE(page.find(std::string(route.path)), std::string::npos) << route.path;
  }
}

TEST(ApiRouteTest, PathsAreMatchedWhole) {
  EXPECT_NE(Api::FindRoute("GET", "/jobs/job-1"), nullptr);
  EXPECT_EQ(Api::FindRoute("GET", "/jobs/job-1")->path, "/jobs/{id}");
  EXPECT_EQ(Api::FindRoute("POST", "/jobs/job-1/cancel")->path, "/jobs/{id}/cancel");
  EXPECT_NE(Api::FindRoute("HEAD", "/health"), nullptr);
  for (const char* path : {"/jobs/", "/jobs", "/jobs/a/b", "/healthy", "/", "", "/push/x"}) {
    EXPECT_EQ(Api::FindRoute("GET", path), nullptr) << path;
  }
  EXPECT_EQ(Api::FindRoute("GET", "/push"), nullptr);
}

}  // namespace
}  // namespace larder
