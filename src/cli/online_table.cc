#include "cli/online_table.h"

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <memory>

#include "columnar/arrow_status.h"
#include "columnar/table_text.h"
#include "serving/json_document.h"

namespace larder {
namespace {

// Text as it is, other values as JSON; nullopt for null.
std::optional<std::string> Shown(const simdjson::dom::element& value) {
  if (value.is_null()) return std::nullopt;
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  return std::string(simdjson::minify(value));
}

struct TextColumns {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  std::int64_t row_count = 0;

  Status Add(const std::string& name, const simdjson::dom::array& values) {
    arrow::StringBuilder builder;
    for (const auto value : values) {
      const auto shown = Shown(value);
      LARDER_RETURN_IF_ERROR(FromArrow(shown ? builder.Append(*shown) : builder.AppendNull()));
    }
    LARDER_ASSIGN_OR_RETURN(auto array, FromArrow(builder.Finish()));
    row_count = array->length();
    fields.push_back(arrow::field(name, arrow::utf8()));
    arrays.push_back(std::move(array));
    return {};
  }
};

bool AllPresent(const simdjson::dom::array& statuses) {
  for (const auto status : statuses) {
    if (std::string_view(status.get_string().value_unsafe()) != "PRESENT") return false;
  }
  return true;
}

Status Unexpected() { return Status(Reason::kInternal, "the answer of the API is not what was expected"); }

std::string Field(const simdjson::dom::element& object, std::string_view name) {
  const auto value = object[name];
  if (value.error() != simdjson::SUCCESS) return "";
  return Shown(value.value_unsafe()).value_or("none");
}

std::string ValueOf(const simdjson::dom::element& object, std::string_view name) {
  const auto value = object[name];
  if (value.error() != simdjson::SUCCESS) return "";
  return Shown(value.value_unsafe()).value_or("null");
}

std::string SideText(const simdjson::dom::element& side, const char* title) {
  std::string text = "  " + std::string(title) + ": " + Field(side, "status");
  if (const std::string time = Field(side, "event_time"); time != "none") text += ", event time " + time;
  if (const std::string row = Field(side, "row"); !row.empty()) text += ", " + row;
  text += "\n";
  simdjson::dom::object values;
  if (side["values"].get(values) != simdjson::SUCCESS) return text;
  for (const auto member : values) {
    text += "    " + std::string(member.key) + " = " + Shown(member.value).value_or("null") + "\n";
  }
  return text;
}

}  // namespace

Result<std::string> OnlineAnswerTable(std::string_view body) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(body));
  simdjson::dom::array names;
  simdjson::dom::array results;
  if (document.root()["metadata"]["feature_names"].get(names) != simdjson::SUCCESS ||
      document.root()["results"].get(results) != simdjson::SUCCESS) {
    return Unexpected();
  }
  TextColumns columns;
  auto result = results.begin();
  for (const auto name_element : names) {
    const std::string name(name_element.get_string().value_unsafe());
    simdjson::dom::array values;
    simdjson::dom::array statuses;
    if (result == results.end() || (*result)["values"].get(values) != simdjson::SUCCESS ||
        (*result)["statuses"].get(statuses) != simdjson::SUCCESS) {
      return Unexpected();
    }
    LARDER_RETURN_IF_ERROR(columns.Add(name, values));
    if (!AllPresent(statuses)) LARDER_RETURN_IF_ERROR(columns.Add(name + " status", statuses));
    ++result;
  }
  const auto batch = arrow::RecordBatch::Make(arrow::schema(columns.fields), columns.row_count, columns.arrays);
  return FormatTable(*batch, columns.row_count, {columns.row_count, 40});
}

Result<std::string> ExplanationText(std::string_view body) {
  LARDER_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(body));
  const auto& root = document.root();
  std::string text = Field(root, "reference") + " at " + Field(root, "now") + "\n";
  if (const std::string expression = Field(root, "expression"); !expression.empty()) {
    text += "expression: " + expression + "\n";
  }
  text += "offline value: " + ValueOf(root, "offline_value") + "\n";
  text += "online value:  " + ValueOf(root, "online_value") + "\n";
  simdjson::dom::array views;
  if (root["views"].get(views) != simdjson::SUCCESS) return Unexpected();
  for (const auto view : views) {
    text += Field(view, "view") + "@" + Field(view, "version") + ", generation " + Field(view, "generation") +
            ", ttl " + Field(view, "ttl") + "\n";
    text += SideText(view["offline"].value_unsafe(), "offline");
    text += SideText(view["online"].value_unsafe(), "online");
  }
  return text;
}

}  // namespace larder
