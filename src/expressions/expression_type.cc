#include "expressions/expression_type.h"

namespace larder {

std::string TypeName(ExpressionType type) {
  switch (type.kind) {
    case ExpressionType::Kind::kValue:
      return TypeName(type.value);
    case ExpressionType::Kind::kDuration:
      return "duration";
    case ExpressionType::Kind::kNull:
      return "null";
  }
  LARDER_CHECK(false);
}

std::optional<ExpressionType> CommonType(ExpressionType a, ExpressionType b) {
  if (a == b || b.is_null()) return a;
  if (a.is_null()) return b;
  if (a.is_integer() && b.is_integer()) return ExpressionType::Of(TypeKind::kInt64);
  if (a.is_number() && b.is_number()) return ExpressionType::Of(TypeKind::kFloat64);
  const bool instants =
      (a.Is(TypeKind::kDate) || a.Is(TypeKind::kTimestamp)) && (b.Is(TypeKind::kDate) || b.Is(TypeKind::kTimestamp));
  if (instants) return ExpressionType::Of(TypeKind::kTimestamp);
  if (a.is_list() && b.is_list()) {
    const auto element = CommonType(a.element(), b.element());
    if (element) return ExpressionType::ListOf(element->value.kind);
  }
  return std::nullopt;
}

bool ConvertsUnasked(ExpressionType from, ExpressionType to) {
  if (from == to || from.is_null()) return true;
  if (!from.is_value() || !to.is_value()) return false;
  if (from.is_list()) return to.is_list() && ConvertsUnasked(from.element(), to.element());
  if (from.Is(TypeKind::kDate)) return to.Is(TypeKind::kTimestamp);
  if (from.Is(TypeKind::kInt32)) return to.Is(TypeKind::kInt64) || to.Is(TypeKind::kFloat64);
  if (from.Is(TypeKind::kInt64) || from.Is(TypeKind::kFloat32)) return to.Is(TypeKind::kFloat64);
  return false;
}

}  // namespace larder
