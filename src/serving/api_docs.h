// The API told to programs and to people.
#pragma once

#include <string>

namespace larder {

/// Returns the API as an OpenAPI 3.1 document in JSON: every route of AllRoutes, with the schema of its body and
/// answer.
std::string OpenApiDocument();

/// Returns the API as one HTML page that loads nothing from elsewhere.
std::string DocsPage();

}  // namespace larder
