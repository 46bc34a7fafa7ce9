// Functions of Feast's on-demand views that are simple enough to be expressions.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace larder {

/// Holds what a function's names mean.
struct PythonNames {
  /// Returns how Larder's expressions name a column of the function's argument; nullopt when there is none.
  std::function<std::optional<std::string>(std::string_view column)> column;
  /// Whether the function may return a dictionary of values (one row at a time) and not only a data frame.
  bool may_return_values = false;
};

/// Returns feature -> expression of a function whose body only assigns arithmetic and comparisons of its argument's
/// columns, of numbers and of features assigned before, such as `out["sum"] = inputs["a"] + 2 * inputs["b"]`. Fails
/// with kInvalidExpression, naming the line that is something else. Nothing is ever executed.
Result<std::map<std::string, std::string>> TranslatePythonBody(std::string_view body, const PythonNames& names);

}  // namespace larder
