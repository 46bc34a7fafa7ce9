// A syntax tree with its names and types resolved.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "expressions/evaluator.h"
#include "expressions/name_scope.h"
#include "expressions/syntax_tree.h"
#include "expressions/time_zone.h"

namespace larder {

/// Names what a tree is bound to.
struct BindRequest {
  std::string_view text;  ///< of the expression, for places
  const NameScope* scope = nullptr;
  const TimeZoneDatabase* zones = nullptr;
  std::optional<ValueType> result_type;
};

/// Holds a bound tree and what it reads.
struct BoundParts {
  std::unique_ptr<BoundNode> root;
  std::vector<std::size_t> columns;  ///< of the scope, in the order of their first mention
  std::size_t slot_count = 0;
};

/// Binds a tree. Fails as Bind does.
Result<BoundParts> BindTree(const SyntaxNode& root, const BindRequest& request);

}  // namespace larder
