#include "serving/json_columns.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "columnar/arrow_status.h"
#include "text/base64.h"
#include "text/json_writer.h"
#include "text/number_text.h"

namespace larder {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr double kTwoTo53 = 9007199254740992.0;

// How a value of a type is written in JSON.
std::string_view HowToWrite(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return "write true or false";
    case TypeKind::kInt32:
    case TypeKind::kInt64:
      return "write a whole number within the range of its type, or the same as text";
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return "write a number";
    case TypeKind::kBytes:
      return "bytes travel as base64";
    case TypeKind::kTimestamp:
      return "write an instant such as \"2015-01-02T03:04:05Z\", or whole seconds since 1970";
    case TypeKind::kDate:
      return "write a date such as \"2015-01-02\"";
    case TypeKind::kList:
      return "write a list of such values";
    default:
      return "write a text in double quotes";
  }
}

// Where a value stands, for messages.
struct ValuePlace {
  const std::string& column;
  std::int64_t row;
};

std::string Shown(const element& value) {
  std::string text = simdjson::minify(value);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

Status Misfit(const ValuePlace& place, const element& value, ValueType type) {
  return Status(Reason::kTypeMismatch,
                place.column + "[" + std::to_string(place.row) + "] is no " + TypeName(type) + ": " + Shown(value),
                std::string(HowToWrite(type.kind)));
}

template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Takes an integer: a number without a fraction, or the same as text.
std::optional<std::int64_t> TakeInteger(const element& value) {
  switch (value.type()) {
    case element_type::INT64:
      return value.get_int64().value_unsafe();
    case element_type::DOUBLE: {
      const double number = value.get_double().value_unsafe();
      if (std::trunc(number) != number || std::abs(number) > kTwoTo53) return std::nullopt;
      return static_cast<std::int64_t>(number);
    }
    case element_type::STRING:
      return ParseNumber<std::int64_t>(value.get_string().value_unsafe());
    default:
      return std::nullopt;
  }
}

std::optional<double> TakeFloat(const element& value) {
  if (value.type() == element_type::STRING) return ParseNumber<double>(value.get_string().value_unsafe());
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

std::optional<bool> TakeBool(const element& value) {
  bool truth = false;
  if (value.get(truth) == simdjson::SUCCESS) return truth;
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

// Appends values of one type to the builder of that type.
class ColumnReader {
 public:
  ColumnReader(ValueType type, arrow::ArrayBuilder& builder) : type_(type), builder_(builder) {}

  Status Append(const element& value, const ValuePlace& place) {
    if (value.is_null()) return FromArrow(builder_.AppendNull());
    switch (type_.kind) {
      case TypeKind::kBool:
        return AppendTaken<arrow::BooleanBuilder>(TakeBool(value), value, place);
      case TypeKind::kInt32:
        return AppendInt32(value, place);
      case TypeKind::kInt64:
        return AppendTaken<arrow::Int64Builder>(TakeInteger(value), value, place);
      case TypeKind::kFloat32:
        return AppendFloat32Value(value, place);
      case TypeKind::kFloat64:
        return AppendTaken<arrow::DoubleBuilder>(TakeFloat(value), value, place);
      case TypeKind::kList:
        return AppendList(value, place);
      default:
        return AppendText(value, place);
    }
  }

 private:
  template <class Builder, class Value>
  Status AppendTaken(const std::optional<Value>& taken, const element& value, const ValuePlace& place) {
    if (!taken) return Misfit(place, value, type_);
    return FromArrow(static_cast<Builder&>(builder_).Append(*taken));
  }

  Status AppendInt32(const element& value, const ValuePlace& place) {
    const auto taken = TakeInteger(value);
    if (!taken || *taken < INT32_MIN || *taken > INT32_MAX) return Misfit(place, value, type_);
    return FromArrow(static_cast<arrow::Int32Builder&>(builder_).Append(static_cast<std::int32_t>(*taken)));
  }

  Status AppendFloat32Value(const element& value, const ValuePlace& place) {
    const auto taken = TakeFloat(value);
    if (!taken) return Misfit(place, value, type_);
    return FromArrow(static_cast<arrow::FloatBuilder&>(builder_).Append(static_cast<float>(*taken)));
  }

  // Takes whole seconds since the epoch, as answers give them; Feast's SDK writes them so.
  Status AppendSeconds(std::int64_t seconds, const element& value, const ValuePlace& place) {
    const bool is_instant =
        seconds >= kMinTextInstantUs / kMicrosPerSecond && seconds <= kMaxTextInstantUs / kMicrosPerSecond;
    if (!is_instant) return Misfit(place, value, type_);
    return FromArrow(static_cast<arrow::TimestampBuilder&>(builder_).Append(seconds * kMicrosPerSecond));
  }

  Status AppendText(const element& value, const ValuePlace& place) {
    std::int64_t seconds = 0;
    if (type_.kind == TypeKind::kTimestamp && value.get(seconds) == simdjson::SUCCESS) {
      return AppendSeconds(seconds, value, place);
    }
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return Misfit(place, value, type_);
    if (type_.kind == TypeKind::kString) return FromArrow(static_cast<arrow::StringBuilder&>(builder_).Append(text));
    if (type_.kind == TypeKind::kTimestamp) {
      const auto instant_us = ParseInstant(text);
      if (!instant_us.ok()) return instant_us.status().WithContext(PlaceText(place));
      return FromArrow(static_cast<arrow::TimestampBuilder&>(builder_).Append(*instant_us));
    }
    if (type_.kind == TypeKind::kDate) {
      const auto days = ParseDate(text);
      if (!days.ok()) return days.status().WithContext(PlaceText(place));
      return FromArrow(static_cast<arrow::Date32Builder&>(builder_).Append(*days));
    }
    const auto bytes = DecodeBase64(text);
    if (!bytes) return Misfit(place, value, type_);
    return FromArrow(static_cast<arrow::BinaryBuilder&>(builder_).Append(*bytes));
  }

  Status AppendList(const element& value, const ValuePlace& place) {
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return Misfit(place, value, type_);
    auto& builder = static_cast<arrow::ListBuilder&>(builder_);
    LARDER_RETURN_IF_ERROR(FromArrow(builder.Append()));
    ColumnReader elements(ValueType::Of(type_.element), *builder.value_builder());
    for (const auto item : list) LARDER_RETURN_IF_ERROR(elements.Append(item, place));
    return {};
  }

  static std::string PlaceText(const ValuePlace& place) { return place.column + "[" + std::to_string(place.row) + "]"; }

  const ValueType type_;
  arrow::ArrayBuilder& builder_;
};

// The type that a column without a known one has; nullopt: only nulls.
Result<std::optional<ValueType>> GuessType(const simdjson::dom::array& list, const std::string& place) {
  bool integers = false;
  bool floats = false;
  bool texts = false;
  bool truths = false;
  bool lists = false;
  for (const auto value : list) {
    switch (value.type()) {
      case element_type::INT64:
        integers = true;
        break;
      case element_type::UINT64:
      case element_type::DOUBLE:
        floats = true;
        break;
      case element_type::STRING:
        texts = true;
        break;
      case element_type::BOOL:
        truths = true;
        break;
      case element_type::NULL_VALUE:
        break;
      default:
        lists = true;
    }
  }
  const int kinds = (integers || floats ? 1 : 0) + (texts ? 1 : 0) + (truths ? 1 : 0) + (lists ? 1 : 0);
  if (kinds == 0) return std::optional<ValueType>();
  if (kinds > 1 || lists) {
    return Status(Reason::kTypeMismatch, place + " has values of several kinds",
                  "give every value of a column one type");
  }
  if (texts) return std::optional(ValueType::Of(TypeKind::kString));
  if (truths) return std::optional(ValueType::Of(TypeKind::kBool));
  return std::optional(ValueType::Of(floats ? TypeKind::kFloat64 : TypeKind::kInt64));
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> ReadJsonColumn(const element& list, ValueType type, const std::string& place) {
  simdjson::dom::array values;
  if (list.get(values) != simdjson::SUCCESS) {
    return Status(Reason::kMalformedRequest, place + " is not a list", "send one list of values for each column");
  }
  std::unique_ptr<arrow::ArrayBuilder> builder;
  LARDER_RETURN_IF_ERROR(FromArrow(arrow::MakeBuilder(arrow::default_memory_pool(), ToArrow(type), &builder)));
  ColumnReader reader(type, *builder);
  std::int64_t row = 0;
  for (const auto value : values) LARDER_RETURN_IF_ERROR(reader.Append(value, {place, row++}));
  return FromArrow(builder->Finish());
}

Result<std::shared_ptr<arrow::Table>> ReadJsonTable(const element& object,
                                                    const std::map<std::string, ValueType>& types,
                                                    std::int64_t max_rows) {
  LARDER_ASSIGN_OR_RETURN(const JsonObject columns, JsonObject::Of(object, "df"));
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  std::optional<std::pair<std::string, std::int64_t>> first;
  for (const auto& [name, list] : columns.members()) {
    const std::string place = "df." + std::string(name);
    simdjson::dom::array values;
    if (list.get(values) != simdjson::SUCCESS) {
      return Status(Reason::kMalformedRequest, place + " is not a list", "send one list of values for each column");
    }
    const auto length = static_cast<std::int64_t>(values.size());
    if (length > max_rows) {
      return Status(Reason::kLimitExceeded,
                    "too many rows: " + std::to_string(length) + ", at most " + std::to_string(max_rows),
                    "send several requests, or raise server.max_rows");
    }
    if (!first) first.emplace(place, length);
    if (first->second != length) {
      return Status(Reason::kUnequalLists,
                    first->first + " has " + std::to_string(first->second) + " values, " + place + " has " +
                        std::to_string(length),
                    "give every column one value for each row; null where there is none");
    }
    const auto known = types.find(std::string(name));
    std::optional<ValueType> type;
    if (known != types.end()) {
      type = known->second;
    } else {
      LARDER_ASSIGN_OR_RETURN(type, GuessType(values, place));
      if (!type) continue;
    }
    LARDER_ASSIGN_OR_RETURN(auto array, ReadJsonColumn(list, *type, place));
    fields.push_back(arrow::field(std::string(name), array->type()));
    arrays.push_back(std::move(array));
  }
  return arrow::Table::Make(arrow::schema(std::move(fields)), std::move(arrays), first ? first->second : 0);
}

void WriteInstantMember(JsonWriter& json, std::string_view name, std::optional<std::int64_t> instant_us) {
  json.Key(name);
  instant_us&&* instant_us != kBeginningOfTimeUs ? json.String(FormatInstant(*instant_us)) : json.Null();
}

void AppendJsonValue(const arrow::Array& values, std::int64_t row, const JsonValueStyle& style, std::string& out) {
  if (values.IsNull(row)) {
    out += "null";
    return;
  }
  switch (values.type_id()) {
    case arrow::Type::BOOL:
      out += static_cast<const arrow::BooleanArray&>(values).Value(row) ? "true" : "false";
      return;
    case arrow::Type::INT32:
      return AppendInteger(static_cast<const arrow::Int32Array&>(values).Value(row), out);
    case arrow::Type::INT64:
      return AppendInteger(static_cast<const arrow::Int64Array&>(values).Value(row), out);
    case arrow::Type::FLOAT: {
      const float value = static_cast<const arrow::FloatArray&>(values).Value(row);
      if (!std::isfinite(value)) return out.append("null"), void();
      return AppendFloat32(value, out);
    }
    case arrow::Type::DOUBLE: {
      const double value = static_cast<const arrow::DoubleArray&>(values).Value(row);
      if (!std::isfinite(value)) return out.append("null"), void();
      return AppendFloat64(value, out);
    }
    case arrow::Type::STRING:
      return AppendJsonString(static_cast<const arrow::StringArray&>(values).GetView(row), out);
    case arrow::Type::BINARY:
      return AppendJsonString(EncodeBase64(static_cast<const arrow::BinaryArray&>(values).GetView(row)), out);
    case arrow::Type::TIMESTAMP: {
      const std::int64_t us = static_cast<const arrow::TimestampArray&>(values).Value(row);
      if (style.iso_timestamps) return AppendJsonString(FormatInstantMicros(us), out);
      return AppendInteger(us / kMicrosPerSecond - (us % kMicrosPerSecond < 0 ? 1 : 0), out);
    }
    case arrow::Type::DATE32:
      return AppendJsonString(FormatDate(static_cast<const arrow::Date32Array&>(values).Value(row)), out);
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(values);
      out.push_back('[');
      for (std::int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
        if (i > list.value_offset(row)) out.push_back(',');
        AppendJsonValue(*list.values(), i, style, out);
      }
      out.push_back(']');
      return;
    }
    default:
      LARDER_CHECK(false);
  }
}

}  // namespace larder
