#include "expressions/signature.h"

#include <algorithm>

#include "base/timestamp.h"

namespace larder {
namespace {

TypePattern ParsePattern(std::string_view text) {
  if (text == "T") return {TypePattern::Kind::kVariable, {}};
  if (text == "list<T>") return {TypePattern::Kind::kListOfVariable, {}};
  if (text == "duration") return {TypePattern::Kind::kExact, ExpressionType::Duration()};
  const Result<ValueType> type = ParseTypeName(text);
  LARDER_CHECK(type.ok());
  return {TypePattern::Kind::kExact, ExpressionType::Of(*type)};
}

bool LiteralFits(const ActualArgument& argument, ExpressionType wanted) {
  if (!argument.text_literal) return false;
  if (wanted.Is(TypeKind::kTimestamp)) return ParseInstant(*argument.text_literal).ok();
  return wanted.Is(TypeKind::kDate) && ParseDate(*argument.text_literal).ok();
}

bool Fits(const ActualArgument& argument, ExpressionType wanted) {
  return ConvertsUnasked(argument.type, wanted) || LiteralFits(argument, wanted);
}

// Returns what the arguments in the places of T make T; nullopt when they do not agree.
std::optional<ExpressionType> SolveVariable(const Signature& signature, std::span<const ActualArgument> arguments) {
  std::vector<ActualArgument> places;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const TypePattern& pattern = signature.arguments[std::min(i, signature.arguments.size() - 1)];
    if (pattern.kind == TypePattern::Kind::kVariable) places.push_back(arguments[i]);
    if (pattern.kind == TypePattern::Kind::kListOfVariable && !arguments[i].type.is_null()) {
      if (!arguments[i].type.is_list()) return std::nullopt;
      places.push_back({arguments[i].type.element(), std::nullopt});
    }
  }
  if (places.empty()) return ExpressionType::Null();
  return CommonTypeOf(places);
}

// Returns the type of a pattern under a solution of T; nullopt for a list of something that lists cannot hold.
std::optional<ExpressionType> Solved(const TypePattern& pattern, ExpressionType variable) {
  if (pattern.kind == TypePattern::Kind::kExact) return pattern.type;
  if (pattern.kind == TypePattern::Kind::kVariable || variable.is_null()) return variable;
  if (!variable.is_value() || variable.is_list()) return std::nullopt;
  return ExpressionType::ListOf(variable.value.kind);
}

}  // namespace

Signature ParseSignature(std::string_view text) {
  const std::size_t end = text.find(") -> ");
  LARDER_CHECK(text.starts_with('(') && end != std::string_view::npos);
  Signature signature;
  signature.result = ParsePattern(text.substr(end + 5));
  std::string_view list = text.substr(1, end - 1);
  signature.repeats_last = list.ends_with("...");
  if (signature.repeats_last) list.remove_suffix(3);
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(", "), list.size());
    signature.arguments.push_back(ParsePattern(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 2, list.size()));
  }
  LARDER_CHECK(!signature.arguments.empty());
  return signature;
}

std::optional<SignatureMatch> MatchSignature(const Signature& signature, std::span<const ActualArgument> arguments) {
  const std::size_t least = signature.arguments.size();
  if (signature.repeats_last ? arguments.size() < least : arguments.size() != least) return std::nullopt;
  const auto variable = SolveVariable(signature, arguments);
  if (!variable) return std::nullopt;
  SignatureMatch match;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto wanted = Solved(signature.arguments[std::min(i, least - 1)], *variable);
    if (!wanted || !Fits(arguments[i], *wanted)) return std::nullopt;
    match.arguments.push_back(*wanted);
  }
  const auto result = Solved(signature.result, *variable);
  if (!result) return std::nullopt;
  match.result = *result;
  return match;
}

std::optional<ExpressionType> CommonTypeOf(std::span<const ActualArgument> arguments) {
  ExpressionType common = ExpressionType::Null();
  bool literals = false;
  for (const ActualArgument& argument : arguments) {
    if (argument.text_literal) {
      literals = true;
      continue;
    }
    const auto wider = CommonType(common, argument.type);
    if (!wider) return std::nullopt;
    common = *wider;
  }
  if (!literals) return common;
  if (common.is_null()) return ExpressionType::Of(TypeKind::kString);
  if (common.Is(TypeKind::kString)) return common;
  // A date may become a timestamp when a literal says a time of day.
  for (const ExpressionType wanted : {common, ExpressionType::Of(TypeKind::kTimestamp)}) {
    bool all_fit = ConvertsUnasked(common, wanted);
    for (const ActualArgument& argument : arguments) all_fit &= !argument.text_literal || LiteralFits(argument, wanted);
    if (all_fit) return wanted;
  }
  return std::nullopt;
}

}  // namespace larder
