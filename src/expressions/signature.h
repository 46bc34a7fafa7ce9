// What arguments a function takes and what it gives, as text and as a check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expressions/expression_type.h"

namespace larder {

/// Describes what one argument may be, or what the result is: a type; `T`, any type but the same everywhere (the common
/// type of all arguments that say T); `list<T>`, a list of it.
struct TypePattern {
  enum class Kind : std::uint8_t { kExact, kVariable, kListOfVariable };
  Kind kind = Kind::kExact;
  ExpressionType type;  ///< of kExact
};

/// Holds a parsed signature. Grammar: `(` patterns separated by `, `; the last may end in `...`: it stands once or more
/// often `)` ` -> ` pattern.
struct Signature {
  std::vector<TypePattern> arguments;
  bool repeats_last = false;
  TypePattern result;
};

/// Parses a signature of the function table. A malformed one is a defect of ours (CHECK).
Signature ParseSignature(std::string_view text);

/// Holds one actual argument. A string literal also fits date and timestamp when its text parses as one.
struct ActualArgument {
  ExpressionType type;
  std::optional<std::string_view> text_literal;
};

/// Holds the types that the arguments must be converted to, and the type of the result.
struct SignatureMatch {
  std::vector<ExpressionType> arguments;
  ExpressionType result;
};

/// Returns how the arguments fit the signature with unasked conversions only, if they do.
std::optional<SignatureMatch> MatchSignature(const Signature& signature, std::span<const ActualArgument> arguments);

/// Returns the type that all arguments can be converted to, string literals as dates and timestamps included.
std::optional<ExpressionType> CommonTypeOf(std::span<const ActualArgument> arguments);

}  // namespace larder
