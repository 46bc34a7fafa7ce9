// The one table of functions and operators.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expressions/signature.h"

namespace larder {

class KernelCall;

/// Computes one call over many rows; see kernel.h.
using Kernel = void (*)(KernelCall&);

/// Groups functions in the reference, in this order.
enum class FunctionGroup : std::uint8_t {
  kOperator,
  kConditional,
  kMath,
  kString,
  kDuration,
  kTime,
  kList,
  kHash,
};

/// Says what a function does with nulls. Kernels of kPropagate see no null argument; the others handle nulls
/// themselves, and an argument that failed fails the row only when it was needed.
enum class NullRule : std::uint8_t {
  kPropagate,  ///< a null argument gives null
  kSkip,       ///< null arguments are skipped; null when all are null
  kOwn,        ///< as the function's documentation says
};

/// Holds one accepted list of argument types and what computes it.
struct Overload {
  std::string_view signature;  ///< such as "(timestamp, string) -> int64"; signature.h tells the form
  Kernel kernel = nullptr;
  Signature parsed = {};  ///< filled by FunctionTable
};

/// Describes one function or operator. The first overload that fits is taken. `example` evaluates to `expected`, as a
/// test checks; both stand in the reference.
struct FunctionRow {
  std::string_view name;
  FunctionGroup group = FunctionGroup::kOperator;
  std::vector<Overload> overloads;
  std::string_view documentation;  ///< one line, without a full stop
  std::string_view example;
  std::string_view expected;  ///< the value as text, as a cast to string gives it; lists as [a, b]
  NullRule nulls = NullRule::kPropagate;
};

/// Returns every function, in the order of the reference. Made once; constant afterwards.
std::span<const FunctionRow> FunctionTable();

/// Returns the row with this name, whatever its case, or nullptr.
const FunctionRow* FindFunction(std::string_view name);

}  // namespace larder
