#include "columnar/value_type.h"

#include <arrow/type.h>

#include <array>
#include <utility>
#include <vector>

#include "text/nearest_name.h"

namespace larder {
namespace {

struct Name {
  TypeKind kind;
  std::string_view text;
};
constexpr std::array kNames = {
    Name{TypeKind::kBool, "bool"},       Name{TypeKind::kInt32, "int32"},         Name{TypeKind::kInt64, "int64"},
    Name{TypeKind::kFloat32, "float32"}, Name{TypeKind::kFloat64, "float64"},     Name{TypeKind::kString, "string"},
    Name{TypeKind::kBytes, "bytes"},     Name{TypeKind::kTimestamp, "timestamp"}, Name{TypeKind::kDate, "date"},
};

std::string_view KindName(TypeKind kind) { return kNames[static_cast<std::size_t>(kind)].text; }

std::shared_ptr<arrow::DataType> ScalarToArrow(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
      return arrow::boolean();
    case TypeKind::kInt32:
      return arrow::int32();
    case TypeKind::kInt64:
      return arrow::int64();
    case TypeKind::kFloat32:
      return arrow::float32();
    case TypeKind::kFloat64:
      return arrow::float64();
    case TypeKind::kString:
      return arrow::utf8();
    case TypeKind::kBytes:
      return arrow::binary();
    case TypeKind::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeKind::kDate:
      return arrow::date32();
    case TypeKind::kList:
      break;
  }
  LARDER_CHECK(false);
}

Status UnknownType(std::string_view name) {
  std::vector<std::string_view> names;
  std::string known;
  for (const Name& row : kNames) {
    names.push_back(row.text);
    known += std::string(row.text) + ", ";
  }
  std::string hint = DidYouMean(name, names);
  if (hint.empty()) hint = "the types are " + known + "list<T>";
  return Status(Reason::kInvalidDefinition, "unknown type: '" + std::string(name) + "'", std::move(hint));
}

}  // namespace

std::string TypeName(ValueType type) {
  if (type.is_list()) return "list<" + std::string(KindName(type.element)) + ">";
  return std::string(KindName(type.kind));
}

Result<ValueType> ParseTypeName(std::string_view name) {
  std::string_view scalar = name;
  const bool is_list = name.starts_with("list<") && name.ends_with(">");
  if (is_list) scalar = name.substr(5, name.size() - 6);
  for (const Name& row : kNames) {
    if (row.text == scalar) return is_list ? ValueType::ListOf(row.kind) : ValueType::Of(row.kind);
  }
  return UnknownType(name);
}

std::shared_ptr<arrow::DataType> ToArrow(ValueType type) {
  if (type.is_list()) return arrow::list(ScalarToArrow(type.element));
  return ScalarToArrow(type.kind);
}

Result<ValueType> FromArrow(const arrow::DataType& type) {
  for (const Name& row : kNames) {
    if (ScalarToArrow(row.kind)->Equals(type)) return ValueType::Of(row.kind);
  }
  if (type.id() == arrow::Type::LIST) {
    LARDER_ASSIGN_OR_RETURN(const ValueType element, FromArrow(*type.field(0)->type()));
    if (!element.is_list()) return ValueType::ListOf(element.kind);
  }
  return Status(Reason::kTypeMismatch, "no feature type carries Arrow's " + type.ToString());
}

}  // namespace larder
