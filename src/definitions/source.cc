#include "definitions/source.h"

#include <algorithm>
#include <array>

#include "definitions/canonical_text.h"
#include "definitions/definition_fields.h"
#include "text/nearest_name.h"

namespace larder {
namespace {

struct FormatKeyRow {
  std::string_view key;
  FileFormat format;
};
constexpr std::array kFormatKeys = {
    FormatKeyRow{"parquet", FileFormat::kParquet},
    FormatKeyRow{"csv", FileFormat::kCsv},
    FormatKeyRow{"csv.gz", FileFormat::kCsvGz},
    FormatKeyRow{"arrow", FileFormat::kArrow},
};

void ReadFormat(FieldReader& fields, Source& source) {
  const std::optional<YamlValue> value = fields.Find("format");
  if (value) {
    const std::optional<std::string> key = ScalarText(*value, fields.faults());
    if (!key) return;
    source.format = FileFormatFromKey(*key);
    if (source.format) return;
    std::vector<std::string_view> keys;
    for (const FormatKeyRow& row : kFormatKeys) keys.push_back(row.key);
    std::string hint = DidYouMean(*key, std::span<const std::string_view>(keys));
    if (hint.empty()) hint = "the formats are parquet, csv, csv.gz and arrow; without `format` the suffix decides";
    fields.faults().Add(value->location, "unknown format: '" + *key + "'", std::move(hint));
    return;
  }
  if (!HasKnownSuffix(source.path)) return;
  const Result<FileFormat> format = FileFormatOf(source.path);
  if (format.ok()) source.format = *format;
}

void ReadColumns(FieldReader& fields, Source& source) {
  for (const auto& [name, value] : fields.Map("columns")) {
    const std::optional<ValueType> type = ScalarType(value, fields.faults());
    if (type) source.columns.push_back({name, *type});
  }
}

void ReadDerive(FieldReader& fields, Source& source) {
  for (const auto& [name, value] : fields.Map("derive")) {
    if (name.empty())
      fields.faults().Add(value.location, "a derived column without a name", "write `name: expression`");
    std::optional<ExpressionText> expression = ScalarExpression(value, fields.faults());
    // A column whose expression is wrong is still known to those that use it.
    source.derive.push_back({name, expression ? *std::move(expression) : ExpressionText{"null", value.location, {}}});
  }
}

}  // namespace

std::optional<FileFormat> FileFormatFromKey(std::string_view key) {
  for (const FormatKeyRow& row : kFormatKeys) {
    if (row.key == key) return row.format;
  }
  return std::nullopt;
}

std::string_view FileFormatKey(FileFormat format) {
  for (const FormatKeyRow& row : kFormatKeys) {
    if (row.format == format) return row.key;
  }
  return "";
}

Source ReadSource(FieldReader& fields) {
  Source source;
  source.header = ReadHeader(fields);
  source.path = fields.RequiredText("path", "a file, a glob such as data/*.parquet, or a folder");
  source.path_location = fields.LocationOf("path");
  ReadFormat(fields, source);
  ReadColumns(fields, source);
  for (const auto& [text, location] : fields.TextList("nulls")) source.nulls.push_back(text);
  source.timestamp = fields.Text("timestamp");
  source.timestamp_location = fields.LocationOf("timestamp");
  source.created = fields.Text("created");
  source.created_location = fields.LocationOf("created");
  source.event_id = fields.Text("event_id");
  source.event_id_location = fields.LocationOf("event_id");
  source.deleted = ReadExpression(fields, "deleted");
  ReadDerive(fields, source);
  source.where = ReadExpression(fields, "where");
  fields.Finish();
  return source;
}

void WriteSource(const Source& source, CanonicalWriter& out) {
  out.Field("path", source.path);
  if (source.format) out.Field("format", FileFormatKey(*source.format));
  if (!source.columns.empty()) {
    out.Key("columns");
    out.BeginMap();
    for (const ColumnType& column : source.columns) out.Field(column.name, TypeName(column.type));
    out.EndMap();
  }
  if (!source.nulls.empty()) {
    out.Key("nulls");
    out.BeginList();
    for (const std::string& text : source.nulls) out.Text(text);
    out.EndList();
  }
  out.OptionalField("timestamp", source.timestamp);
  out.OptionalField("created", source.created);
  out.OptionalField("event_id", source.event_id);
  if (source.deleted) out.ExpressionField("deleted", source.deleted->text);
  if (!source.derive.empty()) {
    out.Key("derive");
    out.BeginMap();
    for (const DeriveRule& rule : source.derive) out.ExpressionField(rule.name, rule.expression.text);
    out.EndMap();
  }
  if (source.where) out.ExpressionField("where", source.where->text);
}

}  // namespace larder
