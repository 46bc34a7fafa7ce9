#include "serving/api_docs.h"

#include <array>
#include <string_view>

#include "serving/api.h"
#include "text/json_writer.h"

namespace larder {
namespace {

// What the body of a route looks like: a schema and an example, both JSON.
struct BodyDocs {
  std::string_view path;
  std::string_view schema;
  std::string_view example;
};

constexpr std::array kBodies = {
    BodyDocs{"/get-online-features",
             R"({"type":"object","required":["entities"],"properties":{)"
             R"("entities":{"type":"object","additionalProperties":{"type":"array"},)"
             R"("description":"join keys and request values: one list for each column, all of one length"},)"
             R"("features":{"type":"array","items":{"type":"string"}},"feature_service":{"type":"string"},)"
             R"("full_feature_names":{"type":"boolean","default":false},"now":{"type":"string","format":"date-time"},)"
             R"("timestamps":{"type":"string","enum":["seconds","iso"],"default":"seconds"}}})",
             R"({"entities":{"airport":["SFO","ATL"]},"features":["last_flight:distance"]})"},
    BodyDocs{"/push",
             R"({"type":"object","required":["push_source_name","df"],"properties":{)"
             R"("push_source_name":{"type":"string"},)"
             R"("df":{"type":"object","additionalProperties":{"type":"array"}},)"
             R"("to":{"type":"string","enum":["online","offline","online_and_offline"],"default":"online"}}})",
             R"({"push_source_name":"last_flight","df":{"airport":["SFO"],"event_timestamp":["2015-01-02T13:05:00Z"],)"
             R"("distance":[2296]},"to":"online_and_offline"})"},
    BodyDocs{"/write-to-online-store",
             R"({"type":"object","required":["feature_view_name","df"],"properties":{)"
             R"("feature_view_name":{"type":"string"},)"
             R"("df":{"type":"object","additionalProperties":{"type":"array"}}}})",
             R"({"feature_view_name":"last_flight","df":{"airport":["SFO"],)"
             R"("event_timestamp":["2015-01-02T13:05:00Z"],"distance":[2296]}})"},
    BodyDocs{"/delete",
             R"({"type":"object","required":["feature_view_name","keys"],"properties":{)"
             R"("feature_view_name":{"type":"string"},)"
             R"("keys":{"type":"object","additionalProperties":{"type":"array"}}}})",
             R"({"feature_view_name":"last_flight","keys":{"airport":["SFO"]}})"},
    BodyDocs{"/materialize",
             R"({"type":"object","properties":{"start_ts":{"type":"string","format":"date-time"},)"
             R"("end_ts":{"type":"string","format":"date-time"},)"
             R"("feature_views":{"type":["array","null"],"items":{"type":"string"}}}})",
             R"({"start_ts":"2015-01-01T00:00:00Z","end_ts":"2015-01-15T00:00:00Z"})"},
    BodyDocs{"/materialize-incremental",
             R"({"type":"object","properties":{"end_ts":{"type":"string","format":"date-time"},)"
             R"("feature_views":{"type":["array","null"],"items":{"type":"string"}}}})",
             R"({"end_ts":"2015-01-15T00:00:00Z"})"},
    BodyDocs{"/explain",
             R"({"type":"object","required":["entities","feature"],"properties":{)"
             R"("entities":{"type":"object","additionalProperties":{"type":"array"}},"feature":{"type":"string"},)"
             R"("now":{"type":"string","format":"date-time"}}})",
             R"({"entities":{"airport":["SFO"]},"feature":"last_flight:distance"})"},
};

const BodyDocs* BodyOf(std::string_view path) {
  for (const BodyDocs& body : kBodies) {
    if (body.path == path) return &body;
  }
  return nullptr;
}

constexpr std::string_view kErrorSchema =
    R"({"type":"object","properties":{"error":{"type":"object","required":["code","reason","message"],"properties":{)"
    R"("code":{"type":"string"},"reason":{"type":"string"},"message":{"type":"string"},"hint":{"type":"string"}}}}})";

// Forms of an answer that Accept chooses from.
constexpr std::string_view kBinaryAnswer =
    R"(,"content":{"application/json":{"schema":{"type":"object"}},)"
    R"("application/vnd.apache.arrow.stream":{"schema":{"type":"string","format":"binary"}}})";

void WriteParameters(JsonWriter& json, std::string_view path) {
  const std::size_t open = path.find('{');
  if (open == std::string_view::npos) return;
  json.Key("parameters");
  json.BeginArray();
  json.BeginObject();
  json.StringMember("name", path.substr(open + 1, path.find('}') - open - 1));
  json.StringMember("in", "path");
  json.BoolMember("required", true);
  json.Key("schema");
  json.Raw(R"({"type":"string"})");
  json.EndObject();
  json.EndArray();
}

void WriteOperation(JsonWriter& json, const Route& route) {
  json.BeginObject();
  json.StringMember("summary", route.summary);
  WriteParameters(json, route.path);
  if (const BodyDocs* body = BodyOf(route.path); body != nullptr) {
    json.Key("requestBody");
    json.BeginObject();
    json.BoolMember("required", true);
    json.Key("content");
    json.Raw(R"({"application/json":{"schema":)" + std::string(body->schema) + R"(,"example":)" +
             std::string(body->example) + "}}");
    json.EndObject();
  }
  json.Key("responses");
  const bool has_binary = route.path == "/get-online-features";
  json.Raw(R"({"200":{"description":"done")" + std::string(has_binary ? kBinaryAnswer : "") +
           R"(},"default":{"description":"a failure","content":{"application/json":)"
           R"({"schema":{"$ref":"#/components/schemas/Error"}}}}})");
  json.EndObject();
}

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

}  // namespace

std::string OpenApiDocument() {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.StringMember("openapi", "3.1.0");
  json.Key("info");
  json.Raw(R"({"title":"Larder","version":")" LARDER_VERSION R"(","description":"Feature store: online serving"})");
  json.Key("paths");
  json.BeginObject();
  for (const Route& route : AllRoutes()) {
    json.Key(route.path);
    json.BeginObject();
    json.Key(route.method == "GET" ? "get" : "post");
    WriteOperation(json, route);
    json.EndObject();
  }
  json.EndObject();
  json.Key("components");
  json.Raw(R"({"schemas":{"Error":)" + std::string(kErrorSchema) + "}}");
  json.EndObject();
  return text;
}

std::string DocsPage() {
  std::string page =
      "<!doctype html><html lang=en><meta charset=utf-8><title>Larder API</title>"
      "<style>body{font:16px/1.5 system-ui;max-width:52rem;margin:2rem auto;padding:0 1rem}"
      "code,pre{background:#f4f4f0;padding:.1rem .3rem}pre{padding:.6rem;overflow-x:auto}"
      "h2{border-top:1px solid #ddd;padding-top:1rem;font-size:1.1rem}</style>"
      "<h1>Larder " LARDER_VERSION
      "</h1><p>The same as a document for programs: "
      "<a href=/openapi.json>openapi.json</a>. Failures have a body <code>{\"error\": {\"code\", \"reason\", "
      "\"message\", \"hint\"}}</code>.</p>";
  for (const Route& route : AllRoutes()) {
    page += "<h2><code>" + std::string(route.method) + " " + Escaped(route.path) + "</code></h2><p>" +
            Escaped(route.summary) + "</p>";
    if (const BodyDocs* body = BodyOf(route.path); body != nullptr) {
      page += "<p>For example:</p><pre>" + Escaped(body->example) + "</pre>";
    }
  }
  return page + "</html>";
}

}  // namespace larder
