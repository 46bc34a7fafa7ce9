#include "definitions/definition_fields.h"

#include <algorithm>

#include "expressions/expression.h"

namespace larder {
namespace {

// Returns the byte at which the code point `column` of `line` begins (both from 1).
std::size_t OffsetIn(std::string_view text, int line, int column) {
  std::size_t offset = 0;
  for (int i = 1; i < line && offset < text.size(); ++i) {
    offset = std::min(text.find('\n', offset), text.size() - 1) + 1;
  }
  for (int i = 1; i < column && offset < text.size(); ++i) {
    ++offset;
    while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80) ++offset;
  }
  return offset;
}

}  // namespace

ObjectHeader ReadHeader(FieldReader& fields) {
  ObjectHeader header;
  header.name = fields.RequiredText("name", std::string(NameRule()));
  header.location = fields.LocationOf("name");
  if (!header.name.empty()) CheckName(header.name, header.location, fields.faults());
  header.description = fields.Text("description");
  header.owner = fields.Text("owner");
  header.tags = fields.TextMap("tags");
  return header;
}

std::optional<ExpressionText> ReadExpression(FieldReader& fields, std::string_view key) {
  const std::optional<YamlValue> value = fields.Find(key);
  return value ? ScalarExpression(*value, fields.faults()) : std::nullopt;
}

std::optional<ValueType> ScalarType(const YamlValue& value, FaultList& faults) {
  const std::optional<std::string> text = ScalarText(value, faults);
  if (!text) return std::nullopt;
  const Result<ValueType> type = ParseTypeName(*text);
  if (type.ok()) return *type;
  faults.Add(value.location, std::string(type.status().message()), std::string(type.status().hint()));
  return std::nullopt;
}

std::optional<ExpressionText> ScalarExpression(const YamlValue& value, FaultList& faults) {
  std::optional<std::string> text = ScalarText(value, faults);
  if (!text) return std::nullopt;
  ExpressionText expression{*std::move(text), value.location, {}};
  for (const ScalarSegment& segment : value.node->segments) {
    expression.segments.push_back({segment.offset, segment.place.line, segment.place.column});
  }
  const Result<Expression> parsed = ParseExpression(expression.text);
  if (parsed.ok()) return expression;
  faults.Add(ExpressionFault(expression, parsed.status()));
  return std::nullopt;
}

void CheckName(const std::string& name, const Location& location, FaultList& faults) {
  if (IsValidName(name)) return;
  faults.Add(location, "a name against the rule: " + QuotedText(name), std::string(NameRule()));
}

Fault ExpressionFault(const ExpressionText& expression, const Status& status) {
  if (status.faults().size() != 1) {
    return expression.location.ToFault(std::string(status.message()), std::string(status.hint()));
  }
  const Fault& inner = status.faults().front();
  return expression.At(OffsetIn(expression.text, inner.line, inner.column)).ToFault(inner.message, inner.hint);
}

}  // namespace larder
