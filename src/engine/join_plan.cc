#include "engine/join_plan.h"

#include <string_view>

#include <arrow/type.h>

namespace larder {
namespace {

// Returns `text` as a JSON string.
std::string Quoted(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (byte < 0x20) {
      quoted += "\\u00";
      quoted += {kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string_view BoolText(bool value) { return value ? "true" : "false"; }

// Appends the elements as a JSON list; `write` turns one into text.
template <class List, class Write>
void AppendList(std::string& text, std::string_view name, const List& list, Write write) {
  text.append(",\"").append(name).append("\":[");
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) text += ',';
    text += write(list[i]);
  }
  text += ']';
}

std::string ViewText(const ViewJoin& view) {
  std::string text = "{\"name\":" + Quoted(view.name);
  AppendList(text, "left_keys", view.left_key_columns, [](int column) { return std::to_string(column); });
  AppendList(text, "key_types", view.layout.keys, [](ValueType type) { return Quoted(TypeName(type)); });
  text.append(",\"event_time\":").append(BoolText(view.layout.has_event_time));
  text.append(",\"created_time\":").append(BoolText(view.layout.has_created_time));
  text.append(",\"deletion_mark\":").append(BoolText(view.layout.has_deletion_mark));
  text.append(",\"ttl_us\":").append(std::to_string(view.ttl_us));
  AppendList(text, "values", view.values, [](const ValueColumn& value) {
    return "[" + Quoted(value.name) + "," + Quoted(TypeName(value.type)) + "]";
  });
  return text + '}';
}

Status MissingLeftColumn(std::string_view what, int column, const arrow::Schema& left) {
  return {Reason::kMissingColumn, "the entity table has no column for " + std::string(what) + ": column " +
                                      std::to_string(column) + " of " + std::to_string(left.num_fields())};
}

bool CanBeEqual(ValueType a, ValueType b) { return a == b || (a.is_integer() && b.is_integer()); }

Status CheckKey(const ViewJoin& view, std::size_t index, const arrow::Schema& left) {
  const int column = view.left_key_columns[index];
  if (column < 0 || column >= left.num_fields()) {
    return MissingLeftColumn("a join key of view '" + view.name + "'", column, left);
  }
  const arrow::Field& field = *left.field(column);
  const Result<ValueType> found = FromArrow(*field.type());
  const ValueType wanted = view.layout.keys[index];
  if (found.ok() && found.value().is_key() && wanted.is_key() && CanBeEqual(found.value(), wanted)) return {};
  const std::string found_name = found.ok() ? TypeName(found.value()) : field.type()->ToString();
  return {Reason::kTypeMismatch,
          "join key '" + field.name() + "' of the entity table does not fit view '" + view.name + "': " + found_name +
              " instead of " + TypeName(wanted),
          "give the column the type of the entity"};
}

Status CheckView(const ViewJoin& view, const arrow::Schema& left) {
  if (view.layout.keys.empty() || view.left_key_columns.size() != view.layout.keys.size()) {
    return {Reason::kTypeMismatch, "unequal join keys of view '" + view.name +
                                       "': " + std::to_string(view.left_key_columns.size()) +
                                       " columns of the entity table for " + std::to_string(view.layout.keys.size())};
  }
  if (view.ttl_us < 0) {
    return {Reason::kInvalidDuration,
            "negative ttl of view '" + view.name + "': " + std::to_string(view.ttl_us) + "us"};
  }
  for (std::size_t i = 0; i < view.layout.keys.size(); ++i) LARDER_RETURN_IF_ERROR(CheckKey(view, i, left));
  return {};
}

}  // namespace

Status JoinPlan::Check(const arrow::Schema& left) const {
  if (left_time_column < 0 || left_time_column >= left.num_fields()) {
    return MissingLeftColumn("the event time", left_time_column, left);
  }
  const arrow::Field& time = *left.field(left_time_column);
  if (!time.type()->Equals(*ToArrow(ValueType::Of(TypeKind::kTimestamp)))) {
    return {Reason::kTypeMismatch,
            "event time '" + time.name() + "' of the entity table is no timestamp: " + time.type()->ToString(),
            "name a column of timestamps"};
  }
  for (const ViewJoin& view : views) LARDER_RETURN_IF_ERROR(CheckView(view, left));
  return {};
}

std::string JoinPlan::CanonicalText() const {
  std::string text = "{\"join\":\"point_in_time\",\"left_time\":" + std::to_string(left_time_column);
  text.append(",\"as_known\":").append(BoolText(as_known));
  text.append(",\"match_details\":").append(BoolText(match_details));
  AppendList(text, "views", views, ViewText);
  return text + '}';
}

}  // namespace larder
